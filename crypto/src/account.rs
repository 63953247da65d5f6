//! An unlocked account: the wrap keys that come from its key, and the four objects that they open.
//!
//! Identity and sealing keys are random and only wrapped; the account key wraps, and never signs or seals
//! itself. Whoever unlocks an account compares the public halves with the directory before trusting what a
//! server says (threat A5): [`Keyring::unlock_identity`] and [`Keyring::unlock_sealing`] do it.

mod root;
mod state;

pub use root::Root;
pub use state::{Pin, State, VolumeHead};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::derive::derive;
use crate::identity::{IdentityKey, IdentityPublic};
use crate::labels::Label;
use crate::sealing::{SealingKey, SealingPublic};
use crate::{AccountKey, ArchiveKey, Error, Id, Result, cbox};

/// The small sealed objects that every account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// The Ed25519 seed.
    Identity,
    /// The X-Wing seed.
    Sealing,
    /// Where the tree begins, and its key.
    Root,
    /// What devices tell each other about what they have seen.
    State,
}

/// An account key and what it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct Keyring {
    account: Id,
    generation: u32,
    key: AccountKey,
}

impl ObjectKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Sealing, Self::Root, Self::State];

    /// The number in the API.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Identity => 1,
            Self::Sealing => 2,
            Self::Root => 3,
            Self::State => 4,
        }
    }

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Sealing => "sealing",
            Self::Root => "root",
            Self::State => "state",
        }
    }
}

impl Keyring {
    /// The keyring of an account, of one generation of its key. Generations count from 1.
    #[must_use]
    pub fn new(account: Id, generation: u32, key: AccountKey) -> Self {
        Self {
            account,
            generation,
            key,
        }
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &Id {
        &self.account
    }

    /// The generation of the account key.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The account key, to put it into a slot or to keep it on this device.
    #[must_use]
    pub fn key(&self) -> &AccountKey {
        &self.key
    }

    /// Seals the identity seed.
    pub fn seal_identity<R: CryptoRng + ?Sized>(&self, identity: &IdentityKey, rng: &mut R) -> Vec<u8> {
        self.seal(
            Label::WrapIdentity,
            Label::BoxIdentity,
            &[],
            identity.expose(),
            rng,
        )
    }

    /// Opens the identity seed and compares its public half with what the directory says.
    pub fn unlock_identity(&self, sealed: &[u8], stated: &IdentityPublic) -> Result<IdentityKey> {
        let seed = self.open(Label::WrapIdentity, Label::BoxIdentity, &[], sealed)?;
        let key = IdentityKey::from_bytes(seed_bytes(&seed)?);
        if key.public() == *stated {
            Ok(key)
        } else {
            Err(Error::CannotOpen)
        }
    }

    /// Seals the sealing seed.
    pub fn seal_sealing<R: CryptoRng + ?Sized>(&self, sealing: &SealingKey, rng: &mut R) -> Vec<u8> {
        self.seal(Label::WrapSealing, Label::BoxSealing, &[], sealing.expose(), rng)
    }

    /// Opens the sealing seed and compares its public half with what the directory says.
    pub fn unlock_sealing(&self, sealed: &[u8], stated: &SealingPublic) -> Result<SealingKey> {
        let seed = self.open(Label::WrapSealing, Label::BoxSealing, &[], sealed)?;
        let key = SealingKey::from_bytes(seed_bytes(&seed)?);
        if key.public() == *stated {
            Ok(key)
        } else {
            Err(Error::CannotOpen)
        }
    }

    /// Seals where the tree begins.
    pub fn seal_root<R: CryptoRng + ?Sized>(&self, root: &Root, rng: &mut R) -> Vec<u8> {
        self.seal(Label::WrapRoot, Label::BoxRoot, &[], &root.encode(), rng)
    }

    /// Opens where the tree begins.
    pub fn open_root(&self, sealed: &[u8]) -> Result<Root> {
        Root::decode(&self.open(Label::WrapRoot, Label::BoxRoot, &[], sealed)?)
    }

    /// Seals the state. Its counter is the version under which the server keeps it.
    pub fn seal_state<R: CryptoRng + ?Sized>(&self, state: &State, rng: &mut R) -> Vec<u8> {
        let counter = state.counter.to_be_bytes();
        self.seal(
            Label::WrapState,
            Label::BoxState,
            &[&counter],
            &state.encode(),
            rng,
        )
    }

    /// Opens the state that the server keeps as version `counter`. Whether that is recent enough is for
    /// the device to say, which knows the highest that it has seen.
    pub fn open_state(&self, counter: u64, sealed: &[u8]) -> Result<State> {
        let context = counter.to_be_bytes();
        let state = State::decode(&self.open(Label::WrapState, Label::BoxState, &[&context], sealed)?)?;
        let right = state.counter == counter && state.generation == self.generation;
        if right { Ok(state) } else { Err(Error::CannotOpen) }
    }

    /// The key of the links that this account keeps.
    #[must_use]
    pub fn archive_key(&self) -> ArchiveKey {
        ArchiveKey::from_bytes(*self.wrap(Label::WrapArchive))
    }

    fn wrap(&self, label: Label) -> Zeroizing<[u8; 32]> {
        derive(
            self.key.expose(),
            label,
            &[&self.account, &self.generation.to_be_bytes()],
        )
    }

    fn seal<R: CryptoRng + ?Sized>(
        &self,
        wrap: Label,
        label: Label,
        more: &[&[u8]],
        plain: &[u8],
        rng: &mut R,
    ) -> Vec<u8> {
        let generation = self.generation.to_be_bytes();
        let context = [&[&self.account[..], &generation], more].concat();
        cbox::seal(&self.wrap(wrap), label, &context, plain, rng)
    }

    fn open(&self, wrap: Label, label: Label, more: &[&[u8]], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let generation = self.generation.to_be_bytes();
        let context = [&[&self.account[..], &generation], more].concat();
        cbox::open(&self.wrap(wrap), label, &context, sealed)
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring(generation {}, ***)", self.generation)
    }
}

fn seed_bytes(plain: &[u8]) -> Result<[u8; 32]> {
    let mut reader = crate::codec::Reader::new(plain);
    let seed = reader.key()?;
    reader.finish()?;
    Ok(seed)
}
