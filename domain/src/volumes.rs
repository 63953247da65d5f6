//! Reading and changing a volume.
//!
//! What needs no transaction is checked here: shapes, sizes, and that the next head is signed by the owner's key and
//! follows the present one. The rules of the tree are checked where the change is made, in the same transaction.

use std::collections::HashSet;

use postern_crypto::directory::Statement;
use postern_crypto::head::Head;
use postern_crypto::identity::IdentityPublic;
use postern_protocol::account::ObjectKind;
use postern_protocol::limits::{
    MAX_BATCH_RECORDS, MAX_HEAD_BYTES, MAX_LINK_BYTES, MAX_PAGE, MAX_RECORD_BYTES,
};
use postern_protocol::volume::{Batch, BatchApplied, Cursor, NodeKind, Record, VolumePage};
use postern_protocol::{TimeMs, VolumeId};

use crate::error::{Error, Result};
use crate::objects::{check_object, object_conflict};
use crate::session::SignedIn;
use crate::shapes::{check_number, check_sealed, check_size};
use crate::store::{BatchOutcome, NewBatch, VolumeRow};

/// Somebody in front of a volume of their own.
#[derive(Debug, Clone)]
pub struct OwnVolume {
    owner: SignedIn,
    row: VolumeRow,
}

impl SignedIn {
    /// A volume of this account.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none of that id that is this account's.
    pub async fn volume(&self, volume: VolumeId) -> Result<OwnVolume> {
        let row = self.postern().records().volume(volume).await?;
        let row = row.filter(|row| row.account == self.account());
        Ok(OwnVolume {
            owner: self.clone(),
            row: row.ok_or(NO_VOLUME)?,
        })
    }

    /// The key by which this account signs.
    async fn identity(&self) -> Result<IdentityPublic> {
        let snapshot = self.postern().records().account_snapshot(self.account()).await?;
        let log = snapshot.ok_or(Error::NotSignedIn)?.directory;
        log.last()
            .and_then(|signed| Statement::verify(signed.as_slice()).ok())
            .map(|statement| statement.identity)
            .ok_or(Error::NotFound("directory log"))
    }
}

impl OwnVolume {
    /// What changed after a cursor, at most `limit` changes.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the volume has gone meanwhile.
    pub async fn changes(&self, after: Option<Cursor>, limit: u32) -> Result<VolumePage> {
        if let Some(cursor) = after {
            check_number(cursor.counter)?;
        }
        let limit = limit.clamp(1, MAX_PAGE);
        let page = self
            .owner
            .postern()
            .records()
            .volume_page(self.row.id, after, limit)
            .await?;
        page.ok_or(NO_VOLUME)
    }

    /// Applies a change, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the volume has another counter than expected, or the state another version;
    /// [`Error::Refused`] if a rule of the tree would be broken.
    pub async fn apply(&self, batch: Batch, now: TimeMs) -> Result<BatchApplied> {
        check_shapes(&batch)?;
        self.check_head(&batch).await?;
        let new = NewBatch {
            account: self.owner.account(),
            volume: self.row.id,
            expected: batch.expected,
            puts: batch.puts,
            deletes: batch.deletes,
            rewraps: batch.rewraps,
            head: batch.head,
            state: batch.state,
            now,
        };
        match self.owner.postern().records().apply_batch(&new).await? {
            BatchOutcome::Applied => {
                self.owner.postern().ring(self.owner.account());
                Ok(BatchApplied {
                    counter: new.expected + 1,
                })
            }
            BatchOutcome::Conflict { counter } => Err(Error::Conflict {
                what: "the volume",
                present: Some(counter),
            }),
            BatchOutcome::StateConflict { version } => Err(object_conflict(version)),
            BatchOutcome::Refused(refusal) => Err(refusal.into()),
            BatchOutcome::NoVolume => Err(NO_VOLUME),
        }
    }

    /// The next head is this volume's, signed by its owner, and follows the present one. (If the present one is not the
    /// expected one, the store will say so, or that this very batch was applied before.)
    async fn check_head(&self, batch: &Batch) -> Result<()> {
        let identity = self.owner.identity().await?;
        let wrong = |_| Error::Malformed("the head is not signed by the account's key");
        let next = Head::verify(batch.head.as_slice(), &identity).map_err(wrong)?;
        if next.volume != self.row.id.0 || next.counter != batch.expected + 1 {
            return Err(Error::Malformed(
                "the head is not the one after the expected head of this volume",
            ));
        }
        if self.row.counter != batch.expected {
            return Ok(());
        }
        let present = Head::verify(self.row.head.as_slice(), &identity).map_err(wrong)?;
        next.check_follows(&present, self.row.head.as_slice())
            .map_err(|_| Error::Malformed("the head does not follow the present one"))
    }
}

const NO_VOLUME: Error = Error::NotFound("volume");

fn check_shapes(batch: &Batch) -> Result<()> {
    check_number(batch.expected.saturating_add(1))?;
    if batch.puts.len() + batch.deletes.len() > MAX_BATCH_RECORDS || batch.rewraps.len() > MAX_BATCH_RECORDS {
        return Err(Error::TooLarge("the batch"));
    }
    let mut seen = HashSet::with_capacity(batch.puts.len() + batch.deletes.len());
    let nodes = batch
        .puts
        .iter()
        .map(|record| record.node)
        .chain(batch.deletes.iter().copied());
    if !nodes.into_iter().all(|node| seen.insert(node)) {
        return Err(Error::Malformed("a node occurs twice in the batch"));
    }
    batch.puts.iter().try_for_each(check_record)?;
    for rewrap in &batch.rewraps {
        check_sealed(&rewrap.wrap, MAX_LINK_BYTES, "a link's wrap")?;
    }
    if let Some(state) = &batch.state {
        if state.kind != ObjectKind::State {
            return Err(Error::Malformed("only the state changes with a batch"));
        }
        check_object(state)?;
    }
    check_size(&batch.head, MAX_HEAD_BYTES, "a head")
}

fn check_record(record: &Record) -> Result<()> {
    if record.content.is_some() != (record.kind == NodeKind::File) {
        return Err(Error::Malformed("a file has a content, and a folder has none"));
    }
    check_number(record.seq)?;
    check_sealed(&record.sealed, MAX_RECORD_BYTES, "a record")
}
