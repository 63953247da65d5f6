//! Chunking by exhaustion: chunks of 1 to 4 bytes, all lengths up to a few chunks, every way to disturb
//! them that a server has. Whatever differs from what was sealed must not open.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::{BoxChunks, ChunkCipher as _, Header, Layout, Opener, Reader, Sealer, Unmeasured};
use crate::{ContentKey, Result};

const TAG: usize = BoxChunks::TAG_LEN;

/// One stream, sealed, as the chunks that it consists of.
struct Stream {
    cipher: BoxChunks,
    layout: Layout,
    plain: Vec<u8>,
    chunks: Vec<Vec<u8>>,
}

impl Stream {
    fn seal(seed: u64, chunk: usize, len: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let key = ContentKey::generate(&mut rng);
        let (_, cipher) = Header::create(&key, &[3; 16], &mut rng);
        let layout = Layout::new(0, chunk, TAG);
        // Equal chunks, so that only their places tell them apart.
        let plain = vec![7; len];
        let mut sealed = Vec::new();
        let mut sealer = Sealer::new(cipher.clone(), layout);
        sealer.push(&plain, &mut sealed);
        sealer.finish(&mut sealed);
        let chunks = sealed.chunks(chunk + TAG).map(<[u8]>::to_vec).collect();
        Self {
            cipher,
            layout,
            plain,
            chunks,
        }
    }

    fn sealed(&self) -> Vec<u8> {
        self.chunks.concat()
    }

    fn push_pull(&self, sealed: &[u8], step: usize) -> (Result<()>, Vec<u8>) {
        let mut opener = Opener::new(self.cipher.clone(), self.layout);
        let mut out = Vec::new();
        let pushed = sealed
            .chunks(step)
            .try_for_each(|piece| opener.push(piece, &mut out));
        (pushed.and_then(|()| opener.finish(&mut out)), out)
    }

    fn measured(&self, sealed: &[u8]) -> Result<Reader<BoxChunks>> {
        let unmeasured = Unmeasured::new(self.cipher.clone(), self.layout, sealed.len() as u64)?;
        let last = unmeasured.last_chunk();
        unmeasured.measure(&sealed[at(last.start)..at(last.end)])
    }

    fn read_all(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let reader = self.measured(sealed)?;
        let mut out = vec![0; at(reader.plain_len())];
        reader.open_chunks(0, sealed, &mut out)?;
        Ok(out)
    }

    /// A disturbed stream opens in no way, and what comes out before that is noticed is a true beginning.
    fn assert_refused(&self, disturbed: &[u8]) {
        if disturbed == self.sealed() {
            return;
        }
        for step in [1, 2, self.layout.sealed_chunk_len(), disturbed.len().max(1)] {
            let (opened, out) = self.push_pull(disturbed, step);
            assert!(
                opened.is_err(),
                "{} bytes of {} opened",
                disturbed.len(),
                self.plain.len()
            );
            assert!(
                self.plain.starts_with(&out),
                "what came out is a beginning of the plaintext"
            );
        }
        assert!(self.read_all(disturbed).is_err());
    }
}

fn at(offset: u64) -> usize {
    usize::try_from(offset).expect("a few bytes")
}

/// Every stream of the model: chunks of 1 to 4 bytes, up to `chunks` full ones and a rest.
fn streams(chunks: usize) -> impl Iterator<Item = Stream> {
    let all = (1..=4).flat_map(move |chunk| (0..=chunks * chunk + chunk - 1).map(move |len| (chunk, len)));
    all.zip(0..)
        .map(|((chunk, len), seed)| Stream::seal(seed, chunk, len))
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in items.iter().enumerate() {
        let rest = [&items[..place], &items[place + 1..]].concat();
        all.extend(
            permutations(&rest)
                .into_iter()
                .map(|tail| [vec![*first], tail].concat()),
        );
    }
    all
}

#[test]
fn b4_every_length_has_one_chunking_and_opens_in_pieces_of_any_size() {
    for stream in streams(4) {
        let sealed = stream.sealed();
        let len = stream.plain.len() as u64;
        assert_eq!(stream.chunks.len() as u64, stream.layout.chunks(len));
        assert_eq!(sealed.len() as u64, stream.layout.sealed_len(len));
        assert_eq!(stream.layout.plain_len(sealed.len() as u64), Ok(len));
        assert!(stream.chunks.last().expect("there is a last one").len() < stream.layout.sealed_chunk_len());
        for step in 1..=sealed.len() {
            let (opened, out) = stream.push_pull(&sealed, step);
            assert_eq!((opened, &out), (Ok(()), &stream.plain));
        }
        assert_eq!(stream.read_all(&sealed), Ok(stream.plain.clone()));
    }
}

#[test]
fn b4_chunks_cannot_be_reordered() {
    for stream in streams(4) {
        let order: Vec<usize> = (0..stream.chunks.len()).collect();
        for permuted in permutations(&order) {
            let disturbed: Vec<u8> = permuted
                .iter()
                .flat_map(|index| stream.chunks[*index].clone())
                .collect();
            stream.assert_refused(&disturbed);
        }
    }
}

