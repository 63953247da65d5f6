//! Where the chunks of a stream lie: plain arithmetic, the same for every cipher.

use std::ops::Range;

use crate::{Error, Result};

/// No stream is longer: far above what any storage takes, and far below where sums overflow.
const MAX_PLAIN_LEN: u64 = 1 << 50;

/// The geometry of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    header: usize,
    chunk: usize,
    tag: usize,
}

impl Layout {
    /// A header of `header` bytes, then chunks of `chunk` bytes that sealing lengthens by `tag`.
    #[must_use]
    pub fn new(header: usize, chunk: usize, tag: usize) -> Self {
        assert!(chunk > 0, "a chunk holds at least one byte");
        Self { header, chunk, tag }
    }

    /// Length of a full chunk.
    #[must_use]
    pub fn chunk_len(&self) -> usize {
        self.chunk
    }

    /// Length of a full sealed chunk.
    #[must_use]
    pub fn sealed_chunk_len(&self) -> usize {
        self.chunk + self.tag
    }

    /// Length of what precedes the first chunk.
    #[must_use]
    pub fn header_len(&self) -> usize {
        self.header
    }

    /// Number of chunks of a plaintext: all full ones, and the last, which is strictly shorter.
    #[must_use]
    pub fn chunks(&self, plain_len: u64) -> u64 {
        (plain_len / self.chunk as u64).saturating_add(1)
    }

    /// Length of the sealed stream of a plaintext. Saturates where no stream can be.
    #[must_use]
    pub fn sealed_len(&self, plain_len: u64) -> u64 {
        let tags = self.chunks(plain_len).saturating_mul(self.tag as u64);
        plain_len.saturating_add(tags).saturating_add(self.header as u64)
    }

    /// Length of the plaintext of a sealed stream. A length that no plaintext gives is refused.
    pub fn plain_len(&self, sealed_len: u64) -> Result<u64> {
        let body = sealed_len
            .checked_sub(self.header as u64)
            .ok_or(Error::CannotOpen)?;
        let full = self.sealed_chunk_len() as u64;
        let last = (body % full)
            .checked_sub(self.tag as u64)
            .ok_or(Error::CannotOpen)?;
        let plain_len = body / full * self.chunk as u64 + last;
        if plain_len <= MAX_PLAIN_LEN {
            Ok(plain_len)
        } else {
            Err(Error::CannotOpen)
        }
    }

    /// Where the chunk `index` begins in the sealed stream.
    #[must_use]
    pub fn offset(&self, index: u64) -> u64 {
        index
            .saturating_mul(self.sealed_chunk_len() as u64)
            .saturating_add(self.header as u64)
    }

    /// The chunks that hold `plain`, cut to those that a plaintext of `plain_len` bytes has.
    #[must_use]
    pub fn chunks_of(&self, plain: &Range<u64>, plain_len: u64) -> Range<u64> {
        let end = plain.end.min(plain_len);
        if plain.start >= end {
            return 0..0;
        }
        plain.start / self.chunk as u64..(end - 1) / self.chunk as u64 + 1
    }

    /// Where these chunks lie in the sealed stream of a plaintext of `plain_len` bytes.
    #[must_use]
    pub fn sealed_range(&self, chunks: &Range<u64>, plain_len: u64) -> Range<u64> {
        if chunks.is_empty() {
            return 0..0;
        }
        self.offset(chunks.start)..self.offset(chunks.end).min(self.sealed_len(plain_len))
    }

    /// Length of the plaintext of one chunk.
    pub(super) fn plain_len_of(&self, index: u64, plain_len: u64) -> usize {
        let start = index.saturating_mul(self.chunk as u64);
        let rest = plain_len.saturating_sub(start).min(self.chunk as u64);
        usize::try_from(rest).expect("not above the length of a chunk, which is a usize")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_lies_in_as_few_chunks_as_hold_it() {
        let layout = Layout::new(80, 10, 16);
        for (plain, chunks) in [
            (0..1, 0..1),
            (0..10, 0..1),
            (0..11, 0..2),
            (9..10, 0..1),
            (10..20, 1..2),
            (9..11, 0..2),
            (10..99, 1..4),
            (40..41, 0..0),
            (5..5, 0..0),
        ] {
            assert_eq!(layout.chunks_of(&plain, 35), chunks, "{plain:?}");
        }
    }
}
