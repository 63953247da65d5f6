//! Where the parts of a multipart are (RFC 2046, section 5.1.1).
//!
//! A delimiter is a whole line and nothing but it: `--a` does not end what `--ab` began, as it would for a reader that
//! compares beginnings.

use std::ops::Range;

use memchr::memmem::Finder;

/// Finds one part after the other, each byte looked at once.
pub(crate) struct Splitter<'a, 'b> {
    body: &'a [u8],
    finder: Finder<'b>,
    /// Where the next part begins; `None` after the last one.
    start: Option<usize>,
}

struct Delimiter {
    /// Where the content before it ends: the line end in front belongs to the delimiter.
    content_end: usize,
    /// Where the next part begins; `None` if this was the last delimiter.
    next: Option<usize>,
}

impl<'a, 'b> Splitter<'a, 'b> {
    /// `delimiter` is the boundary with two dashes. `None` if the body has no such line.
    pub(crate) fn new(body: &'a [u8], delimiter: &'b [u8]) -> Option<Self> {
        let mut splitter = Self {
            body,
            finder: Finder::new(delimiter),
            start: None,
        };
        splitter.start = Some(splitter.delimiter(0)?.next.unwrap_or(body.len()));
        Some(splitter)
    }

    fn delimiter(&self, from: usize) -> Option<Delimiter> {
        let mut at = from;
        loop {
            at += self.finder.find(&self.body[at..])?;
            if (at == from || self.body[at - 1] == b'\n')
                && let Some(next) = self.line_after(at + self.finder.needle().len())
            {
                return Some(Delimiter {
                    content_end: self.before_line(from, at),
                    next,
                });
            }
            at += 1;
        }
    }

    /// Where the next line begins, if nothing stands on this one that makes it another; and not if the dashes of the last
    /// delimiter do.
    fn line_after(&self, at: usize) -> Option<Option<usize>> {
        let rest = &self.body[at..];
        let (rest, is_last) = match rest.strip_prefix(b"--") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let other = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\r');
        match rest.iter().position(other) {
            None => Some(None),
            Some(end) if rest[end] == b'\n' => {
                let next = self.body.len() - rest.len() + end + 1;
                Some((!is_last).then_some(next))
            }
            Some(_) => None,
        }
    }

    fn before_line(&self, from: usize, at: usize) -> usize {
        let before = &self.body[from..at];
        let before = before
            .strip_suffix(b"\n")
            .map_or(before, |line| line.strip_suffix(b"\r").unwrap_or(line));
        from + before.len()
    }
}

impl Iterator for Splitter<'_, '_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let start = self.start?;
        match self.delimiter(start) {
            Some(delimiter) => {
                self.start = delimiter.next;
                Some(start..delimiter.content_end)
            }
            // Cut off on the way: the last part goes on to the end.
            None => {
                self.start = None;
                (start < self.body.len()).then_some(start..self.body.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'t>(body: &'t str, delimiter: &str) -> Option<Vec<&'t str>> {
        let splitter = Splitter::new(body.as_bytes(), delimiter.as_bytes())?;
        Some(splitter.map(|range| &body[range]).collect())
    }

    #[test]
    fn parts_are_between_their_delimiters() {
        for (body, expected) in [
            ("--b\none\n--b\ntwo\n--b--\n", &["one", "two"][..]),
            (
                "before\r\n--b\r\none\r\n\r\n--b \t\r\ntwo\r\n--b--  \r\nafter",
                &["one\r\n", "two"],
            ),
            ("--b\n--b\n\n--b--", &["", ""]),
            (
                "--b\none\n--bc\n --b\nx--b\n--b-\n",
                &["one\n--bc\n --b\nx--b\n--b-\n"],
            ),
            ("--b\none", &["one"]),
            ("--b\none\n--b--\ntwo\n--b\nthree", &["one"]),
            ("--b--\n", &[]),
            ("--b", &[]),
        ] {
            assert_eq!(parts(body, "--b").as_deref(), Some(expected), "{body:?}");
        }
    }

    #[test]
    fn without_a_delimiter_there_are_no_parts() {
        for body in ["", "one", "x--b\n", "--bc\n", "--b x\n"] {
            assert_eq!(parts(body, "--b"), None, "{body:?}");
        }
    }
}