#[test]
fn b4_chunks_cannot_be_dropped_or_doubled() {
    for stream in streams(4) {
        let count = stream.chunks.len();
        for chosen in 0..1_u32 << count {
            let kept = (0..count).filter(|index| chosen & (1 << index) != 0);
            stream.assert_refused(
                &kept
                    .flat_map(|index| stream.chunks[index].clone())
                    .collect::<Vec<_>>(),
            );
        }
        for (index, place) in (0..count).flat_map(|index| (0..=count).map(move |place| (index, place))) {
            let mut doubled = stream.chunks.clone();
            doubled.insert(place, stream.chunks[index].clone());
            stream.assert_refused(&doubled.concat());
        }
    }
}

#[test]
fn b4_a_stream_cannot_be_cut_or_lengthened() {
    for stream in streams(3) {
        let sealed = stream.sealed();
        for len in 0..sealed.len() {
            stream.assert_refused(&sealed[..len]);
        }
        for more in 1..=2 * stream.layout.sealed_chunk_len() {
            stream.assert_refused(&[&sealed[..], &vec![0; more]].concat());
        }
    }
}

#[test]
fn b4_a_second_last_chunk_is_refused() {
    // age's stream_two_final_chunks and stream_last_chunk_empty: what follows the end is sealed by somebody
    // who has the key, for the next index, and still is not part of the stream.
    for stream in streams(3) {
        let next = stream.chunks.len() as u64;
        for len in 0..=stream.layout.chunk_len() {
            let mut extra = vec![0; len + TAG];
            stream.cipher.seal(next, &vec![7; len], &mut extra);
            stream.assert_refused(&[stream.sealed(), extra].concat());
        }
    }
}

#[test]
fn b4_chunks_of_another_version_cannot_be_spliced_in() {
    for (stream, other) in streams(3).zip((1..=4).flat_map(|chunk| {
        (0..=3 * chunk + chunk - 1).map(move |len| Stream::seal(1_000 + len as u64, chunk, len))
    })) {
        for index in 0..stream.chunks.len() {
            let mut spliced = stream.chunks.clone();
            spliced[index].clone_from(&other.chunks[index]);
            stream.assert_refused(&spliced.concat());
        }
    }
}

#[test]
fn b3_no_bit_of_a_stream_can_be_flipped() {
    for stream in streams(2) {
        let sealed = stream.sealed();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            stream.assert_refused(&flipped);
        }
    }
}

#[test]
fn any_range_reads_what_a_slice_would() {
    for stream in streams(3) {
        let (sealed, len) = (stream.sealed(), stream.plain.len() as u64);
        let reader = stream.measured(&sealed).expect("untouched");
        for (start, end) in (0..=len + 1).flat_map(|start| (start..=len + 2).map(move |end| (start, end))) {
            let span = reader.span(&(start..end));
            let mut out = vec![0; span.chunks.clone().count() * stream.layout.chunk_len()];
            let piece = &sealed[at(span.sealed.start)..at(span.sealed.end)];
            let filled = reader
                .open_chunks(span.chunks.start, piece, &mut out)
                .expect("untouched");
            let wanted = at(end.min(len).saturating_sub(start));
            assert_eq!(
                out[..filled].get(span.skip..span.skip + wanted).unwrap_or(&[]),
                vec![7; wanted]
            );
        }
    }
}

#[test]
fn b6_a_reader_that_failed_stays_failed() {
    let stream = Stream::seal(1, 4, 10);
    let mut sealed = stream.sealed();
    let reader = stream.measured(&sealed).expect("untouched");
    sealed[30] ^= 1;
    let mut out = [0; 4];
    assert!(reader.open_chunks(1, &sealed[20..40], &mut out).is_err());
    assert_eq!(out, [0; 4], "no byte of a chunk that is not authentic");
    assert!(
        reader.open_chunks(0, &stream.chunks[0], &mut out).is_err(),
        "not even a good chunk"
    );
}

#[test]
fn b6_chunks_are_refused_at_a_wrong_index_beyond_the_end_and_in_part() {
    let stream = Stream::seal(2, 4, 10);
    let fresh = || stream.measured(&stream.sealed()).expect("untouched");
    let mut out = [0; 100];
    assert!(fresh().open_chunks(1, &stream.chunks[0], &mut out).is_err());
    assert!(fresh().open_chunks(3, &stream.chunks[2], &mut out).is_err());
    assert!(
        fresh()
            .open_chunks(u64::MAX, &stream.chunks[2], &mut out)
            .is_err()
    );
    assert!(fresh().open_chunks(0, &stream.chunks[0][..19], &mut out).is_err());
    assert!(fresh().open_chunks(0, &stream.chunks[0], &mut out[..3]).is_err());
}

#[test]
fn lengths_that_no_plaintext_gives_are_refused() {
    for (header, chunk) in [(0, 1), (80, 4), (56, 16 * 1024), (80, 65_536)] {
        let layout = Layout::new(header, chunk, TAG);
        let possible: Vec<u64> = (0..200).map(|len| layout.sealed_len(len)).collect();
        for sealed_len in 0..=possible[199] {
            let plain_len = layout.plain_len(sealed_len);
            assert_eq!(plain_len.is_ok(), possible.contains(&sealed_len), "{sealed_len}");
        }
        assert!(layout.plain_len(u64::MAX).is_err());
        assert_eq!(layout.sealed_len(u64::MAX), u64::MAX);
    }
}
