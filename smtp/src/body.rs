//! Where a message ends, and that its lines end as lines do.
//!
//! CR LF `.` CR LF ends it (RFC 5321, 4.1.1.4), and nothing that only resembles it. Servers that were content with less
//! let one message be taken for two, of which the second said what its sender might not have said (SMTP smuggling,
//! 2023). So a CR or LF that stands alone is not passed on either: the next server might take it for more.

use memchr::memchr2;

/// Reads what follows `DATA`.
#[derive(Debug)]
pub(crate) struct Dotted {
    line_begins: bool,
    /// Whether it is only read to its end.
    tolerant: bool,
}

/// What the bytes at hand begin with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// So many bytes of the message.
    Text(usize),
    /// A dot that SMTP added.
    Dot,
    /// The end, which is so many bytes long.
    End(usize),
    /// Too little to say.
    Incomplete,
    /// A CR or LF that stands alone.
    Bare,
}

impl Dotted {
    pub(crate) fn new() -> Self {
        Self {
            line_begins: true,
            tolerant: false,
        }
    }

    /// The message is refused for a CR or LF that stood alone: more of them make no difference, and its end is still only
    /// CR LF dot CR LF.
    pub(crate) fn tolerate(&mut self) {
        self.tolerant = true;
    }

    /// Looks at what has come. What is text, dot or end is to be taken away before the next call.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> Piece {
        if self.line_begins {
            match bytes {
                [] | b"." | b".\r" => return Piece::Incomplete,
                [b'.', b'\r', b'\n', ..] => return Piece::End(3),
                [b'.', ..] => {
                    self.line_begins = false;
                    return Piece::Dot;
                }
                _ => {}
            }
        }
        self.text(bytes)
    }

    /// As many lines as can be taken together: up to one that begins with a dot.
    fn text(&mut self, bytes: &[u8]) -> Piece {
        let mut end = 0;
        while let Some(found) = memchr2(b'\r', b'\n', &bytes[end..]) {
            match &bytes[end + found..] {
                [b'\r', b'\n', rest @ ..] => {
                    end += found + 2;
                    self.line_begins = true;
                    if rest.first().is_none_or(|&byte| byte == b'.') {
                        return Piece::Text(end);
                    }
                }
                // Its LF may still come.
                b"\r" => return self.unfinished(end, end + found),
                _ if self.tolerant => {
                    end += found + 1;
                    self.line_begins = false;
                }
                _ => return Piece::Bare,
            }
        }
        self.unfinished(end, bytes.len())
    }

    /// Text up to `end`, of which the last line began at `line` and goes on.
    fn unfinished(&mut self, line: usize, end: usize) -> Piece {
        if end > line {
            self.line_begins = false;
        }
        if end > 0 {
            Piece::Text(end)
        } else {
            Piece::Incomplete
        }
    }
}

/// Watches what follows `BDAT`, whose length is known, for a CR or LF that stands alone.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    after_cr: bool,
}

impl Pairs {
    /// Whether all of them were in pairs so far.
    pub(crate) fn hold(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        loop {
            if self.after_cr {
                match rest {
                    [] => return true,
                    [b'\n', behind @ ..] => rest = behind,
                    _ => return false,
                }
                self.after_cr = false;
            }
            let Some(found) = memchr2(b'\r', b'\n', rest) else {
                return true;
            };
            if rest[found] == b'\n' {
                return false;
            }
            self.after_cr = true;
            rest = &rest[found + 1..];
        }
    }

