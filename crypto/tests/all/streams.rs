use postern_crypto::node::Content;
use postern_crypto::stream::{
    ContentOpener, ContentReader, ContentSealer, HEADER_LEN, Header, SEGMENT_CHUNKS, Sealer, SegmentHasher,
    UnmeasuredContent, digest,
};
use postern_crypto::{ContentKey, Error, Hash, Id, Result, hash};
use proptest::prelude::*;

use crate::rng;

const ID: Id = [6; 16];
const CHUNK: usize = 65_536;
const SEGMENT: usize = 128 * CHUNK;

struct Stream {
    key: ContentKey,
    header: Header,
    sealed: Vec<u8>,
    segments: Vec<Hash>,
}

fn text(len: usize) -> Vec<u8> {
    let mut text = vec![0; len];
    rng(99).fill_bytes(&mut text);
    text
}

/// Seals by segments, as an upload does.
fn seal(seed: u64, plain: &[u8]) -> Stream {
    let mut rng = rng(seed);
    let key = ContentKey::generate(&mut rng);
    let sealer = ContentSealer::create(&key, &ID, &mut rng);
    let (mut sealed, mut segments) = (Vec::new(), Vec::new());
    for segment in 0..=(plain.len() / SEGMENT) as u64 {
        let start = usize::try_from(segment).expect("small") * SEGMENT;
        let piece = &plain[start..plain.len().min(start + SEGMENT)];
        let mut out = vec![0; sealer.segment_sealed_len(segment)];
        let done = sealer.seal_segment(segment, piece, &mut out);
        assert_eq!(done.hash, hash::hash(&out[..done.len]));
        assert_eq!(done.last, piece.len() < SEGMENT);
        sealed.extend_from_slice(&out[..done.len]);
        segments.push(done.hash);
    }
    Stream {
        key,
        header: sealer.header().clone(),
        sealed,
        segments,
    }
}

impl Stream {
    /// Whether its first `len` bytes end as a stream of `content` ends.
    fn measures(&self, content: &Id, len: usize) -> bool {
        let header = &self.sealed[..HEADER_LEN.min(len)];
        let unmeasured = UnmeasuredContent::unlock(&self.key, content, header, len as u64);
        let measured = unmeasured.and_then(|unmeasured| {
            let range = unmeasured.last_chunk();
            let at = |offset: u64| usize::try_from(offset).expect("small");
            unmeasured.measure(&self.sealed[at(range.start)..at(range.end)])
        });
        measured.is_ok()
    }
}

fn open(key: &ContentKey, sealed: &[u8], step: usize) -> (Result<()>, Vec<u8>) {
    let mut opener = ContentOpener::new(key, &ID);
    let mut out = Vec::new();
    let pushed = sealed
        .chunks(step)
        .try_for_each(|piece| opener.push(piece, &mut out));
    (pushed.and_then(|()| opener.finish(&mut out)), out)
}

fn content(stream: &Stream, len: usize) -> Content {
    Content {
        id: ID,
        key: stream.key.clone(),
        size: len as u64,
        chunks: (len / CHUNK + 1) as u64,
        digest: digest(&stream.segments),
    }
}

#[test]
fn b4_streams_of_all_the_critical_lengths_open_and_cannot_be_cut() {
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 1] {
        let (plain, stream) = (text(len), seal(1, &text(len)));
        assert_eq!(stream.sealed.len(), HEADER_LEN + len + (len / CHUNK + 1) * 16);
        let (opened, out) = open(&stream.key, &stream.sealed, 100_003);
        assert!(opened.is_ok() && out == plain);
        let boundaries = (0..=len / CHUNK + 1).map(|chunk| HEADER_LEN + chunk * (CHUNK + 16));
        for cut in boundaries
            .flat_map(|at| [at - 1, at, at + 1])
            .filter(|cut| *cut < stream.sealed.len())
        {
            let (opened, out) = open(&stream.key, &stream.sealed[..cut], 100_003);
            assert!(opened.is_err() && plain.starts_with(&out), "{len} cut at {cut}");
            assert!(!stream.measures(&ID, cut), "{len} cut at {cut}");
        }
        assert!(stream.measures(&ID, stream.sealed.len()), "{len}");
        assert!(
            !stream.measures(&[7; 16], stream.sealed.len()),
            "{len} of another content"
        );
    }
}

