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
