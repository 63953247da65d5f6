//! Identity: the Ed25519 key by which an account signs, and by which others know it.

use zeroize::Zeroizing;

use crate::derive::info;
use crate::labels::Label;
use crate::{Result, primitives, secret};

/// The secret half. Random, sealed in the account's identity object.
///
/// It is held expanded, because expanding takes as long as signing does.
#[derive(Clone)]
pub struct IdentityKey(primitives::SignKey);

/// The public half: a canonical point that is not of low order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityPublic(primitives::VerifyKey);

/// An Ed25519 signature.
pub type Signature = [u8; 64];

impl IdentityKey {
    /// A key that was kept elsewhere.
    #[must_use]
    pub fn from_bytes(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        Self(primitives::SignKey::from_seed(&seed))
    }

    /// The seed, for whoever must store it in a trusted place.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        self.0.seed()
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> IdentityPublic {
        IdentityPublic(self.0.public())
    }

    /// Signs `text`, which means nothing outside `label`.
    pub(crate) fn sign(&self, label: Label, text: &[u8]) -> Signature {
        self.0.sign(&signed_text(label, text))
    }
}

secret::secret_basics!(pub IdentityKey);

impl IdentityPublic {
    /// Accepts only keys that can be used (threat D6).
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self> {
        primitives::VerifyKey::from_bytes(&bytes).map(Self)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Checks a signature of [`IdentityKey::sign`].
    pub(crate) fn verify(&self, label: Label, text: &[u8], signature: &Signature) -> Result<()> {
        self.0.verify(&signed_text(label, text), signature)
    }
}

/// Every signed text begins with what it is, so that none can stand for another (threat A14).
fn signed_text(label: Label, text: &[u8]) -> Vec<u8> {
    info(label, &[text])
}
