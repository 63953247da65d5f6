//! The cipher of chunks.

use zeroize::Zeroizing;

use crate::{Result, primitives};

/// Seals and opens chunks by their index. Implementations never see where a chunk lies.
pub trait ChunkCipher {
    /// By how much a sealed chunk is longer.
    const TAG_LEN: usize;

    /// Seals `plain` into `out`, which is longer by [`Self::TAG_LEN`].
    fn seal(&self, index: u64, plain: &[u8], out: &mut [u8]);

    /// Opens `sealed` into `out`, which is shorter by [`Self::TAG_LEN`], and writes nothing unless it
    /// is authentic.
    fn open(&self, index: u64, sealed: &[u8], out: &mut [u8]) -> Result<()>;
}

/// Suite 1: secretbox, with the index in the nonce's last eight bytes.
#[derive(Clone)]
pub struct BoxChunks {
    key: Zeroizing<[u8; 32]>,
    base_nonce: [u8; 24],
}

impl BoxChunks {
    /// `k(32) ‖ base_nonce(24) ‖ commit(32)`
    pub(super) fn new(keys: &[u8; 88]) -> Self {
        Self {
            key: Zeroizing::new(*keys.first_chunk().expect("88 bytes begin with 32")),
            base_nonce: *keys[32..].first_chunk().expect("56 bytes begin with 24"),
        }
    }

    /// The key is fresh for every content and an index occurs once in it, so no nonce is used twice.
    fn nonce(&self, index: u64) -> [u8; 24] {
        let mut nonce = self.base_nonce;
        for (byte, mask) in nonce[16..].iter_mut().zip(index.to_be_bytes()) {
            *byte ^= mask;
        }
        nonce
    }
}

impl ChunkCipher for BoxChunks {
    const TAG_LEN: usize = primitives::TAG_LEN;

    fn seal(&self, index: u64, plain: &[u8], out: &mut [u8]) {
        primitives::bulk_seal(&self.key, &self.nonce(index), plain, out);
    }

    fn open(&self, index: u64, sealed: &[u8], out: &mut [u8]) -> Result<()> {
        primitives::bulk_open(&self.key, &self.nonce(index), sealed, out)
    }
}

impl std::fmt::Debug for BoxChunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BoxChunks(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::derive::derive;
    use crate::labels::Label;
    use crate::stream::{Header, Layout, Sealer};
    use crate::{ContentKey, Error, vectors};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;
    use std::cell::RefCell;
    use std::collections::HashSet;

    /// Records every key and nonce that is sealed under.
    struct Recorder<'a>(BoxChunks, &'a RefCell<Vec<([u8; 32], [u8; 24])>>);

    impl ChunkCipher for Recorder<'_> {
        const TAG_LEN: usize = BoxChunks::TAG_LEN;

        fn seal(&self, index: u64, plain: &[u8], out: &mut [u8]) {
            self.1.borrow_mut().push((*self.0.key, self.0.nonce(index)));
            self.0.seal(index, plain, out);
        }

        fn open(&self, index: u64, sealed: &[u8], out: &mut [u8]) -> Result<()> {
            self.0.open(index, sealed, out)
        }
    }

    #[test]
    fn b7_no_key_and_nonce_seal_twice() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let used = RefCell::new(Vec::new());
        for _ in 0..50 {
            let key = ContentKey::generate(&mut rng);
            // The same key under two headers, as no caller of ours does: the salts keep them apart.
            for _ in 0..2 {
                let (_, cipher) = Header::create(&key, &[1; 16], &mut rng);
                let mut sealer = Sealer::new(Recorder(cipher, &used), Layout::new(0, 4, 16));
                sealer.push(&[0; 4 * 300], &mut Vec::new());
                sealer.finish(&mut Vec::new());
            }
        }
        let used = used.into_inner();
        assert_eq!(used.len(), 100 * 301);
        assert_eq!(used.iter().collect::<HashSet<_>>().len(), used.len());
    }

    #[test]
    fn b7_the_nonces_of_distant_chunks_differ() {
        let cipher = BoxChunks::new(&[0xa5; 88]);
        let indexes: Vec<u64> = (0..64)
            .flat_map(|bit| [1 << bit, (1 << bit) - 1, !(1 << bit)])
            .chain([0, u64::MAX])
            .collect();
        let distinct: HashSet<u64> = indexes.iter().copied().collect();
        let nonces: HashSet<[u8; 24]> = indexes.iter().map(|index| cipher.nonce(*index)).collect();
        assert_eq!(nonces.len(), distinct.len());
        assert!(
            nonces.iter().all(|nonce| nonce[..16] == [0xa5; 16]),
            "only the last eight bytes vary"
        );
    }

    #[test]
    fn a8_the_salamander_is_refused_as_a_chunk_under_both_keys() {
        let salamander = vectors::salamander();
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        for maker in salamander.keys.map(ContentKey::from_bytes) {
            let (header, _) = Header::create(&maker, &[1; 16], &mut rng);
            for key in salamander.keys.map(ContentKey::from_bytes) {
                let mut out = vec![0; salamander.texts[0].len()];
                match header.unlock(&key) {
                    Ok(cipher) => {
                        assert_eq!(
                            key, maker,
                            "a header opens under the key that made it, and no other"
                        );
                        assert_eq!(
                            cipher.open(0, &salamander.sealed, &mut out),
                            Err(Error::CannotOpen)
                        );
                    }
                    Err(_) => assert_ne!(key, maker),
                }
            }
        }
    }

    #[test]
    fn b5_a_stream_made_to_open_under_two_keys_opens_only_under_the_one_it_commits_to() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let keys = [1, 2].map(|byte| ContentKey::from_bytes([byte; 32]));
        let (header, mine) = Header::create(&keys[0], &[1; 16], &mut rng);
        let theirs = BoxChunks::new(&derive(
            keys[1].expose(),
            Label::Stream,
            &[&header.as_bytes()[..48]],
        ));
        let ciphers = [&mine, &theirs];
        let chunk = vectors::salamander::forge(&ciphers.map(|cipher| (*cipher.key, cipher.nonce(0))));
        let mut out = [0; 32];
        for cipher in ciphers {
            assert_eq!(cipher.open(0, &chunk, &mut out), Ok(()), "the forgery is sound");
        }
        assert!(header.unlock(&keys[0]).is_ok());
        assert_eq!(
            header.unlock(&keys[1]).expect_err("another key"),
            Error::CannotOpen
        );
    }
}
