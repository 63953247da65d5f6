//! uuencode: lines that begin with how many bytes they hold.

#[derive(Debug, Clone)]
pub(super) struct Uu<'a> {
    /// From the line that comes next.
    rest: &'a [u8],
    /// What is left of the line that is being read.
    line: &'a [u8],
    line_bytes: usize,
    ready: [u8; 3],
    ready_len: usize,
}

impl<'a> Uu<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut uu = Self {
            rest: bytes,
            line: &[],
            line_bytes: 0,
            ready: [0; 3],
            ready_len: 0,
        };
        while let Some(line) = uu.next_line()
            && !line.starts_with(b"begin ")
        {}
        uu
    }

    pub(super) fn most_bytes(&self) -> usize {
        3 * (self.rest.len() + 1)
    }

    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        let mut len = 0;
        while len < out.len() && (self.ready_len > 0 || self.next_group()) {
            out[len] = self.ready[3 - self.ready_len];
            self.ready_len -= 1;
            len += 1;
        }
        len
    }

    fn next_line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |at| at + 1);
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(
            line.strip_suffix(b"\n")
                .map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line)),
        )
    }

    /// Makes the next bytes ready; false at the end.
    fn next_group(&mut self) -> bool {
        while self.line_bytes == 0 || self.line.is_empty() {
            let Some(line) = self.next_line().filter(|line| *line != b"end") else {
                self.rest = &[];
                return false;
            };
            let (count, line) = line
                .split_first()
                .map_or((b' ', line), |(count, line)| (*count, line));
            (self.line_bytes, self.line) = (usize::from(value(count)), line);
        }
        let mut letters = [b' '; 4];
        let len = self.line.len().min(4);
        letters[..len].copy_from_slice(&self.line[..len]);
        self.line = &self.line[len..];
        self.ready_up(letters);
        true
    }

    fn ready_up(&mut self, letters: [u8; 4]) {
        let group = letters
            .into_iter()
            .fold(0, |group, letter| group << 6 | u32::from(value(letter)));
        let bytes = &group.to_be_bytes()[1..];
        let len = self.line_bytes.min(3);
        self.line_bytes -= len;
        self.ready[3 - len..].copy_from_slice(&bytes[..len]);
        self.ready_len = len;
    }
}

fn value(letter: u8) -> u8 {
    letter.wrapping_sub(b' ') & 0x3f
}
