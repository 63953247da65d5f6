//! How a sealed stream is cut for its way to the server.
//!
//! A *segment* is what is hashed as one: 128 chunks of 64 KiB, each with its 16-byte tag; the first segment also holds
//! the stream's 80-byte header. A *part* is what is sent as one: one segment at first, more the further in, so that
//! the largest content stays below the 10,000 parts that S3 takes. Where a part begins follows from its number alone:
//! a folder store writes each at its final place, in any order, and nothing is ever copied together.

use std::ops::Range;

/// The stream's header.
pub const HEADER_BYTES: u64 = 80;
/// One sealed chunk: 64 KiB and its tag.
pub const SEALED_CHUNK_BYTES: u64 = (64 << 10) + 16;
/// Chunks of one segment.
pub const SEGMENT_CHUNKS: u64 = 128;
/// One full segment but the first, which has the header on top.
pub const SEGMENT_BYTES: u64 = SEGMENT_CHUNKS * SEALED_CHUNK_BYTES;
/// S3 takes no more parts than this.
pub const MAX_PARTS: u32 = 10_000;
/// The largest part: the first of the 8-segment ones and all after it.
pub const MAX_PART_BYTES: u64 = 8 * SEGMENT_BYTES;
/// The largest sealed stream, header included: about 330 GiB.
pub const MAX_CONTENT_BYTES: u64 = HEADER_BYTES + segments_before(MAX_PARTS) * SEGMENT_BYTES;
/// The smallest sealed stream: a header and one empty chunk's tag.
pub const MIN_CONTENT_BYTES: u64 = HEADER_BYTES + 16;

/// (first part, segments of each part from there on)
const STEPS: [(u32, u64); 4] = [(0, 1), (2_000, 2), (4_000, 4), (6_000, 8)];

/// How many segments part `part` holds when it is full.
#[must_use]
pub const fn segments_of(part: u32) -> u64 {
    let mut segments = 1;
    let mut step = 0;
    while step < STEPS.len() {
        if part >= STEPS[step].0 {
            segments = STEPS[step].1;
        }
        step += 1;
    }
    segments
}

/// The number of the first segment of part `part`.
#[must_use]
pub const fn segments_before(part: u32) -> u64 {
    let mut before = 0;
    let mut step = 0;
    while step < STEPS.len() {
        let (first, segments) = STEPS[step];
        let end = if step + 1 < STEPS.len() && STEPS[step + 1].0 < part {
            STEPS[step + 1].0
        } else {
            part
        };
        if end > first {
            before += (end - first) as u64 * segments;
        }
        step += 1;
    }
    before
}

/// Which bytes of the sealed stream part `part` holds when it is full.
#[must_use]
pub const fn full_range(part: u32) -> Range<u64> {
    offset(segments_before(part))..offset(segments_before(part) + segments_of(part))
}

/// Which bytes part `part` holds in a sealed stream of `size_bytes`: empty past its end.
#[must_use]
pub fn range(part: u32, size_bytes: u64) -> Range<u64> {
    let full = full_range(part);
    full.start.min(size_bytes)..full.end.min(size_bytes)
}

/// How many parts a sealed stream of `size_bytes` has.
#[must_use]
pub fn count(size_bytes: u64) -> u32 {
    let (mut low, mut high) = (0, MAX_PARTS);
    while low < high {
        let middle = u32::midpoint(low, high);
        if full_range(middle).start < size_bytes {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Whether so many bytes can be part `part` of a stream: there is such a part, and it holds no more when it is full.
#[must_use]
pub const fn fits(part: u32, size_bytes: u64) -> bool {
    if part >= MAX_PARTS {
        return false;
    }
    let full = full_range(part);
    size_bytes <= full.end - full.start
}

/// Whether `there`, each a part's number and size in the order of the numbers, are all parts of a stream of `size_bytes`.
#[must_use]
pub fn are_whole(there: impl ExactSizeIterator<Item = (u32, u64)>, size_bytes: u64) -> bool {
    let is_next = |(number, (part, part_bytes)): (u32, (u32, u64))| {
        let range = range(number, size_bytes);
        part == number && part_bytes == range.end - range.start
    };
    there.len() == count(size_bytes) as usize && (0..).zip(there).all(is_next)
}

const fn offset(segment: u64) -> u64 {
    if segment == 0 {
        0
    } else {
        HEADER_BYTES + segment * SEGMENT_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_without_a_gap() {
        let mut end = 0;
        for part in 0..MAX_PARTS {
            let range = full_range(part);
            assert_eq!(range.start, end, "part {part}");
            assert!(range.end - range.start <= MAX_PART_BYTES + if part == 0 { HEADER_BYTES } else { 0 });
            end = range.end;
        }
        assert_eq!(end, MAX_CONTENT_BYTES);
    }

    #[test]
    fn a_part_fits_up_to_its_full_size_and_up_to_the_last_number() {
        for part in [0, 1, 2_000, 9_999] {
            let full = full_range(part);
            assert!(fits(part, full.end - full.start));
            assert!(!fits(part, full.end - full.start + 1));
        }
        assert!(!fits(MAX_PARTS, 1));
        assert!(!fits(u32::MAX, 1));
    }

    #[test]
    fn parts_are_whole_only_with_every_byte_of_every_part_in_its_place() {
        let size = full_range(2).start + 7;
        let sizes = [0, 1, 2].map(|part| (part, range(part, size).end - range(part, size).start));
        let whole = |there: &[(u32, u64)]| are_whole(there.iter().copied(), size);
        assert!(whole(&sizes));
        assert!(!whole(&sizes[..2]), "the last is missing");
        assert!(!whole(&[sizes[0], sizes[2], sizes[1]]), "out of order");
        assert!(!whole(&[sizes[0], sizes[1], (2, 8)]), "a byte too many");
        assert!(!whole(&[sizes[0], sizes[1], sizes[2], (3, 0)]), "one too many");
        assert!(!are_whole([(0, 1)].into_iter(), 2));
    }

    #[test]
    fn counting_parts_agrees_with_their_ranges() {
        for size in [
            1,
            96,
            SEGMENT_BYTES + 80,
            SEGMENT_BYTES + 81,
            10 << 30,
            100 << 30,
            MAX_CONTENT_BYTES,
        ] {
            let parts = count(size);
            let covered: u64 = (0..parts)
                .map(|part| range(part, size))
                .map(|range| range.end - range.start)
                .sum();
            assert_eq!(covered, size);
            assert!(!range(parts - 1, size).is_empty());
            assert!(range(parts, size).is_empty());
        }
    }
}
