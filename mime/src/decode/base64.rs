//! Base64, four letters at a time where there is nothing else.

/// What is no letter of the alphabet.
const OTHER: u8 = 0xff;
const PADDING: u8 = 0xfe;

/// A line as encoders write it, to whole groups.
const MAX_LINE: usize = 76;

const VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut all = [OTHER; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0_u8;
    while value < 64 {
        all[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    all[b'=' as usize] = PADDING;
    all
}

#[derive(Debug, Clone)]
pub(super) struct Base64<'a> {
    rest: &'a [u8],
    /// The letters of a group that is not complete.
    group: u32,
    letters: u8,
    /// Decoded, and not yet taken.
    ready: [u8; 3],
    ready_len: usize,
}

impl<'a> Base64<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self {
            rest,
            group: 0,
            letters: 0,
            ready: [0; 3],
            ready_len: 0,
        }
    }

    pub(super) fn most_bytes(&self) -> usize {
        self.rest.len() / 4 * 3 + 6
    }

    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        let mut len = self.take_ready(out);
        while len < out.len() {
            if self.letters == 0 {
                len += self.fill_fast(&mut out[len..]);
            }
            if len == out.len() || !self.next_group() {
                break;
            }
            len += self.take_ready(&mut out[len..]);
        }
        len
    }

    /// Whole groups without anything in between: nearly all there is.
    fn fill_fast(&mut self, out: &mut [u8]) -> usize {
        let mut groups = 0;
        for (four, three) in self.rest.chunks_exact(4).zip(out.chunks_exact_mut(3)) {
            let [a, b, c, d] = [four[0], four[1], four[2], four[3]].map(|letter| VALUES[usize::from(letter)]);
            if (a | b | c | d) & 0xc0 != 0 {
                break;
            }
            let group = u32::from(a) << 18 | u32::from(b) << 12 | u32::from(c) << 6 | u32::from(d);
            three.copy_from_slice(&group.to_be_bytes()[1..]);
            groups += 1;
        }
        self.rest = &self.rest[groups * 4..];
        groups * 3
    }

    /// Makes the next bytes ready, letter by letter; false at the end.
    fn next_group(&mut self) -> bool {
        while let Some((&letter, rest)) = self.rest.split_first() {
            self.rest = rest;
            match VALUES[usize::from(letter)] {
                OTHER => {}
                PADDING => {
                    self.end_encoding();
                    if self.letters > 0 {
                        self.end_group();
                        return true;
                    }
                }
                value => {
                    self.group = self.group << 6 | u32::from(value);
                    self.letters += 1;
                    if self.letters == 4 {
                        self.end_group();
                        return true;
                    }
                }
            }
        }
        let is_left = self.letters > 0;
        self.end_group();
        is_left
    }

    /// After padding comes nothing, or another encoding that was put behind this one, or what a list adds to each message
    /// and does not encode.
    fn end_encoding(&mut self) {
        let other = |byte: &u8| !(byte.is_ascii_whitespace() || *byte == b'=');
        let next = self.rest.iter().position(other).unwrap_or(self.rest.len());
        self.rest = &self.rest[next..];
        // No more than a line, or padding in every group would make this quadratic.
        let line = &self.rest[..self.rest.len().min(MAX_LINE)];
        let line = line
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default()
            .trim_ascii_end();
        let is_encoded =
            line.len() % 4 == 0 && line.iter().all(|letter| VALUES[usize::from(*letter)] != OTHER);
        if !is_encoded {
            self.rest = &[];
        }
    }

    fn end_group(&mut self) {
        let bits = self.group << (6 * (4 - u32::from(self.letters.min(4))));
        self.ready.copy_from_slice(&bits.to_be_bytes()[1..]);
        // One letter alone is no byte.
        self.ready_len = usize::from(self.letters).saturating_sub(1);
        (self.group, self.letters) = (0, 0);
    }

    fn take_ready(&mut self, out: &mut [u8]) -> usize {
        let len = self.ready_len.min(out.len());
        out[..len].copy_from_slice(&self.ready[..len]);
        self.ready.copy_within(len.., 0);
        self.ready_len -= len;
        len
    }
}