    /// Whether the last of them was a pair.
    pub(crate) fn hold_at_end(&self) -> bool {
        !self.after_cr
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a message is and what comes behind it, if it has an end; `Err` where a CR or LF stands alone.
    type Read = Result<Option<(Vec<u8>, Vec<u8>)>, ()>;

    fn read(pieces: &[&[u8]]) -> Read {
        let (mut dotted, mut text, mut held) = (Dotted::new(), Vec::new(), Vec::new());
        for (at, piece) in pieces.iter().enumerate() {
            held.extend_from_slice(piece);
            loop {
                match dotted.next(&held) {
                    Piece::Text(count) => text.extend(held.drain(..count)),
                    Piece::Dot => drop(held.remove(0)),
                    Piece::Incomplete => break,
                    Piece::Bare => return Err(()),
                    Piece::End(count) => {
                        held.drain(..count);
                        held.extend(pieces[at + 1..].concat());
                        return Ok(Some((text, held)));
                    }
                }
            }
        }
        Ok(None)
    }

    fn whole_and_byte_by_byte(bytes: &[u8]) -> Read {
        let whole = read(&[bytes]);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(whole, read(&single), "{bytes:?}");
        whole
    }

    fn message(bytes: &str) -> (String, String) {
        let (text, rest) = whole_and_byte_by_byte(bytes.as_bytes())
            .expect("its lines end as they should")
            .expect("it has an end");
        let text_of = |bytes| String::from_utf8(bytes).expect("text");
        (text_of(text), text_of(rest))
    }

    fn pair(text: &str, rest: &str) -> (String, String) {
        (text.to_owned(), rest.to_owned())
    }

    #[test]
    fn dots_that_were_added_are_taken_away() {
        assert_eq!(message(".\r\nQUIT"), pair("", "QUIT"));
        assert_eq!(message("a\r\n.\r\n"), pair("a\r\n", ""));
        assert_eq!(
            message("..\r\n...\r\n.a\r\nb.\r\n.\r\nx"),
            pair(".\r\n..\r\na\r\nb.\r\n", "x")
        );
        assert_eq!(message("\r\n\r\n.\r\n"), pair("\r\n\r\n", ""));
    }

    #[test]
    fn nothing_else_ends_a_message() {
        for ending in [
            "\n.\n", "\r.\r", "\r.\n", "\n.\r", "\n.\r\n", "\r\n.\n", "\r.\r\n", "\r\n.\r",
        ] {
            let bytes = format!("a{ending}MAIL FROM:<b@c>\r\n");
            assert_eq!(whole_and_byte_by_byte(bytes.as_bytes()), Err(()), "{ending:?}");
        }
        assert_eq!(message("a\r\n\0.\r\n.\r\n"), pair("a\r\n\0.\r\n", ""));
        assert_eq!(whole_and_byte_by_byte(b"a\r\n.\0\r\nMAIL\r\n"), Ok(None));
    }

    /// How much is left once a text that was refused has ended, if it has.
    fn skipped(pieces: &[&[u8]]) -> Option<usize> {
        let mut dotted = Dotted::new();
        dotted.tolerate();
        let mut held = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            held.extend_from_slice(piece);
            loop {
                match dotted.next(&held) {
                    Piece::Text(count) => drop(held.drain(..count)),
                    Piece::Dot => drop(held.remove(0)),
                    Piece::Incomplete => break,
                    Piece::Bare => panic!("it was refused before"),
                    Piece::End(count) => return Some(held.len() - count + pieces[at + 1..].concat().len()),
                }
            }
        }
        None
    }

    proptest! {
        #[test]
        fn f1_a_text_that_was_refused_ends_where_every_text_does(bytes in "[.a\r\n]{0,24}") {
            let whole = format!("\r\n{bytes}");
            let end = whole.find("\r\n.\r\n").map(|at| whole.len() - at - 5);
            let single: Vec<&[u8]> = bytes.as_bytes().chunks(1).collect();
            prop_assert_eq!(skipped(&[bytes.as_bytes()]), end);
            prop_assert_eq!(skipped(&single), end);
        }

        #[test]
        fn what_was_sent_with_dots_comes_out_as_it_was(lines in prop::collection::vec("[.a\0]{0,4}", 0..6), rest in "[a.\r\n]{0,6}") {
            let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let stuffed: String = lines.iter().map(|line| {
                let dot = if line.starts_with('.') { "." } else { "" };
                format!("{dot}{line}\r\n")
            }).collect();
            prop_assert_eq!(message(&format!("{stuffed}.\r\n{rest}")), pair(&text, &rest));
        }

        #[test]
        fn however_it_is_cut_it_reads_the_same(bytes in "[.a\r\n]{0,24}") {
            let _ = whole_and_byte_by_byte(bytes.as_bytes());
        }

        #[test]
        fn pairs_are_what_a_search_finds(bytes in "[a\r\n]{0,12}", cut in 0_usize..12) {
            let alone = bytes.replace("\r\n", "").contains(['\r', '\n']);
            let (head, tail) = bytes.split_at(cut.min(bytes.len()));
            let mut pairs = Pairs::default();
            let hold = pairs.hold(head.as_bytes()) && pairs.hold(tail.as_bytes()) && pairs.hold_at_end();
            prop_assert_eq!(hold, !alone);
        }
    }
}