#[test]
fn segments_push_and_single_chunks_seal_the_same_bytes() {
    let plain = text(SEGMENT + 5 * CHUNK / 2);
    let stream = seal(2, &plain);
    let cipher = stream.header.unlock(&stream.key).expect("its own key");
    let mut pushed = stream.header.as_bytes().to_vec();
    let mut sealer = Sealer::new(cipher, stream.header.layout());
    plain
        .chunks(70_001)
        .for_each(|piece| sealer.push(piece, &mut pushed));
    sealer.finish(&mut pushed);
    assert!(pushed == stream.sealed);

    let worker = ContentSealer::resume(&stream.key, stream.header.as_bytes()).expect("its own header");
    let mut out = vec![0; worker.segment_sealed_len(1)];
    let mut segment = worker.begin(1, &mut out);
    plain[SEGMENT..]
        .chunks(CHUNK)
        .for_each(|chunk| segment.push(chunk));
    assert!(segment.is_full());
    assert_eq!(segment.finish().hash, stream.segments[1]);
}

#[test]
fn a_digest_is_that_of_the_segments_however_the_bytes_arrive() {
    for len in [0, CHUNK, SEGMENT - 1, SEGMENT, 2 * SEGMENT + 1] {
        let stream = seal(3, &text(len));
        for step in [777_777, stream.sealed.len()] {
            let mut hasher = SegmentHasher::new(stream.header.layout());
            stream.sealed.chunks(step).for_each(|piece| hasher.update(piece));
            assert_eq!(hasher.finish(), digest(&stream.segments), "{len} by {step}");
        }
    }
}

#[test]
fn a_length_of_whole_segments_ends_with_one_empty_chunk() {
    let stream = seal(4, &text(SEGMENT));
    assert_eq!(stream.segments.len(), 2);
    assert_eq!(stream.sealed.len(), HEADER_LEN + SEGMENT + 129 * 16);
    assert_eq!(SEGMENT_CHUNKS, 128);
}

#[test]
#[should_panic(expected = "128 chunks")]
fn b7_a_segment_that_is_neither_full_nor_last_cannot_be_finished() {
    let mut rng = rng(5);
    let sealer = ContentSealer::create(&ContentKey::generate(&mut rng), &ID, &mut rng);
    let mut out = vec![0; sealer.segment_sealed_len(0)];
    let mut segment = sealer.begin(0, &mut out);
    segment.push(&[0; CHUNK]);
    let _ = segment.finish();
}

#[test]
#[should_panic(expected = "the last one shorter")]
fn b7_nothing_can_be_sealed_after_the_end() {
    let mut rng = rng(5);
    let sealer = ContentSealer::create(&ContentKey::generate(&mut rng), &ID, &mut rng);
    let mut out = vec![0; sealer.segment_sealed_len(0)];
    let mut segment = sealer.begin(0, &mut out);
    segment.push(b"the end");
    segment.push(b"and more");
}

#[test]
fn a_reader_opens_any_range_and_many_workers_may_share_it() {
    let plain = text(5 * CHUNK + 77);
    let stream = seal(6, &plain);
    let reader = content(&stream, plain.len())
        .reader(&stream.sealed[..HEADER_LEN])
        .expect("its record");
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (reader, stream, plain) = (&reader, &stream, &plain);
            scope.spawn(move || {
                for start in (worker * 1000..plain.len()).step_by(40_009) {
                    assert_eq!(
                        read(reader, &stream.sealed, start, 70_000),
                        plain[start..plain.len().min(start + 70_000)]
                    );
                }
            });
        }
    });
}

fn read(reader: &ContentReader, sealed: &[u8], start: usize, len: usize) -> Vec<u8> {
    let span = reader.span(&(start as u64..(start + len) as u64));
    let at = |offset: u64| usize::try_from(offset).expect("small");
    let mut out = vec![0; span.chunks.clone().count() * reader.layout().chunk_len()];
    let filled = reader
        .open_chunks(
            span.chunks.start,
            &sealed[at(span.sealed.start)..at(span.sealed.end)],
            &mut out,
        )
        .expect("untouched");
    out[span.skip..filled.min(span.skip + len)].to_vec()
}

