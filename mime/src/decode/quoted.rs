//! Quoted-printable (RFC 2045, section 6.7).

use super::hex_pair;

#[derive(Debug, Clone)]
pub(super) struct Quoted<'a> {
    rest: &'a [u8],
    /// So many bytes at the beginning mean themselves: blanks that are known to stand within a line.
    plain: usize,
}

impl<'a> Quoted<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest, plain: 0 }
    }

    pub(super) fn most_bytes(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        let mut len = 0;
        while len < out.len() && !self.rest.is_empty() {
            if self.plain == 0 {
                self.plain = self.count_plain();
            }
            len += self.copy_plain(&mut out[len..]);
            if len < out.len()
                && self.plain == 0
                && let Some(byte) = self.next_special()
            {
                out[len] = byte;
                len += 1;
            }
        }
        len
    }

    fn copy_plain(&mut self, out: &mut [u8]) -> usize {
        let len = self.plain.min(out.len());
        out[..len].copy_from_slice(&self.rest[..len]);
        self.skip(len);
        self.plain -= len;
        len
    }

    fn count_plain(&self) -> usize {
        let special = |byte: &u8| matches!(byte, b'=' | b' ' | b'\t');
        self.rest.iter().position(special).unwrap_or(self.rest.len())
    }

    /// A byte that was encoded, if it comes next; else only notes what the next bytes are.
    fn next_special(&mut self) -> Option<u8> {
        let (&first, after) = self.rest.split_first()?;
        if first != b'=' {
            self.next_blanks();
            return None;
        }
        if let Some(byte) = hex_pair(after) {
            self.skip(3);
            return Some(byte);
        }
        match line_end(after) {
            Some(len) => self.skip(1 + len),
            None => self.plain = 1,
        }
        None
    }

    /// Blanks at the end of a line were added on the way, others were written.
    fn next_blanks(&mut self) {
        let blanks = count_blanks(self.rest);
        if line_end(&self.rest[blanks..]).is_some() {
            self.skip(blanks);
        } else {
            self.plain = blanks;
        }
    }

    fn skip(&mut self, len: usize) {
        self.rest = &self.rest[len..];
    }
}

fn count_blanks(bytes: &[u8]) -> usize {
    let other = |byte: &u8| !matches!(byte, b' ' | b'\t');
    bytes.iter().position(other).unwrap_or(bytes.len())
}

/// How far the line's end is, if there are only blanks before it. All of them together are the end of one line.
fn line_end(bytes: &[u8]) -> Option<usize> {
    let blanks = count_blanks(bytes);
    match &bytes[blanks..] {
        [] => Some(blanks),
        [b'\r', b'\n', ..] => Some(blanks + 2),
        [b'\n', ..] => Some(blanks + 1),
        _ => None,
    }
}
