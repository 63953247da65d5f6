//! A new password, and after a leak a new account key.
//!
//! Both replace the server's record and the slot in one transaction and end every session but the new one: whatever
//! happens on the way, the old or the new password works, never both and never neither (threat A12).

use postern_protocol::TimeMs;
use postern_protocol::account::{
    PasswordChange, PasswordChanged, PasswordStart, RegistrationAnswer, Rotation, SlotKind,
};
use postern_protocol::limits::MAX_LINK_BYTES;
use postern_protocol::session::Scope;
use rand_core::CryptoRng;

use crate::accounts::recovery_key;
use crate::error::{Error, Result};
use crate::postern::Postern;
use crate::session::{Fresh, Grant};
use crate::shapes::{check_objects, check_sealed, check_slot, check_slots};
use crate::store::{NewPassword, NewRotation, PasswordSet, Rotated};

impl Fresh {
    /// Begins the registration of a new password.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the request is not well-formed.
    pub fn start_password(&self, start: &PasswordStart) -> Result<RegistrationAnswer> {
        self.postern().register(self.session().account(), &start.request)
    }

    /// Sets a new password for the same account key.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the account key is of another generation by now.
    pub async fn change_password(
        &self,
        change: PasswordChange,
        now: TimeMs,
        rng: &mut impl CryptoRng,
    ) -> Result<PasswordChanged> {
        if change.slot.kind != SlotKind::Password {
            return Err(Error::Malformed("a password's slot is needed"));
        }
        check_slot(&change.slot)?;
        let grant = self.next_session(&change.device, now, rng)?;
        let new = NewPassword {
            account: self.session().account(),
            by: self.session().id(),
            record: self.postern().record(&change.record)?,
            slot: change.slot,
            session: grant.row,
            now,
        };
        match self.postern().records().change_password(&new).await? {
            PasswordSet::Done => Ok(self.changed(grant.body)),
            PasswordSet::SessionEnded => Err(Error::NotSignedIn),
            PasswordSet::Conflict => Err(KEY_CHANGED),
        }
    }

    /// Puts a new account key in force, with all that it wraps.
    ///
    /// # Errors
    /// [`Error::Conflict`] if key, objects or links have changed meanwhile; [`Error::NotFresh`] after a recovery, until
    /// a password is set.
    pub async fn rotate(
        &self,
        rotation: Rotation,
        now: TimeMs,
        rng: &mut impl CryptoRng,
    ) -> Result<PasswordChanged> {
        if self.session().scope() == Scope::Recovery {
            return Err(Error::NotFresh("set a new password first"));
        }
        let generation = check_rotation(&rotation)?;
        let grant = self.next_session(&rotation.device, now, rng)?;
        let new = NewRotation {
            account: self.session().account(),
            by: self.session().id(),
            generation,
            record: self.postern().record(&rotation.record)?,
            slots: rotation.slots,
            recovery_key: recovery_key(&rotation.recovery_key)?,
            objects: rotation.objects,
            archives: rotation.archives,
            session: grant.row,
            now,
        };
        match self.postern().records().rotate(&new).await? {
            Rotated::Done => Ok(self.changed(grant.body)),
            Rotated::SessionEnded => Err(Error::NotSignedIn),
            Rotated::Conflict => Err(KEY_CHANGED),
        }
    }

    fn next_session(&self, device: &str, now: TimeMs, rng: &mut impl CryptoRng) -> Result<Grant> {
        Grant::new(self.session().account(), Scope::Full, device, now, rng)
    }

    fn changed(&self, session: postern_protocol::session::SessionBody) -> PasswordChanged {
        self.postern().ring(session.account);
        PasswordChanged { session }
    }

    fn postern(&self) -> &Postern {
        self.session().postern()
    }
}

const KEY_CHANGED: Error = Error::Conflict {
    what: "the account's key",
    present: None,
};

/// The generation that all of it agrees on.
fn check_rotation(rotation: &Rotation) -> Result<u32> {
    let generation = rotation.slots.first().map_or(0, |slot| slot.generation);
    check_slots(&rotation.slots, generation)?;
    let objects = rotation.objects.iter();
    check_objects(
        objects.map(|object| (object.kind, object.version, &object.sealed)),
        |version| version > 1,
    )?;
    for archive in &rotation.archives {
        check_sealed(&archive.archive, MAX_LINK_BYTES, "a link's archive")?;
    }
    Ok(generation)
}
