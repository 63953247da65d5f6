//! Large objects: a header that commits to the key, then chunks that each open on their own.
//!
//! `header(80) ‖ secretbox(chunk 0) ‖ secretbox(chunk 1) ‖ …`. Every chunk is full but the last, which is
//! strictly shorter and may be empty: each length has exactly one chunking, and a cut at any boundary is
//! noticed (threat B4). The structure is that of the C2SP chunked-encryption specification, and the code of
//! it is generic over the cipher, so that the published vectors of that specification run through the very
//! code that our own streams run through.
//!
//! - [`Layout`]: where each chunk lies. [`ChunkCipher`]: seals and opens one chunk.
//! - [`Sealer`] and [`Opener`]: bytes in, bytes out, from the first to the last.
//! - [`ContentSealer`]: segments of 128 chunks, each by whichever worker is free; [`SegmentHasher`] and
//!   [`digest`] say what was made.
//! - [`ContentReader`]: any chunks, in any order.

mod cipher;
mod header;
mod layout;
#[cfg(test)]
mod model;
mod opener;
mod reader;
mod sealer;
mod segments;

pub use cipher::{BoxChunks, ChunkCipher};
pub use header::{DEFAULT_CHUNK_LOG2, HEADER_LEN, Header};
pub use layout::Layout;
pub use opener::{ContentOpener, Opener};
pub use reader::{ContentReader, Reader, Span, Unmeasured, UnmeasuredContent};
pub use sealer::Sealer;
pub use segments::{ContentSealer, DIGEST_LEN, SEGMENT_CHUNKS, Sealed, SegmentHasher, SegmentSealer, digest};
