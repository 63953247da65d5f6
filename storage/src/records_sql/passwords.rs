//! A new password, and a new account key.

use std::collections::HashSet;

use async_trait::async_trait;
use postern_domain::store::{NewPassword, NewRotation, ObjectPut, PasswordSet, Rotated};
use postern_protocol::account::Slot;
use postern_protocol::changes::ChangeKind;
use postern_protocol::{AccountId, Bytes, LinkId, SessionId, TimeMs};

use super::query::sql;
use super::transaction::{End, Tx, TxError, Work};

const FEED: [ChangeKind; 2] = [ChangeKind::Account, ChangeKind::Sessions];

#[async_trait]
impl Work for NewPassword {
    type Outcome = PasswordSet;

    async fn run(&self, tx: &mut Tx) -> Result<End<PasswordSet>, TxError> {
        if !tx.end_sessions_for(self.account, self.by, self.now).await? {
            return Ok(End::Undo(PasswordSet::SessionEnded));
        }
        if !tx.set_record(self).await? {
            return Ok(End::Undo(PasswordSet::Conflict));
        }
        tx.replace_slots(self.account, std::slice::from_ref(&self.slot))
            .await?;
        tx.insert_session(&self.session).await?;
        tx.note(self.account, &FEED).await?;
        Ok(End::Keep(PasswordSet::Done))
    }
}

#[async_trait]
impl Work for NewRotation {
    type Outcome = Rotated;

    async fn run(&self, tx: &mut Tx) -> Result<End<Rotated>, TxError> {
        if !tx.end_sessions_for(self.account, self.by, self.now).await? {
            return Ok(End::Undo(Rotated::SessionEnded));
        }
        if !tx.replace_archives(self).await? || !tx.put_objects(self).await? || !tx.set_key(self).await? {
            return Ok(End::Undo(Rotated::Conflict));
        }
        tx.replace_slots(self.account, &self.slots).await?;
        tx.insert_session(&self.session).await?;
        tx.note(self.account, &FEED).await?;
        Ok(End::Keep(Rotated::Done))
    }
}

impl Tx {
    /// Ends all sessions of an account if `by` is one of them. Of two changes of the password at the same moment, the
    /// second finds its session ended: so a thief and the owner cannot both succeed.
    async fn end_sessions_for(
        &mut self,
        account: AccountId,
        by: SessionId,
        now: TimeMs,
    ) -> Result<bool, TxError> {
        let own = sql("DELETE FROM sessions WHERE account = $1 AND id = $2 AND expires > $3")
            .value(&account)
            .value(&by)
            .value(&now);
        if self.run(own).await? == 0 {
            return Ok(false);
        }
        self.run(sql("DELETE FROM sessions WHERE account = $1").value(&account))
            .await?;
        Ok(true)
    }

    async fn set_record(&mut self, change: &NewPassword) -> Result<bool, TxError> {
        let update = sql("UPDATE accounts SET record = $3 WHERE id = $1 AND generation = $2")
            .value(&change.account)
            .value(&change.slot.generation)
            .value(&change.record);
        Ok(self.run(update).await? == 1)
    }

    async fn set_key(&mut self, rotation: &NewRotation) -> Result<bool, TxError> {
        let update = sql(
            "UPDATE accounts SET record = $3, recovery_key = $4, generation = $2 \
             WHERE id = $1 AND generation = $2 - 1",
        )
        .value(&rotation.account)
        .value(&rotation.generation)
        .value(&rotation.record)
        .value(&rotation.recovery_key);
        Ok(self.run(update).await? == 1)
    }

    async fn replace_slots(&mut self, account: AccountId, slots: &[Slot]) -> Result<(), TxError> {
        for slot in slots {
            let gone = sql("DELETE FROM slots WHERE account = $1 AND kind = $2");
            self.run(gone.value(&account).value(&slot.kind)).await?;
        }
        self.insert_slots(account, slots).await
    }

    async fn put_objects(&mut self, rotation: &NewRotation) -> Result<bool, TxError> {
        for object in &rotation.objects {
            if self.put_object(rotation.account, object).await? != ObjectPut::Done {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `false` unless the archives are those of exactly the links that are not revoked.
    async fn replace_archives(&mut self, rotation: &NewRotation) -> Result<bool, TxError> {
        let found = sql("SELECT id FROM links WHERE account = $1 AND revoked IS NULL");
        let rows = self.all(found.value(&rotation.account)).await?;
        let present: HashSet<LinkId> = rows
            .into_iter()
            .map(|mut row| row.take())
            .collect::<Result<_, _>>()?;
        let given: HashSet<LinkId> = rotation.archives.iter().map(|archive| archive.id).collect();
        if present != given || given.len() != rotation.archives.len() {
            return Ok(false);
        }
        for archive in &rotation.archives {
            self.replace_archive(archive.id, &archive.archive).await?;
        }
        Ok(true)
    }

    async fn replace_archive(&mut self, link: LinkId, archive: &Bytes) -> Result<(), TxError> {
        let update = sql("UPDATE links SET archive = $2 WHERE id = $1 AND revoked IS NULL");
        self.run(update.value(&link).value(archive)).await.map(|_| ())
    }
}
