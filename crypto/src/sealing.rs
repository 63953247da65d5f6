//! Sealing to a person: HPKE with a post-quantum hybrid, signed when it must be clear who wrote.
//!
//! A [`Letter`] goes from one identity to one other, for one purpose. The signature covers both identities
//! and the recipient's sealing key, so that a recipient cannot pass it on as if it had been written to
//! somebody else (threat D8).

use std::sync::Arc;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::codec::{Reader, Writer};
use crate::derive::info;
use crate::hash::labelled;
use crate::identity::{IdentityKey, IdentityPublic};
use crate::labels::Label;
use crate::{Error, Hash, Result, SUITE, primitives, secret};

/// Length of a public sealing key.
pub const PUBLIC_LEN: usize = primitives::KEM_PUBLIC_LEN;

/// By how much a letter is longer than its text.
pub const LETTER_OVERHEAD: usize = 1 + primitives::KEM_ENC_LEN + 64 + primitives::TAG_LEN;

/// The secret half: an X-Wing seed. Random, sealed in the account's sealing object.
///
/// It is held expanded, because expanding takes longer than opening does.
#[derive(Clone)]
pub struct SealingKey {
    seed: Zeroizing<[u8; 32]>,
    private: Arc<primitives::KemPrivate>,
    public: SealingPublic,
}

/// The public half: an X-Wing key that was checked.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingPublic(Arc<Checked>);

#[derive(PartialEq, Eq)]
struct Checked {
    key: primitives::KemPublic,
    bytes: [u8; PUBLIC_LEN],
    id: Hash,
}

/// Who writes to whom, and what for.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    /// The identity that signs.
    pub sender: IdentityPublic,
    /// The identity that may open.
    pub recipient: IdentityPublic,
    /// The recipient's sealing key, as pinned or as its own.
    pub sealing: &'a SealingPublic,
    /// What the letter is for, and which thing it is about.
    pub context: &'a [&'a [u8]],
}

impl SealingKey {
    /// A key that was kept elsewhere.
    #[must_use]
    pub fn from_bytes(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        let private = primitives::KemPrivate::from_seed(&seed);
        Self {
            public: SealingPublic::of(private.public()),
            private: Arc::new(private),
            seed,
        }
    }

    /// The seed, for whoever must store it in a trusted place.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &SealingPublic {
        &self.public
    }

    pub(crate) fn open(
        &self,
        enc: &[u8; primitives::KEM_ENC_LEN],
        info: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        self.private.open(enc, info, &[SUITE], sealed)
    }
}

secret::secret_basics!(pub SealingKey);

impl SealingPublic {
    /// Accepts only keys that can be used: a reduced ML-KEM half, and an X25519 half that contributes
    /// (threat D7).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.try_into().map_err(|_| Error::CannotOpen)?;
        primitives::KemPublic::from_bytes(bytes).map(Self::of)
    }

    fn of(key: primitives::KemPublic) -> Self {
        let bytes = key.to_bytes();
        let id = labelled(Label::HashSealingKey, &bytes);
        Self(Arc::new(Checked { key, bytes, id }))
    }

    /// By what the key is named where its bytes would be too many.
    #[must_use]
    pub fn id(&self) -> Hash {
        self.0.id
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; PUBLIC_LEN] {
        &self.0.bytes
    }

    pub(crate) fn seal<R: CryptoRng + ?Sized>(
        &self,
        info: &[u8],
        plain: &[u8],
        rng: &mut R,
    ) -> Result<([u8; primitives::KEM_ENC_LEN], Vec<u8>)> {
        self.0.key.seal(info, &[SUITE], plain, rng)
    }
}

impl std::fmt::Debug for SealingPublic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealingPublic({:02x?}…)", &self.as_bytes()[..8])
    }
}

impl Letter<'_> {
    /// `suite(1) ‖ encapsulated key(1120) ‖ AEAD(signature(64) ‖ text)`
    pub fn seal<R: CryptoRng + ?Sized>(
        &self,
        key: &IdentityKey,
        text: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>> {
        if key.public() != self.sender {
            return Err(Error::CannotOpen);
        }
        let signature = key.sign(Label::SignLetter, &self.signed(text));
        let inner = Writer::with_capacity(64 + text.len())
            .raw(&signature)
            .raw(text)
            .finish();
        let (enc, sealed) = self.sealing.seal(&self.info(), &inner, rng)?;
        Ok([&[SUITE][..], &enc, &sealed].concat())
    }

    /// The text, if the recipient's key opens it and the sender wrote it to this recipient.
    pub fn open(&self, key: &SealingKey, letter: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let mut reader = Reader::new(letter);
        if reader.u8()? != SUITE || key.public() != self.sealing {
            return Err(Error::CannotOpen);
        }
        let enc = reader.array()?;
        let sealed = reader.raw(letter.len().saturating_sub(1 + enc.len()))?;
        let inner = key.open(&enc, &self.info(), sealed)?;
        let (signature, text) = inner.split_first_chunk().ok_or(Error::CannotOpen)?;
        self.sender
            .verify(Label::SignLetter, &self.signed(text), signature)?;
        Ok(Zeroizing::new(text.to_vec()))
    }

    fn info(&self) -> Vec<u8> {
        info(Label::Letter, self.context)
    }

    fn signed(&self, text: &[u8]) -> Zeroizing<Vec<u8>> {
        let info = self.info();
        Writer::with_capacity(2048 + info.len() + text.len())
            .u8(SUITE)
            .raw(self.sender.as_bytes())
            .raw(self.recipient.as_bytes())
            .raw(self.sealing.as_bytes())
            .lp(&info)
            .lp(text)
            .finish()
    }
}
