//! Sealing from the first byte to the last, in pieces of any size.

use zeroize::Zeroizing;

use super::{ChunkCipher, Layout};

/// Push plaintext in, get sealed chunks out. What it writes comes after the header.
pub struct Sealer<C> {
    cipher: C,
    layout: Layout,
    next: u64,
    held: Zeroizing<Vec<u8>>,
}

impl<C: ChunkCipher> Sealer<C> {
    /// Begins with chunk 0.
    #[must_use]
    pub fn new(cipher: C, layout: Layout) -> Self {
        let held = Zeroizing::new(Vec::with_capacity(layout.chunk_len()));
        Self {
            cipher,
            layout,
            next: 0,
            held,
        }
    }

    /// Takes plaintext and appends the chunks that it fills to `out`.
    pub fn push(&mut self, mut plain: &[u8], out: &mut Vec<u8>) {
        while !plain.is_empty() {
            plain = self.take(plain, out);
        }
    }

    /// Appends the last chunk, which is shorter than the others, and may be empty.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        let last = std::mem::take(&mut *self.held);
        self.seal(&last, out);
        *self.held = last;
    }

    fn take<'p>(&mut self, plain: &'p [u8], out: &mut Vec<u8>) -> &'p [u8] {
        let chunk = self.layout.chunk_len();
        if self.held.is_empty() && plain.len() >= chunk {
            let (full, rest) = plain.split_at(chunk);
            self.seal(full, out);
            return rest;
        }
        let (more, rest) = plain.split_at(plain.len().min(chunk - self.held.len()));
        self.held.extend_from_slice(more);
        if self.held.len() == chunk {
            let full = std::mem::take(&mut *self.held);
            self.seal(&full, out);
            *self.held = full;
            self.held.clear();
        }
        rest
    }

    fn seal(&mut self, plain: &[u8], out: &mut Vec<u8>) {
        let at = out.len();
        out.resize(at + plain.len() + C::TAG_LEN, 0);
        self.cipher.seal(self.next, plain, &mut out[at..]);
        self.next += 1;
    }
}
