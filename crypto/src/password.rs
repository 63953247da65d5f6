//! Passwords: one spelling for each, and an optional secret that makes even a short one unguessable.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::derive::derive;
use crate::labels::Label;
use crate::{Id, primitives};

/// A password as a person typed it, in Unicode's NFC: the same word typed on two keyboards is the same
/// password.
#[derive(Clone)]
pub struct Password {
    input: Zeroizing<Vec<u8>>,
}

/// 128 random bits that are kept on a person's devices and printed in the recovery kit. With it, even the
/// server, which holds the OPAQUE record, cannot guess the password offline (threat A9).
#[derive(Clone)]
pub struct AccountSecret(Zeroizing<[u8; 16]>);

impl Password {
    /// Takes what was typed. That a password to be is not empty is for callers to see to.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        // NFC may lengthen a text up to three times (Unicode TR 15); growing would leave copies behind.
        let mut input = Zeroizing::new(Vec::with_capacity(typed.len() * 3));
        for letter in typed.nfc() {
            input.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Self { input }
    }

    /// Mixes in the account secret.
    #[must_use]
    pub fn with_account_secret(&self, secret: &AccountSecret) -> Self {
        let mut ikm = Zeroizing::new(Vec::with_capacity(16 + self.input.len()));
        ikm.extend_from_slice(secret.0.as_slice());
        ikm.extend_from_slice(&self.input);
        let mixed = derive::<64>(&ikm, Label::AccountSecret, &[]);
        Self {
            input: Zeroizing::new(mixed.to_vec()),
        }
    }

    /// What OPAQUE takes for the password.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.input
    }

    /// Argon2id with the compiled-in costs, salted by the identifier of what it protects.
    pub(crate) fn stretch(&self, salt: &Id) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        primitives::argon2id(&self.input, salt, out.as_mut_slice());
        out
    }
}

impl AccountSecret {
    /// A fresh one.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self(Zeroizing::new(crate::secret::random(rng)))
    }

    /// One that was kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to keep on a device or to print.
    #[must_use]
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(***)")
    }
}

impl std::fmt::Debug for AccountSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountSecret(***)")
    }
}
