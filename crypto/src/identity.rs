//! Identity: the Ed25519 key by which an account signs, and by which others know it.

use crate::derive::info;
use crate::labels::Label;
use crate::{Result, primitives, secret};

secret::secret_key! {
    /// The secret half. Random, sealed in the account's identity object.
    pub IdentityKey;
}

/// The public half: a canonical point that is not of low order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentityPublic([u8; 32]);

/// An Ed25519 signature.
pub type Signature = [u8; 64];

impl IdentityKey {
    /// The public half.
    #[must_use]
    pub fn public(&self) -> IdentityPublic {
        IdentityPublic(primitives::ed25519_public(self.expose()))
    }

    /// Signs `text`, which means nothing outside `label`.
    pub(crate) fn sign(&self, label: Label, text: &[u8]) -> Signature {
        primitives::ed25519_sign(self.expose(), &signed_text(label, text))
    }
}

impl IdentityPublic {
    /// Accepts only keys that can be used (threat D6).
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self> {
        primitives::ed25519_check_public(&bytes)?;
        Ok(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks a signature of [`IdentityKey::sign`].
    pub(crate) fn verify(&self, label: Label, text: &[u8], signature: &Signature) -> Result<()> {
        primitives::ed25519_verify(&self.0, &signed_text(label, text), signature)
    }
}

/// Every signed text begins with what it is, so that none can stand for another (threat A14).
fn signed_text(label: Label, text: &[u8]) -> Vec<u8> {
    info(label, &[text])
}
