//! Archives of mail in one file: mbox, as RFC 4155 has it and as most programs write it (mboxrd).
//!
//! A message begins with a line that begins with `From `, at the beginning or after an empty line. Lines of a text that
//! would look the same have a `>` before them, which is taken off again. Programs that never wrote the `>` told such lines
//! by the time that stands in them: where the first line has one, all have.

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
    /// Whether lines that begin a message have a time in them, once there was one.
    timed: Option<bool>,
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
        if self.is_beginning(line) {
            self.end(found);
            self.message = Some(Vec::new());
            self.timed.get_or_insert_with(|| has_time(line));
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

    fn is_beginning(&self, line: &[u8]) -> bool {
        line.starts_with(b"From ")
            && match self.timed {
                None => true,
                Some(timed) => self.after_empty && (!timed || has_time(line)),
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

/// Writes messages into an archive, piece by piece.
#[derive(Debug, Clone, Copy, Default)]
pub struct Writer {
    at: At,
}

/// Where in a line the next byte stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum At {
    #[default]
    Start,
    /// After nothing but `>`.
    Quotes,
    /// After so many bytes of `From `, which are not written yet: one `>` more may belong before them.
    From(usize),
    Inside,
}

const FROM: &[u8] = b"From ";

impl Writer {
    /// Begins a message that came at `received`: a date as `asctime` has it, in UTC.
    pub fn begin(&mut self, received: &str, to: &mut Vec<u8>) {
        self.at = At::Start;
        to.extend_from_slice(b"From MAILER-DAEMON ");
        to.extend_from_slice(received.as_bytes());
        to.push(b'\n');
    }

    /// The next bytes of the message.
    pub fn push(&mut self, mut bytes: &[u8], to: &mut Vec<u8>) {
        while let [first, rest @ ..] = bytes {
            bytes = match (self.at, first) {
                (At::Inside, _) => {
                    let end = memchr(b'\n', bytes);
                    self.at = end.map_or(At::Inside, |_| At::Start);
                    let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
                    to.extend_from_slice(line);
                    rest
                }
                (At::Start | At::Quotes, b'>') => {
                    self.at = At::Quotes;
                    to.push(b'>');
                    rest
                }
                (At::Start | At::Quotes, b'F') => {
                    self.at = At::From(1);
                    rest
                }
                (At::From(seen), byte) if *byte == FROM[seen] && seen + 1 < FROM.len() => {
                    self.at = At::From(seen + 1);
                    rest
                }
                (At::From(seen), byte) if *byte == FROM[seen] => {
                    to.push(b'>');
                    to.extend_from_slice(FROM);
                    self.at = At::Inside;
                    rest
                }
                _ => {
                    self.let_go(to);
                    bytes
                }
            };
        }
    }

    /// Ends the message.
    pub fn end(mut self, to: &mut Vec<u8>) {
        if self.at != At::Start {
            self.let_go(to);
            to.push(b'\n');
        }
        to.push(b'\n');
    }

    /// The line is none that has to be told from a beginning.
    fn let_go(&mut self, to: &mut Vec<u8>) {
        if let At::From(seen) = self.at {
            to.extend_from_slice(&FROM[..seen]);
        }
        self.at = At::Inside;
    }
}

/// `12:34` somewhere.
fn has_time(line: &[u8]) -> bool {
    line.windows(4)
        .any(|four| four[1] == b':' && [0, 2, 3].iter().all(|at| four[*at].is_ascii_digit()))
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
        let archive = b"\nFrom a@x\nSubject: 1\n\n>From here\n>>From there\nFrom now\n\nFrom b\nSubject: 2\r\n\r\nx\r\n\r\nFrom c\n\nFrom d\nlast";
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
    fn a_line_without_a_time_begins_no_message_where_others_have_one() {
        let archive =
            b"From a Thu Jan  1 00:00:00 1970\n\nFrom the attic.\n\nFrom b Thu Jan  1 00:00:00 1970\nx\n";
        let messages: [&[u8]; 2] = [b"\nFrom the attic.\n", b"x\n"];
        assert_eq!(read(archive, 5).expect("an archive"), messages);
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
            texts in prop::collection::vec(prop::collection::vec("(>{0,2}From? )?[ -~]{0,12}\n", 0..6), 0..5),
            step in 1_usize..50,
        ) {
            let texts: Vec<_> = texts.iter().map(|lines| lines.concat().into_bytes()).collect();
            let mut archive = Vec::new();
            for text in &texts {
                let mut writer = Writer::default();
                writer.begin("Thu Jan  1 00:00:00 1970", &mut archive);
                text.chunks(step).for_each(|piece| writer.push(piece, &mut archive));
                writer.end(&mut archive);
            }
            prop_assert_eq!(read(&archive, step).expect("an archive"), texts);
        }

        #[test]
        fn a_last_line_without_an_end_gets_one(text in "(>{0,2}From? ?)?[ -~]{0,12}", step in 1_usize..9) {
            let (mut writer, mut archive) = (Writer::default(), Vec::new());
            writer.begin("Thu Jan  1 00:00:00 1970", &mut archive);
            text.as_bytes().chunks(step).for_each(|piece| writer.push(piece, &mut archive));
            writer.end(&mut archive);
            let whole = if text.is_empty() { text } else { text + "\n" };
            prop_assert_eq!(read(&archive, step).expect("an archive"), [whole.into_bytes()]);
        }

        #[test]
        fn f7_no_bytes_are_too_much_for_it(bytes in prop::collection::vec(any::<u8>(), 0..300), step in 1_usize..50) {
            let _ = read(&bytes, step);
        }
    }
}
