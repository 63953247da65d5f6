//! The header of a stream, and the keys that it and the content key give.

use rand_core::CryptoRng;

use super::{BoxChunks, ChunkCipher as _, Layout};
use crate::derive::derive;
use crate::labels::Label;
use crate::{ContentKey, Error, Id, Result, SUITE, primitives, secret};

/// Length of a header.
pub const HEADER_LEN: usize = 80;

/// Chunks of 64 KiB: what writers use.
pub const DEFAULT_CHUNK_LOG2: u8 = 16;

const MAGIC: &[u8; 4] = b"PSTN";
const CHUNK_LOG2: std::ops::RangeInclusive<u8> = 14..=20;
const COMMITTED: usize = 48;

/// `magic(4) ‖ suite(1) ‖ chunk_log2(1) ‖ reserved(2) ‖ content id(16) ‖ salt(24) ‖ commit(32)`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    bytes: [u8; HEADER_LEN],
}

impl Header {
    /// A new header for a new content, with the cipher that goes with it.
    pub fn create<R: CryptoRng + ?Sized>(key: &ContentKey, content: &Id, rng: &mut R) -> (Self, BoxChunks) {
        Self::with_chunk_log2(key, content, DEFAULT_CHUNK_LOG2, rng)
    }

    /// As [`Header::create`], with chunks of another size, from 14 to 20.
    pub(crate) fn with_chunk_log2<R: CryptoRng + ?Sized>(
        key: &ContentKey,
        content: &Id,
        chunk_log2: u8,
        rng: &mut R,
    ) -> (Self, BoxChunks) {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[4] = SUITE;
        bytes[5] = chunk_log2;
        bytes[8..24].copy_from_slice(content);
        bytes[24..COMMITTED].copy_from_slice(&secret::random::<24, _>(rng));
        let keys = derive::<88>(key.expose(), Label::Stream, &[&bytes[..COMMITTED]]);
        bytes[COMMITTED..].copy_from_slice(&keys[56..]);
        (Self { bytes }, BoxChunks::new(&keys))
    }

    /// Reads a header. It says nothing about keys: that is [`Header::unlock`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let bytes: [u8; HEADER_LEN] = bytes.try_into().map_err(|_| Error::CannotOpen)?;
        let right = &bytes[..4] == MAGIC
            && bytes[4] == SUITE
            && CHUNK_LOG2.contains(&bytes[5])
            && bytes[6..8] == [0, 0];
        if right {
            Ok(Self { bytes })
        } else {
            Err(Error::CannotOpen)
        }
    }

    /// Checks that `key` is the one that made this header, and gives the cipher of the chunks.
    pub fn unlock(&self, key: &ContentKey) -> Result<BoxChunks> {
        let keys = derive::<88>(key.expose(), Label::Stream, &[&self.bytes[..COMMITTED]]);
        if !primitives::equal(&keys[56..], &self.bytes[COMMITTED..]) {
            return Err(Error::CannotOpen);
        }
        Ok(BoxChunks::new(&keys))
    }

    /// The bytes at the beginning of the stream.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; HEADER_LEN] {
        &self.bytes
    }

    /// The identifier of the content.
    #[must_use]
    pub fn content(&self) -> &Id {
        self.bytes[8..].first_chunk().expect("72 bytes begin with 16")
    }

    /// Where the chunks lie.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout::new(HEADER_LEN, 1 << self.bytes[5], BoxChunks::TAG_LEN)
    }
}
