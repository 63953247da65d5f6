//! Sealing and opening of chunks as WebAssembly, by itself, so that `web/tests/bench/wasm.ts` can measure it. Bytes
//! come in and go out as they do in the client: one copy in, one copy out.

use postern_crypto::ContentKey;
use postern_crypto::stream::{BoxChunks, ChunkCipher as _, Header};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// The chunks of one content, under a key that everybody knows.
#[wasm_bindgen]
pub struct Chunks(BoxChunks);

#[wasm_bindgen]
impl Chunks {
    /// Always with the same key: nothing is kept secret here.
    #[wasm_bindgen(constructor)]
    #[must_use]
    #[expect(clippy::new_without_default, reason = "JavaScript calls it")]
    pub fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let key = ContentKey::generate(&mut rng);
        Self(Header::create(&key, &[1; 16], &mut rng).1)
    }

    /// Seals a chunk.
    #[must_use]
    pub fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0; plain.len() + BoxChunks::TAG_LEN];
        self.0.seal(0, plain, &mut sealed);
        sealed
    }

    /// Opens a chunk.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, JsError> {
        let mut plain = vec![0; sealed.len().saturating_sub(BoxChunks::TAG_LEN)];
        self.0.open(0, sealed, &mut plain)?;
        Ok(plain)
    }
}
