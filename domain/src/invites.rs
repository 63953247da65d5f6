//! Invitations: what lets somebody make an account where not everybody may.

use postern_crypto::hash::token_hash;
use postern_protocol::{TimeMs, bytes};
use rand_core::CryptoRng;

use crate::error::Result;
use crate::postern::Postern;
use crate::store::{Digest, NewInvite};

impl Postern {
    /// An invitation, good for one account until `expires`. It is told once, here.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub async fn invite(&self, expires: TimeMs, now: TimeMs, rng: &mut impl CryptoRng) -> Result<String> {
        let mut secret = [0; 16];
        rng.fill_bytes(&mut secret);
        let code = bytes::encode(&secret);
        let invite = NewInvite {
            code_hash: code_hash(&code),
            created: now,
            expires,
        };
        self.records().add_invite(&invite).await?;
        Ok(code)
    }
}

/// What is kept of an invitation's code. Blanks around it come from being copied.
pub(crate) fn code_hash(code: &str) -> Digest {
    token_hash(code.trim().as_bytes())
}
