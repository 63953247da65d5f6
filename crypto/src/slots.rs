//! Key slots: the only places where an account key is kept, one for each way in.

use rand_core::CryptoRng;

use crate::labels::Label;
use crate::{AccountKey, Error, Id, Kek, Result, cbox};

/// A way to an account key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    /// By the password, through OPAQUE.
    Password,
    /// By the recovery words.
    Recovery,
}

/// Where a slot belongs; the box opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The account.
    pub account: Id,
    /// The way in.
    pub kind: SlotKind,
    /// The slot's own identifier.
    pub id: Id,
    /// The generation of the account key inside.
    pub generation: u32,
}

impl SlotKind {
    /// The number in contexts, and in the API.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Password => 1,
            Self::Recovery => 2,
        }
    }
}

impl Slot {
    /// Puts an account key into this slot.
    pub fn seal<R: CryptoRng + ?Sized>(&self, kek: &Kek, key: &AccountKey, rng: &mut R) -> Vec<u8> {
        self.with_context(|context| cbox::seal(kek.expose(), Label::BoxSlot, context, key.expose(), rng))
    }

    /// Takes the account key out again.
    pub fn open(&self, kek: &Kek, sealed: &[u8]) -> Result<AccountKey> {
        // The length is fixed and looked at first: a server learns nothing from slots of other lengths.
        if sealed.len() != cbox::OVERHEAD + 32 {
            return Err(Error::CannotOpen);
        }
        let plain = self.with_context(|context| cbox::open(kek.expose(), Label::BoxSlot, context, sealed))?;
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| Error::CannotOpen)?;
        Ok(AccountKey::from_bytes(key))
    }

    fn with_context<T>(&self, use_it: impl FnOnce(&[&[u8]]) -> T) -> T {
        let kind = [self.kind.number()];
        let generation = self.generation.to_be_bytes();
        use_it(&[&self.account, &kind, &self.id, &generation])
    }
}
