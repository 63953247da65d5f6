//! Bytes that came and were not looked at yet.

use std::ops::Range;

use memchr::memchr;

#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    at: usize,
}

/// What the next line is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Without its CR LF.
    Whole(Vec<u8>),
    /// Its end has not come yet.
    Incomplete,
    /// It is longer than it may be.
    TooLong,
    /// It has a CR or LF of its own, or a zero.
    Bare,
}

impl Input {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest().is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.at = 0;
    }

    /// Takes so many bytes, and says where they are until more is pushed.
    pub(crate) fn take(&mut self, count: usize) -> Range<usize> {
        let start = self.at;
        self.at += count;
        start..self.at
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
    }

    /// Takes a line of at most so many bytes, its end included.
    pub(crate) fn line(&mut self, most: usize) -> Line {
        let rest = self.rest();
        let Some(end) = memchr(b'\n', &rest[..rest.len().min(most)]) else {
            return if rest.len() < most {
                Line::Incomplete
            } else {
                Line::TooLong
            };
        };
        let line = match rest[..end].strip_suffix(b"\r") {
            Some(line) if !line.iter().any(|byte| matches!(byte, b'\r' | 0)) => line.to_vec(),
            _ => return Line::Bare,
        };
        self.at += end + 1;
        Line::Whole(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&str], most: usize) -> Vec<Line> {
        let mut input = Input::default();
        let mut lines = Vec::new();
        for piece in pieces {
            input.push(piece.as_bytes());
            loop {
                match input.line(most) {
                    Line::Incomplete => break,
                    line @ Line::Whole(_) => lines.push(line),
                    end => {
                        lines.push(end);
                        return lines;
                    }
                }
            }
        }
        lines
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn a_line_ends_with_cr_and_lf_however_it_comes() {
        assert_eq!(
            lines(&["a\r\nb\r", "\n\r", "\nc"], 9),
            [whole("a"), whole("b"), whole("")]
        );
        for text in ["a\n", "\n", "a\rb\r\n", "\r\r\n", "a\0\r\n"] {
            assert_eq!(lines(&[text], 9), [Line::Bare], "{text:?}");
        }
    }

    #[test]
    fn a_line_has_an_end_in_time() {
        assert_eq!(lines(&["1234567\r\n"], 9), [whole("1234567")]);
        assert_eq!(lines(&["12345678\r\n"], 9), [Line::TooLong]);
        assert_eq!(lines(&["1234", "56789"], 9), [Line::TooLong]);
        assert_eq!(lines(&["1234", "5678"], 9), []);
    }
}
