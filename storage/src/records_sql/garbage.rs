//! What nobody needs any more. States in the texts below: 1 arriving, 2 there, 3 garbage, 4 swept.

use async_trait::async_trait;
use postern_domain::store::{BlobKey, GarbageRow, GarbageStore, Result, Swept, UploadHandle};
use postern_protocol::TimeMs;

use super::SqlRecords;
use super::columns::{ContentState, Row};
use super::query::sql;
use super::transaction::{End, Tx, TxError, Work};

#[async_trait]
impl GarbageStore for SqlRecords {
    async fn drop_abandoned_uploads(&self, before: TimeMs, now: TimeMs, limit: u32) -> Result<u32> {
        let found = sql(
            "SELECT account, content FROM contents WHERE state = 1 AND changed < $1 \
             ORDER BY changed LIMIT $2",
        )
        .value(&before)
        .value(&limit);
        let mut dropped = 0;
        for row in self.all(found).await? {
            let key = key(row)?;
            dropped += u32::from(self.transact(&DropUpload { key, now }).await?);
        }
        Ok(dropped)
    }

    async fn drop_unattached_contents(&self, before: TimeMs, now: TimeMs, limit: u32) -> Result<u32> {
        let found = sql(
            "SELECT account, content FROM contents WHERE state = 2 AND changed < $1 AND records = 0 \
             ORDER BY changed LIMIT $2",
        )
        .value(&before)
        .value(&limit);
        let mut dropped = 0;
        for row in self.all(found).await? {
            let key = key(row)?;
            dropped += u32::from(self.transact(&DropUnattached { key, now }).await?);
        }
        Ok(dropped)
    }

    async fn condemn_unknown_blobs(&self, keys: &[BlobKey], now: TimeMs) -> Result<u32> {
        self.transact(&Condemn { keys, now }).await
    }

    async fn garbage(&self, before: TimeMs, limit: u32) -> Result<Vec<GarbageRow>> {
        let found = sql(
            "SELECT account, content, handle FROM contents WHERE state = 3 AND changed < $1 \
             ORDER BY changed LIMIT $2",
        )
        .value(&before)
        .value(&limit);
        Ok(self
            .all(found)
            .await?
            .into_iter()
            .map(garbage_row)
            .collect::<Result<_, _>>()?)
    }

    async fn note_swept(&self, keys: &[BlobKey], now: TimeMs) -> Result<()> {
        self.transact(&NoteSwept { keys, now }).await
    }

    async fn drop_expired(&self, now: TimeMs, forget_before: TimeMs) -> Result<Swept> {
        self.transact(&DropExpired { now, forget_before }).await
    }
}

struct DropUpload {
    key: BlobKey,
    now: TimeMs,
}

#[async_trait]
impl Work for DropUpload {
    type Outcome = bool;

    async fn run(&self, tx: &mut Tx) -> Result<End<bool>, TxError> {
        tx.drop_upload(self.key, self.now).await.map(End::Keep)
    }
}

struct DropUnattached {
    key: BlobKey,
    now: TimeMs,
}

#[async_trait]
impl Work for DropUnattached {
    type Outcome = bool;

    async fn run(&self, tx: &mut Tx) -> Result<End<bool>, TxError> {
        let gone = sql("UPDATE contents SET state = 3, changed = $3 \
             WHERE account = $1 AND content = $2 AND state = 2 AND records = 0 RETURNING size_bytes")
        .value(&self.key.account)
        .value(&self.key.content)
        .value(&self.now);
        let Some(mut row) = tx.one(gone).await? else {
            return Ok(End::Undo(false));
        };
        tx.release(self.key.account, row.take()?).await?;
        Ok(End::Keep(true))
    }
}

struct Condemn<'a> {
    keys: &'a [BlobKey],
    now: TimeMs,
}

#[async_trait]
impl Work for Condemn<'_> {
    type Outcome = u32;

    async fn run(&self, tx: &mut Tx) -> Result<End<u32>, TxError> {
        let none = UploadHandle::default();
        let mut condemned = 0;
        for key in self.keys {
            let inserted = tx
                .insert_content(*key, ContentState::Garbage, &none, 0, self.now)
                .await?;
            condemned += u32::from(inserted);
        }
        Ok(End::Keep(condemned))
    }
}

struct NoteSwept<'a> {
    keys: &'a [BlobKey],
    now: TimeMs,
}

#[async_trait]
impl Work for NoteSwept<'_> {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<End<()>, TxError> {
        for key in self.keys {
            let update = sql("UPDATE contents SET state = 4, changed = $3 \
                 WHERE account = $1 AND content = $2 AND state = 3")
            .value(&key.account)
            .value(&key.content)
            .value(&self.now);
            tx.run(update).await?;
        }
        Ok(End::Keep(()))
    }
}

struct DropExpired {
    now: TimeMs,
    forget_before: TimeMs,
}

#[async_trait]
impl Work for DropExpired {
    type Outcome = Swept;

    async fn run(&self, tx: &mut Tx) -> Result<End<Swept>, TxError> {
        let forgotten =
            sql("DELETE FROM contents WHERE state = 4 AND changed < $1").value(&self.forget_before);
        Ok(End::Keep(Swept {
            sessions: tx
                .run(sql("DELETE FROM sessions WHERE expires <= $1").value(&self.now))
                .await?,
            leases: tx
                .run(sql("DELETE FROM leases WHERE expires <= $1").value(&self.now))
                .await?,
            invites: tx
                .run(sql("DELETE FROM invites WHERE expires <= $1").value(&self.now))
                .await?,
            contents: tx.run(forgotten).await?,
        }))
    }
}

fn key(mut row: Row) -> Result<BlobKey, TxError> {
    Ok(BlobKey {
        account: row.take()?,
        content: row.take()?,
    })
}

fn garbage_row(mut row: Row) -> Result<GarbageRow, TxError> {
    let key = BlobKey {
        account: row.take()?,
        content: row.take()?,
    };
    let upload: UploadHandle = row.take()?;
    // Which handles mean "none" is known to the blob store alone; an empty one names no upload anywhere.
    Ok(GarbageRow {
        key,
        upload: (!upload.0.is_empty()).then_some(upload),
    })
}
