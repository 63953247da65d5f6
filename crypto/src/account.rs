//! An unlocked account: the wrap keys that come from its key, and the five objects that they open.
//!
//! Identity and sealing keys are random and only wrapped; the account key wraps, and never signs or seals
//! itself. Whoever unlocks an account compares the public halves with the directory before trusting what a
//! server says (threat A5): [`Keyring::unlock_identity`] and [`Keyring::unlock_sealing`] do it.

mod mail_root;
mod root;
mod state;

pub use mail_root::{MailRoot, Tag};
pub use root::Root;
pub use state::{Pin, State, VolumeHead};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::derive::derive;
use crate::identity::{IdentityKey, IdentityPublic};
use crate::labels::Label;
use crate::sealing::{SealingKey, SealingPublic};
use crate::{AccountKey, ArchiveKey, Error, Id, Result, cbox};

/// An account key and what it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct Keyring {
    account: Id,
    generation: u32,
    key: AccountKey,
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
        if key.public() == stated {
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

    /// Seals where the mail begins. Its counter is the version under which the server keeps it.
    pub fn seal_mail_root<R: CryptoRng + ?Sized>(&self, root: &MailRoot, rng: &mut R) -> Vec<u8> {
        let counter = root.counter.to_be_bytes();
        let (wrap, label) = (Label::WrapMailRoot, Label::BoxMailRoot);
        self.seal(wrap, label, &[&counter], &root.encode(), rng)
    }

    /// Opens where the mail begins, as the server keeps it as version `counter`.
    pub fn open_mail_root(&self, counter: u64, sealed: &[u8]) -> Result<MailRoot> {
        let context = counter.to_be_bytes();
        let (wrap, label) = (Label::WrapMailRoot, Label::BoxMailRoot);
        let root = MailRoot::decode(&self.open(wrap, label, &[&context], sealed)?)?;
        if root.counter == counter {
            Ok(root)
        } else {
            Err(Error::CannotOpen)
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FolderKey;
    use crate::directory::DirectoryHead;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::seed_from_u64(1)
    }

    fn keyring() -> Keyring {
        Keyring::new([1; 16], 1, AccountKey::generate(&mut rng()))
    }

    /// Whether every such plaintext, sealed as the account itself seals, gives the same error.
    fn all_fail_alike<T>(
        plain: impl IntoIterator<Item = Vec<u8>>,
        labels: (Label, Label),
        open: impl Fn(&Keyring, &[u8]) -> Result<T>,
    ) -> bool {
        let keyring = keyring();
        plain.into_iter().all(|plain| {
            let sealed = keyring.seal(labels.0, labels.1, &[], &plain, &mut rng());
            matches!(open(&keyring, &sealed), Err(Error::CannotOpen))
        })
    }

    /// Everything shorter, one byte more, and nothing but zeros.
    fn of_other_shapes(right: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let cut = (0..right.len()).map(|length| right[..length].to_vec());
        cut.chain([[right, &[0]].concat(), vec![0; right.len()]])
    }

    #[test]
    fn a3_objects_that_open_and_are_malformed_fail_like_those_that_do_not_open() {
        let (identity, sealing) = (
            IdentityKey::generate(&mut rng()),
            SealingKey::generate(&mut rng()),
        );
        let labels = (Label::WrapIdentity, Label::BoxIdentity);
        let seeds = || of_other_shapes(identity.expose()).chain([vec![7; 32]]);
        assert!(all_fail_alike(seeds(), labels, |keyring, sealed| {
            keyring.unlock_identity(sealed, &identity.public())
        }));
        let labels = (Label::WrapSealing, Label::BoxSealing);
        assert!(all_fail_alike(seeds(), labels, |keyring, sealed| {
            keyring.unlock_sealing(sealed, sealing.public())
        }));
        let root = Root {
            volume: [7; 16],
            node: [8; 16],
            key: FolderKey::generate(&mut rng()),
            generation: 1,
        };
        let labels = (Label::WrapRoot, Label::BoxRoot);
        let plain = of_other_shapes(&root.encode()).collect::<Vec<_>>();
        assert!(all_fail_alike(plain, labels, Keyring::open_root));
    }

    #[test]
    fn a3_a_state_that_opens_and_is_malformed_fails_like_one_that_does_not_open() {
        let state = State {
            counter: 3,
            generation: 1,
            min_suite: 1,
            directory: DirectoryHead {
                seq: 0,
                hash: [2; 32],
            },
            pins: Vec::new(),
            volumes: vec![VolumeHead {
                volume: [5; 16],
                counter: 6,
                hash: [6; 32],
            }],
        };
        let (keyring, right) = (keyring(), state.encode());
        let another_counter = State {
            counter: 4,
            ..state.clone()
        };
        let another_generation = State {
            generation: 2,
            ..state.clone()
        };
        let others = [another_counter, another_generation].map(|state| state.encode().to_vec());
        for plain in of_other_shapes(&right).chain(others) {
            let counter = 3_u64.to_be_bytes();
            let sealed = keyring.seal(Label::WrapState, Label::BoxState, &[&counter], &plain, &mut rng());
            assert_eq!(keyring.open_state(3, &sealed), Err(Error::CannotOpen));
        }
    }
}
