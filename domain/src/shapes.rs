//! What can be said of a value without asking a store: its size, its form.
//!
//! The server cannot open what is sealed. It makes sure that nobody keeps more with it than a sealed thing of that
//! kind has, and that numbers fit into every database.

use postern_crypto::cbox;
use postern_protocol::Bytes;
use postern_protocol::account::{ObjectKind, Slot, SlotKind};
use postern_protocol::limits::{MAX_DEVICE_CHARS, MAX_OBJECT_BYTES, MAX_OPAQUE_BYTES, MAX_SLOT_BYTES};

use crate::error::{Error, Result};
use crate::store::Digest;

/// A sealed thing of at most `max` bytes.
pub(crate) fn check_sealed(sealed: &Bytes, max: usize, what: &'static str) -> Result<()> {
    check_size(sealed, max, what)?;
    cbox::check_shape(sealed.as_slice()).map_err(|_| Error::Malformed("something sealed is not of suite 1"))
}

/// At most `max` bytes.
pub(crate) fn check_size(bytes: &Bytes, max: usize, what: &'static str) -> Result<()> {
    if bytes.len() <= max {
        Ok(())
    } else {
        Err(Error::TooLarge(what))
    }
}

/// A message of a login or a registration.
pub(crate) fn check_message(message: &Bytes) -> Result<&[u8]> {
    check_size(message, MAX_OPAQUE_BYTES, "a login message")?;
    Ok(message.as_slice())
}

/// Exactly 32 bytes.
pub(crate) fn digest(bytes: &Bytes, wrong: &'static str) -> Result<Digest> {
    bytes.as_slice().try_into().map_err(|_| Error::Malformed(wrong))
}

/// Databases count in signed 64 bits.
pub(crate) fn check_number(number: u64) -> Result<()> {
    i64::try_from(number)
        .map(drop)
        .map_err(|_| Error::Malformed("a number is too large"))
}

/// What a device calls itself: something that can be shown in a list.
pub(crate) fn device_name(typed: &str) -> Result<String> {
    let name = typed.trim();
    let shown = name.chars().count() <= MAX_DEVICE_CHARS && !name.chars().any(char::is_control);
    shown.then(|| name.to_owned()).ok_or(Error::Malformed(
        "a device's name has at most 64 characters and no control characters",
    ))
}

/// Exactly one slot for the password and one for recovery, of that generation.
pub(crate) fn check_slots(slots: &[Slot], generation: u32) -> Result<()> {
    let wrong =
        Error::Malformed("one slot for the password and one for recovery are needed, of one generation");
    let count = |kind| slots.iter().filter(|slot| slot.kind == kind).count();
    if slots.len() != 2 || count(SlotKind::Password) != 1 || count(SlotKind::Recovery) != 1 {
        return Err(wrong);
    }
    if slots[0].id == slots[1].id || slots.iter().any(|slot| slot.generation != generation) {
        return Err(wrong);
    }
    slots.iter().try_for_each(check_slot)
}

/// One slot.
pub(crate) fn check_slot(slot: &Slot) -> Result<()> {
    check_sealed(&slot.sealed, MAX_SLOT_BYTES, "a slot")
}

/// Each kind of object exactly once; which versions they have is for the caller to say.
pub(crate) fn check_objects<'a>(
    objects: impl ExactSizeIterator<Item = (ObjectKind, u64, &'a Bytes)> + Clone,
    version_is_right: impl Fn(u64) -> bool,
) -> Result<()> {
    let has = |kind| objects.clone().any(|(present, ..)| present == kind);
    if objects.len() != ObjectKind::ALL.len() || !ObjectKind::ALL.into_iter().all(has) {
        return Err(Error::Malformed("each kind of object is needed once"));
    }
    for (_, version, sealed) in objects {
        check_number(version)?;
        check_sealed(sealed, MAX_OBJECT_BYTES, "an object")?;
        if !version_is_right(version) {
            return Err(Error::Malformed("an object has a version that it cannot have"));
        }
    }
    Ok(())
}
