//! Archives of mail in one file: mbox, as RFC 4155 has it and as most programs write it (mboxrd).
//!
//! A message begins with a line that begins with `From `, at the beginning or after an empty line. Lines of a text that
//! would look the same have a `>` before them, which is taken off again.

use memchr::memchr;

/// A message beyond this is no message: the file is something else.
pub const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// Takes an archive apart while it is read.
#[derive(Debug, Default)]
pub struct Mbox {
    /// Of a line whose end has not come yet.
    line: Vec<u8>,
    message: Option<Vec<u8>>,
    /// The line before was empty.
    after_empty: bool,
    has_begun: bool,
}

/// It is no mbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoMbox {
    /// It does not begin as one.
    #[error("it does not begin with a line \"From …\"")]
    Beginning,
    /// A message does not end.
    #[error("one of its messages is larger than any mail can be")]
    TooLarge,
}

impl Mbox {
    /// Takes the next bytes, and hands on each message that is whole.
    ///
    /// # Errors
    /// [`NoMbox`].
    pub fn push(&mut self, mut bytes: &[u8], mut found: impl FnMut(Vec<u8>)) -> Result<(), NoMbox> {
        while let Some(end) = memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(end + 1);
            self.line.extend_from_slice(line);
            let line = std::mem::take(&mut self.line);
            self.take(&line, &mut found)?;
            bytes = rest;
        }
        self.line.extend_from_slice(bytes);
        self.check_size(self.line.len())
    }

    /// The last message, if there is one.
    ///
    /// # Errors
    /// [`NoMbox`].
    pub fn finish(mut self, mut found: impl FnMut(Vec<u8>)) -> Result<(), NoMbox> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.take(&line, &mut found)?;
        }
        self.end(&mut found);
        Ok(())
    }

    fn take(&mut self, line: &[u8], found: &mut impl FnMut(Vec<u8>)) -> Result<(), NoMbox> {
        let is_first = !self.has_begun;
        if line.starts_with(b"From ") && (is_first || self.after_empty) {
            self.end(found);
            self.message = Some(Vec::new());
            self.has_begun = true;
            self.after_empty = false;
            return Ok(());
        }
        self.after_empty = matches!(line, b"\n" | b"\r\n");
        let size = self.message.as_ref().map_or(0, Vec::len) + line.len();
        match &mut self.message {
            // Blank lines before the first message are harmless.
            None if self.after_empty => Ok(()),
            None => Err(NoMbox::Beginning),
            Some(message) => {
                message.extend_from_slice(unquoted(line));
                self.check_size(size)
            }
        }
    }

    /// The empty line before the next message is the archive's, not the message's.
    fn end(&mut self, found: &mut impl FnMut(Vec<u8>)) {
        let Some(mut message) = self.message.take() else {
            return;
        };
        if self.after_empty {
            let ending = if message.ends_with(b"\r\n") { 2 } else { 1 };
            message.truncate(message.len() - ending);
        }
        found(message);
    }

    fn check_size(&self, size: usize) -> Result<(), NoMbox> {
        if size <= MAX_MESSAGE_BYTES {
            Ok(())
        } else {
            Err(NoMbox::TooLarge)
        }
    }
}

/// Writes a message into an archive.
pub fn write(message: &[u8], received: &str, to: &mut Vec<u8>) {
    to.extend_from_slice(b"From MAILER-DAEMON ");
    to.extend_from_slice(received.as_bytes());
    to.push(b'\n');
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if is_quotable(line) {
            to.push(b'>');
        }
        to.extend_from_slice(line);
    }
    if !message.ends_with(b"\n") {
        to.push(b'\n');
    }
    to.push(b'\n');
}

fn unquoted(line: &[u8]) -> &[u8] {
    match line.split_first() {
        Some((b'>', rest)) if is_quotable(rest) => rest,
        _ => line,
    }
}

/// `From `, with any number of `>` before it.
fn is_quotable(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    line[quotes..].starts_with(b"From ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(archive: &[u8], step: usize) -> Result<Vec<Vec<u8>>, NoMbox> {
        let (mut mbox, mut all) = (Mbox::default(), Vec::new());
        for piece in archive.chunks(step) {
            mbox.push(piece, |message| all.push(message))?;
        }
        mbox.finish(|message| all.push(message))?;
        Ok(all)
    }

    #[test]
    fn messages_are_told_apart_and_their_texts_are_as_they_were() {
        let archive = b"\nFrom a@x Thu Jan  1 00:00:00 1970\nSubject: 1\n\n>From here\n>>From there\nFrom now\n\nFrom b\nSubject: 2\r\n\r\nx\r\n\r\nFrom c\n\nFrom d\nlast";
        let messages: [&[u8]; 4] = [
            b"Subject: 1\n\nFrom here\n>From there\nFrom now\n",
            b"Subject: 2\r\n\r\nx\r\n",
            b"",
            b"last",
        ];
        for step in [1, 7, archive.len()] {
            assert_eq!(read(archive, step).expect("an archive"), messages);
        }
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        assert_eq!(read(b"Subject: x\n\nFrom a\n", 3), Err(NoMbox::Beginning));
        assert_eq!(read(b"", 3), Ok(Vec::new()));
        assert_eq!(read(b"\n\n", 3), Ok(Vec::new()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            texts in prop::collection::vec(prop::collection::vec("(>{0,2}From )?[ -~]{0,12}\n", 0..6), 0..5),
            step in 1_usize..50,
        ) {
            let texts: Vec<_> = texts.iter().map(|lines| lines.concat().into_bytes()).collect();
            let mut archive = Vec::new();
            texts.iter().for_each(|text| write(text, "Thu Jan  1 00:00:00 1970", &mut archive));
            let back = read(&archive, step).expect("an archive");
            let expected: Vec<_> = texts.into_iter().map(|text| if text.is_empty() { b"\n".to_vec() } else { text }).collect();
            prop_assert_eq!(back, expected);
        }

        #[test]
        fn f7_no_bytes_are_too_much_for_it(bytes in prop::collection::vec(any::<u8>(), 0..300), step in 1_usize..50) {
            let _ = read(&bytes, step);
        }
    }
}
