//! Putting account keys into slots and taking them out.

use postern_crypto::account::Keyring;
use postern_crypto::slots::{Slot as Place, SlotKind as PlaceKind};
use postern_crypto::{AccountKey, Kek};
use postern_protocol::account::{AccountBody, Slot, SlotKind};
use postern_protocol::{AccountId, SlotId};

use crate::{Error, Result, Surroundings};

/// Seals `keyring`'s key into a new slot.
pub(super) fn fill(around: &Surroundings, keyring: &Keyring, kind: SlotKind, kek: &Kek) -> Slot {
    let id: SlotId = around.new_id();
    let generation = keyring.generation();
    let place = Place {
        account: *keyring.account(),
        kind: place_kind(kind),
        id: id.0,
        generation,
    };
    let sealed = place.seal(kek, keyring.key(), &mut around.rng());
    Slot {
        kind,
        id,
        generation,
        sealed: sealed.into(),
    }
}

/// The account key from the one slot of a kind.
pub(super) fn empty(account: AccountId, body: &AccountBody, kind: SlotKind, kek: &Kek) -> Result<Keyring> {
    let mut of_kind = body.slots.iter().filter(|slot| slot.kind == kind);
    let (Some(slot), None) = (of_kind.next(), of_kind.next()) else {
        return Err(Error::NotAuthentic);
    };
    let place = Place {
        account: account.0,
        kind: place_kind(kind),
        id: slot.id.0,
        generation: slot.generation,
    };
    let key: AccountKey = place.open(kek, &slot.sealed.0)?;
    Ok(Keyring::new(account.0, slot.generation, key))
}

const fn place_kind(kind: SlotKind) -> PlaceKind {
    match kind {
        SlotKind::Password => PlaceKind::Password,
        SlotKind::Recovery => PlaceKind::Recovery,
    }
}
