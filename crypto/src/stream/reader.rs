//! Opening any part of a stream, by any number of workers.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{BoxChunks, ChunkCipher, Header, Layout};
use crate::{ContentKey, Error, Id, Result};

/// A stream whose key holds, but whose length only the server has named so far.
pub struct Unmeasured<C> {
    cipher: C,
    layout: Layout,
    sealed_len: u64,
    plain_len: u64,
}

/// Opens whole chunks of one stream.
///
/// No byte of a chunk comes out before all of it was authenticated. After any failure the reader stays
/// failed, for all who share it (threat B6).
pub struct Reader<C> {
    cipher: C,
    layout: Layout,
    plain_len: u64,
    failed: AtomicBool,
}

/// An [`Unmeasured`] stream of suite 1.
pub type UnmeasuredContent = Unmeasured<BoxChunks>;

/// A [`Reader`] of suite 1.
pub type ContentReader = Reader<BoxChunks>;

/// What must be fetched to read a range of a plaintext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The chunks to open.
    pub chunks: Range<u64>,
    /// Where they lie in the sealed stream.
    pub sealed: Range<u64>,
    /// How many bytes of the opened plaintext come before the wanted range.
    pub skip: usize,
}

impl Unmeasured<BoxChunks> {
    /// Checks the header of a stream of `sealed_len` bytes that should hold `content`.
    pub fn unlock(key: &ContentKey, content: &Id, header: &[u8], sealed_len: u64) -> Result<Self> {
        let header = Header::parse(header)?;
        if header.content() != content {
            return Err(Error::CannotOpen);
        }
        Self::new(header.unlock(key)?, header.layout(), sealed_len)
    }
}

impl<C: ChunkCipher> Unmeasured<C> {
    /// A stream of `sealed_len` bytes, if one of that length can be.
    pub fn new(cipher: C, layout: Layout, sealed_len: u64) -> Result<Self> {
        let plain_len = layout.plain_len(sealed_len)?;
        Ok(Self {
            cipher,
            layout,
            sealed_len,
            plain_len,
        })
    }

    /// Where the last chunk lies; fetch it for [`UnmeasuredContent::measure`].
    #[must_use]
    pub fn last_chunk(&self) -> Range<u64> {
        self.layout.offset(self.last_index())..self.sealed_len
    }

    /// Authenticates the last chunk, and with it the length: a chunk that opens at this index and is
    /// shorter than a full one can only be the last.
    pub fn measure(self, last_chunk: &[u8]) -> Result<Reader<C>> {
        let last = self.last_index();
        let mut plain = vec![0; self.layout.plain_len_of(last, self.plain_len)];
        let reader = Reader::new(self.cipher, self.layout, self.plain_len);
        reader.open_chunks(last, last_chunk, &mut plain)?;
        Ok(reader)
    }

    fn last_index(&self) -> u64 {
        self.layout.chunks(self.plain_len) - 1
    }
}

impl Reader<BoxChunks> {
    /// A reader of a stream whose length is known from a place that is authentic itself.
    pub(crate) fn of_length(key: &ContentKey, header: &Header, plain_len: u64) -> Result<Self> {
        Ok(Self::new(header.unlock(key)?, header.layout(), plain_len))
    }
}

impl<C: ChunkCipher> Reader<C> {
    fn new(cipher: C, layout: Layout, plain_len: u64) -> Self {
        let failed = AtomicBool::new(false);
        Self {
            cipher,
            layout,
            plain_len,
            failed,
        }
    }

    /// Length of the plaintext.
    #[must_use]
    pub fn plain_len(&self) -> u64 {
        self.plain_len
    }

    /// Where the chunks lie.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// What to fetch for a range of the plaintext; what lies beyond its end is left out.
    #[must_use]
    pub fn span(&self, plain: &Range<u64>) -> Span {
        let chunks = self.layout.chunks_of(plain, self.plain_len);
        let sealed = self.layout.sealed_range(&chunks, self.plain_len);
        let skip = plain
            .start
            .saturating_sub(chunks.start.saturating_mul(self.layout.chunk_len() as u64));
        Span {
            chunks,
            sealed,
            skip: usize::try_from(skip).unwrap_or(0),
        }
    }

    /// Opens whole chunks from `first` on, and says how many bytes of `out` were filled. The last chunk of
    /// the stream counts as whole at its own length.
    pub fn open_chunks(&self, first: u64, sealed: &[u8], out: &mut [u8]) -> Result<usize> {
        if self.failed.load(Ordering::Acquire) {
            return Err(Error::CannotOpen);
        }
        self.try_open(first, sealed, out)
            .inspect_err(|_| self.failed.store(true, Ordering::Release))
    }

    fn try_open(&self, first: u64, sealed: &[u8], out: &mut [u8]) -> Result<usize> {
        let (mut index, mut rest, mut filled) = (first, sealed, 0);
        while !rest.is_empty() {
            let plain_len = self.plain_len_of(index)?;
            let (chunk, after) = rest
                .split_at_checked(plain_len + C::TAG_LEN)
                .ok_or(Error::CannotOpen)?;
            let end = filled + plain_len;
            let into = out.get_mut(filled..end).ok_or(Error::CannotOpen)?;
            self.cipher.open(index, chunk, into)?;
            (index, rest, filled) = (index + 1, after, end);
        }
        Ok(filled)
    }

    fn plain_len_of(&self, index: u64) -> Result<usize> {
        if index >= self.layout.chunks(self.plain_len) {
            return Err(Error::CannotOpen);
        }
        Ok(self.layout.plain_len_of(index, self.plain_len))
    }
}
