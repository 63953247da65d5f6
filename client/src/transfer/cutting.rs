//! How contents are cut, and how one of some length travels.

use postern_crypto::stream::{DEFAULT_CHUNK_LOG2, HEADER_LEN, Layout, SEGMENT_CHUNKS};
use postern_protocol::parts;

const CHUNK_BYTES: usize = 1 << DEFAULT_CHUNK_LOG2;
const TAG_BYTES: usize = 16;
const FULL_SEGMENT: usize = 128;

/// The plaintext of a full segment.
pub(super) const SEGMENT_PLAIN_BYTES: u64 = SEGMENT_CHUNKS << DEFAULT_CHUNK_LOG2;

/// Up to here a content goes with others. What is larger fills a request by itself.
pub const MAX_BUNDLED_BYTES: u64 = 128 << 10;

// The cutting that both sides agree on is the crypto crate's.
const _: () = assert!(parts::SEGMENT_CHUNKS == SEGMENT_CHUNKS && FULL_SEGMENT as u64 == SEGMENT_CHUNKS);
const _: () = assert!(parts::SEALED_CHUNK_BYTES == (CHUNK_BYTES + TAG_BYTES) as u64);
const _: () = assert!(parts::HEADER_BYTES == HEADER_LEN as u64);

/// How a content travels, both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// With others in one request.
    Bundled,
    /// In a request of its own.
    Whole,
    /// In parts, several at once.
    InParts,
}

impl Way {
    /// How a content with that much plaintext travels.
    #[must_use]
    pub const fn of(size_bytes: u64) -> Self {
        if size_bytes <= MAX_BUNDLED_BYTES {
            Self::Bundled
        } else if size_bytes < SEGMENT_PLAIN_BYTES {
            Self::Whole
        } else {
            Self::InParts
        }
    }
}

/// How many chunks that much plaintext is cut into.
pub(crate) fn chunks(plain_bytes: u64) -> u64 {
    layout().chunks(plain_bytes)
}

/// How long a content with that much plaintext is.
pub(super) fn sealed_bytes(plain_bytes: u64) -> u64 {
    layout().sealed_len(plain_bytes)
}

/// How long a segment with that much plaintext is.
pub(super) fn sealed_segment_len(segment: u64, plain_len: usize) -> usize {
    let chunks = (plain_len / CHUNK_BYTES + 1).min(FULL_SEGMENT);
    let header = if segment == 0 { HEADER_LEN } else { 0 };
    header + plain_len + chunks * TAG_BYTES
}

fn layout() -> Layout {
    Layout::new(HEADER_LEN, CHUNK_BYTES, TAG_BYTES)
}

#[cfg(test)]
mod tests {
    use postern_crypto::ContentKey;
    use postern_crypto::stream::ContentSealer;

    use super::*;

    #[test]
    fn a_segment_takes_exactly_the_buffer_that_was_made_for_it() {
        let mut rng = rand::rng();
        let key = ContentKey::generate(&mut rng);
        let sealer = ContentSealer::create(&key, &[1; 16], &mut rng);
        let full = sealer.segment_plain_len();
        for (segment, plain_len) in [
            (0, 0),
            (0, 1),
            (1, CHUNK_BYTES),
            (1, CHUNK_BYTES + 1),
            (0, full - 1),
            (1, full),
        ] {
            let mut out = vec![0; sealed_segment_len(segment, plain_len)];
            let sealed = sealer.seal_segment(segment, &vec![0; plain_len], &mut out);
            assert_eq!(sealed.len, out.len(), "{segment} {plain_len}");
        }
    }

    #[test]
    fn what_no_longer_fits_goes_another_way() {
        for (size_bytes, way) in [
            (0, Way::Bundled),
            (128 << 10, Way::Bundled),
            ((128 << 10) + 1, Way::Whole),
            ((8 << 20) - 1, Way::Whole),
            // Its end needs a chunk of a second segment.
            (8 << 20, Way::InParts),
        ] {
            assert_eq!(Way::of(size_bytes), way, "{size_bytes}");
        }
    }
}