#[test]
fn b9_a_record_that_says_another_size_opens_no_stream() {
    let plain = text(CHUNK + 5);
    let stream = seal(7, &plain);
    let header = &stream.sealed[..HEADER_LEN];
    let right = content(&stream, plain.len());
    let body = &stream.sealed[HEADER_LEN..];
    let mut out = vec![0; 4 * CHUNK];
    assert_eq!(
        right
            .reader(header)
            .expect("right")
            .open_chunks(0, body, &mut out),
        Ok(plain.len())
    );
    for size in [plain.len() - 1, plain.len() + 1, CHUNK, CHUNK - 1, 2 * CHUNK] {
        let wrong = Content {
            size: size as u64,
            ..right.clone()
        };
        let opened = wrong
            .reader(header)
            .and_then(|reader| reader.open_chunks(0, body, &mut out));
        assert_eq!(opened, Err(Error::CannotOpen));
    }
    for wrong in [
        Content {
            id: [7; 16],
            ..right.clone()
        },
        Content {
            key: ContentKey::generate(&mut rng(8)),
            ..right.clone()
        },
        Content {
            chunks: 3,
            ..right.clone()
        },
    ] {
        assert!(wrong.reader(header).is_err());
    }
}

#[test]
fn a11_headers_of_other_suites_and_shapes_are_refused() {
    let stream = seal(9, b"text");
    let header = *stream.header.as_bytes();
    for (at, value) in [
        (0, b'Q'),
        (4, 0),
        (4, 2),
        (4, 255),
        (5, 13),
        (5, 21),
        (5, 255),
        (6, 1),
        (7, 1),
    ] {
        let mut other = header;
        other[at] = value;
        assert!(Header::parse(&other).is_err(), "byte {at} = {value}");
    }
    assert!(Header::parse(&header[..79]).is_err());
    assert!(Header::parse(&[&header[..], &[0]].concat()).is_err());
}

#[test]
fn b5_no_bit_of_a_header_can_be_flipped() {
    let stream = seal(10, b"text");
    for bit in 0..HEADER_LEN * 8 {
        let mut sealed = stream.sealed.clone();
        sealed[bit / 8] ^= 1 << (bit % 8);
        let (opened, out) = open(&stream.key, &sealed, 50);
        assert!(opened.is_err() && out.is_empty(), "bit {bit}");
    }
}

#[test]
fn b5_a_stream_opens_under_one_key_only() {
    let stream = seal(11, b"text");
    for seed in 0..100 {
        assert!(
            stream
                .header
                .unlock(&ContentKey::generate(&mut rng(1000 + seed)))
                .is_err()
        );
    }
}

#[test]
fn b4_a_stream_does_not_open_as_another_content() {
    let stream = seal(12, b"text");
    let mut opener = ContentOpener::new(&stream.key, &[7; 16]);
    let mut out = Vec::new();
    assert_eq!(opener.push(&stream.sealed, &mut out), Err(Error::CannotOpen));
    assert_eq!(opener.push(&[], &mut out), Err(Error::CannotOpen));
    assert!(out.is_empty());
}

#[test]
fn b10_the_same_file_twice_has_no_sixteen_bytes_in_common() {
    let plain = text(3000);
    let (one, two) = (seal(13, &plain), seal(14, &plain));
    let windows: std::collections::HashSet<&[u8]> = one.sealed[24..].windows(16).collect();
    assert!(
        two.sealed[24..]
            .windows(16)
            .all(|window| !windows.contains(window))
    );
}

#[test]
fn a13_right_and_wrong_guesses_beside_a_secret_seal_to_the_same_length() {
    let lengths: std::collections::HashSet<usize> = ["secret=hunter2", "secret=hunter3", "secret=zzzzzzz"]
        .iter()
        .map(|guess| {
            seal(15, format!("secret=hunter2;{guess}").repeat(50).as_bytes())
                .sealed
                .len()
        })
        .collect();
    assert_eq!(lengths.len(), 1);
}

#[test]
fn a13_nothing_that_compresses_is_in_what_this_crate_is_made_of() {
    let manifest = include_str!("../../Cargo.toml");
    let (_, dependencies) = manifest.split_once("[dependencies]").expect("a section");
    let (dependencies, _) = dependencies.split_once("\n[").expect("sections after it");
    for name in [
        "flate", "deflate", "miniz", "zstd", "brotli", "lz4", "snap", "zip", "xz",
    ] {
        assert!(!dependencies.contains(name), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_is_sealed_opens_again(len in 0_usize..200_000, seed: u64, step in 1_usize..300_000) {
        let plain = text(len);
        let stream = seal(seed, &plain);
        let (opened, out) = open(&stream.key, &stream.sealed, step);
        prop_assert!(opened.is_ok());
        prop_assert!(out == plain);
    }
}
