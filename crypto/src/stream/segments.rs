//! Sealing by segments: 128 chunks that one worker seals and hashes while others do the next ones.
//!
//! The digest of a sealed stream is BLAKE3 over the hashes of its segments. One hash thus serves as the
//! checksum of an uploaded part, as the proof on resume, and as the digest's ingredient; nothing is hashed
//! twice, and no worker waits for another.

use rand_core::CryptoRng;

use super::{BoxChunks, ChunkCipher as _, HEADER_LEN, Header, Layout};
use crate::hash::{Hasher, hash};
use crate::{ContentKey, Hash, Id, Result};

/// Chunks in a segment. Segment 0 also has the header.
pub const SEGMENT_CHUNKS: u64 = 128;

/// Length of a digest.
pub const DIGEST_LEN: usize = 32;

/// Seals one content. Every worker may have its own, made from the same key and header.
///
/// A content key is for one version of one content. Sealing other text under the same key and header
/// would use a nonce twice (threat B7): see [`ContentSealer::resume`].
#[derive(Debug)]
pub struct ContentSealer {
    header: Header,
    cipher: BoxChunks,
}

/// One segment being sealed into a buffer of the caller's.
pub struct SegmentSealer<'a> {
    cipher: &'a BoxChunks,
    layout: Layout,
    next: u64,
    end: u64,
    out: &'a mut [u8],
    len: usize,
    last: bool,
}

/// A sealed segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// How many bytes of the buffer it takes.
    pub len: usize,
    /// BLAKE3 of these bytes.
    pub hash: Hash,
    /// Whether it ends the stream.
    pub last: bool,
}

/// Hashes a sealed stream that arrives in pieces: its segments, and its digest.
pub struct SegmentHasher {
    current: Hasher,
    room: u64,
    segment_len: u64,
    hashes: Vec<Hash>,
}

impl ContentSealer {
    /// A new content under a key that was made for it.
    pub fn create<R: CryptoRng + ?Sized>(key: &ContentKey, content: &Id, rng: &mut R) -> Self {
        let (header, cipher) = Header::create(key, content, rng);
        Self { header, cipher }
    }

    /// Another worker on the same content, or an upload that goes on. Whoever goes on with an upload must
    /// first prove that the plaintext is the same, by sealing what was sent and comparing the hashes.
    pub fn resume(key: &ContentKey, header: &[u8]) -> Result<Self> {
        let header = Header::parse(header)?;
        let cipher = header.unlock(key)?;
        Ok(Self { header, cipher })
    }

    /// The header, for other workers, and for the journal of an upload.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where the chunks lie.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.header.layout()
    }

    /// Length of the plaintext of a full segment.
    #[must_use]
    pub fn segment_plain_len(&self) -> usize {
        segment_chunks() * self.layout().chunk_len()
    }

    /// Length of a full sealed segment: no buffer needs to be larger.
    #[must_use]
    pub fn segment_sealed_len(&self, segment: u64) -> usize {
        header_len(segment) + segment_chunks() * self.layout().sealed_chunk_len()
    }

    /// Begins a segment in `out`, to be filled chunk by chunk.
    ///
    /// # Panics
    /// Filling panics if `out` is too short; [`ContentSealer::segment_sealed_len`] is always enough.
    pub fn begin<'a>(&'a self, segment: u64, out: &'a mut [u8]) -> SegmentSealer<'a> {
        let len = header_len(segment);
        out[..len].copy_from_slice(&self.header.as_bytes()[..len]);
        let next = segment * SEGMENT_CHUNKS;
        let end = next + SEGMENT_CHUNKS;
        SegmentSealer {
            cipher: &self.cipher,
            layout: self.layout(),
            next,
            end,
            out,
            len,
            last: false,
        }
    }

    /// Seals a whole segment into `out`. All but the last must be full, and the last must not be.
    ///
    /// # Panics
    /// If `plain` is longer than a segment or `out` is too short.
    pub fn seal_segment(&self, segment: u64, plain: &[u8], out: &mut [u8]) -> Sealed {
        let mut sealer = self.begin(segment, out);
        let mut chunks = plain.chunks_exact(self.layout().chunk_len());
        chunks.by_ref().for_each(|chunk| sealer.push(chunk));
        if plain.len() < self.segment_plain_len() {
            sealer.push(chunks.remainder());
        }
        sealer.finish()
    }
}

impl SegmentSealer<'_> {
    /// Seals the next chunk. One that is shorter than a full one, even empty, ends the stream.
    ///
    /// # Panics
    /// After the end, when the segment is full, or for more than a chunk: each would break the chunking.
    pub fn push(&mut self, plain: &[u8]) {
        assert!(
            !self.last && self.next < self.end,
            "a segment takes 128 chunks, the last one shorter"
        );
        assert!(
            plain.len() <= self.layout.chunk_len(),
            "a chunk is not longer than its layout says"
        );
        let end = self.len + plain.len() + BoxChunks::TAG_LEN;
        self.cipher.seal(self.next, plain, &mut self.out[self.len..end]);
        self.len = end;
        self.next += 1;
        self.last = plain.len() < self.layout.chunk_len();
    }

    /// Whether another full segment's chunk fits.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.last || self.next == self.end
    }

    /// Hashes what was sealed.
    ///
    /// # Panics
    /// If the segment is neither full nor the last one.
    #[must_use]
    pub fn finish(self) -> Sealed {
        assert!(
            self.is_full(),
            "a segment that does not end the stream has 128 chunks"
        );
        Sealed {
            len: self.len,
            hash: hash(&self.out[..self.len]),
            last: self.last,
        }
    }
}

impl SegmentHasher {
    /// For streams of this layout.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let segment_len = SEGMENT_CHUNKS * layout.sealed_chunk_len() as u64;
        let room = segment_len + layout.header_len() as u64;
        Self {
            current: Hasher::default(),
            room,
            segment_len,
            hashes: Vec::new(),
        }
    }

    /// Takes the next sealed bytes.
    pub fn update(&mut self, mut sealed: &[u8]) {
        while !sealed.is_empty() {
            let take = usize::try_from(self.room).map_or(sealed.len(), |room| room.min(sealed.len()));
            let (now, rest) = sealed.split_at(take);
            self.current.update(now);
            self.room -= take as u64;
            if self.room == 0 {
                self.close();
            }
            sealed = rest;
        }
    }

    /// The digest of the stream. Its last segment is never full, so there is always one open.
    #[must_use]
    pub fn finish(mut self) -> Hash {
        self.close();
        digest(&self.hashes)
    }

    fn close(&mut self) {
        self.hashes.push(self.current.finish());
        self.current.reset();
        self.room = self.segment_len;
    }
}

/// The digest of a stream, from the hashes of its segments in order.
#[must_use]
pub fn digest(segments: &[Hash]) -> Hash {
    let mut hasher = Hasher::default();
    for segment in segments {
        hasher.update(segment);
    }
    hasher.finish()
}

fn header_len(segment: u64) -> usize {
    if segment == 0 { HEADER_LEN } else { 0 }
}

fn segment_chunks() -> usize {
    usize::try_from(SEGMENT_CHUNKS).expect("128")
}
