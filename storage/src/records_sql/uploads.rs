//! Uploads and their parts. States in the texts below: 1 arriving, 2 there, 3 garbage.

use async_trait::async_trait;
use postern_domain::store::{Begun, BlobKey, Completed, ContentRow, NewUpload, Noted, PartRow, UploadRow};
use postern_protocol::TimeMs;

use super::columns::{ContentState, Row};
use super::contents::Content;
use super::query::sql;
use super::transaction::{End, Tx, TxError, Work};

#[async_trait]
impl Work for NewUpload {
    type Outcome = Begun;

    async fn run(&self, tx: &mut Tx) -> Result<End<Begun>, TxError> {
        let inserted = tx
            .insert_content(self.key, ContentState::Arriving, &self.handle, 0, self.now)
            .await?;
        if inserted {
            return Ok(End::Keep(Begun::New));
        }
        let Some(row) = tx.content(self.key).await? else {
            return Ok(End::Undo(Begun::Gone));
        };
        Ok(End::Undo(match row.state {
            ContentState::Arriving => Begun::UnderWay(tx.upload_row(self.key, row).await?),
            ContentState::There => Begun::Complete(row.public(self.key)),
            ContentState::Garbage | ContentState::Swept => Begun::Gone,
        }))
    }
}

pub(super) struct NotePart {
    pub(super) key: BlobKey,
    pub(super) part: PartRow,
}

#[async_trait]
impl Work for NotePart {
    type Outcome = Noted;

    async fn run(&self, tx: &mut Tx) -> Result<End<Noted>, TxError> {
        let grown = sql("UPDATE contents SET size_bytes = size_bytes + $3 \
             WHERE account = $1 AND content = $2 AND state = 1")
        .value(&self.key.account)
        .value(&self.key.content)
        .value(&self.part.size_bytes);
        if tx.run(grown).await? == 0 {
            return Ok(End::Undo(Noted::NoUpload));
        }
        if let Some(noted) = tx.part(self.key, self.part.part).await? {
            let same = noted == self.part;
            return Ok(End::Undo(if same { Noted::Done } else { Noted::Differs }));
        }
        tx.insert_part(self.key, &self.part).await?;
        if tx.charge(self.key.account, self.part.size_bytes).await? {
            Ok(End::Keep(Noted::Done))
        } else {
            Ok(End::Undo(Noted::QuotaExceeded))
        }
    }
}

pub(super) struct CompleteUpload {
    pub(super) key: BlobKey,
    pub(super) size_bytes: u64,
    pub(super) now: TimeMs,
}

#[async_trait]
impl Work for CompleteUpload {
    type Outcome = Completed;

    async fn run(&self, tx: &mut Tx) -> Result<End<Completed>, TxError> {
        let row = match tx.lock_content(self.key).await? {
            Some(row) if row.state == ContentState::Arriving => row,
            Some(row) if row.state == ContentState::There && row.size_bytes == self.size_bytes => {
                return Ok(End::Undo(Completed::Done(row.public(self.key))));
            }
            Some(row) if row.state == ContentState::There => return Ok(End::Undo(Completed::PartsMissing)),
            _ => return Ok(End::Undo(Completed::NoUpload)),
        };
        if !PartRow::are_whole(&tx.parts(self.key).await?, self.size_bytes) {
            return Ok(End::Undo(Completed::PartsMissing));
        }
        tx.forget_parts(self.key).await?;
        tx.set_state(self.key, ContentState::There, self.now).await?;
        Ok(End::Keep(Completed::Done(ContentRow {
            completed: self.now,
            ..row.public(self.key)
        })))
    }
}

pub(super) struct AbortUpload {
    pub(super) key: BlobKey,
    pub(super) now: TimeMs,
}

#[async_trait]
impl Work for AbortUpload {
    type Outcome = Option<()>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Option<()>>, TxError> {
        if tx.drop_upload(self.key, self.now).await? {
            Ok(End::Keep(Some(())))
        } else {
            Ok(End::Undo(None))
        }
    }
}

impl Tx {
    pub(super) async fn upload_row(&mut self, key: BlobKey, row: Content) -> Result<UploadRow, TxError> {
        let parts = self.parts(key).await?;
        Ok(UploadRow {
            key,
            handle: row.handle,
            created: row.changed,
            parts,
        })
    }

    async fn parts(&mut self, key: BlobKey) -> Result<Vec<PartRow>, TxError> {
        let found = sql(
            "SELECT part, size_bytes, checksum FROM parts WHERE account = $1 AND content = $2 \
             ORDER BY part",
        )
        .value(&key.account)
        .value(&key.content);
        self.all(found).await?.into_iter().map(part_row).collect()
    }

    pub(super) async fn part(&mut self, key: BlobKey, number: u32) -> Result<Option<PartRow>, TxError> {
        let found = sql("SELECT part, size_bytes, checksum FROM parts \
             WHERE account = $1 AND content = $2 AND part = $3")
        .value(&key.account)
        .value(&key.content)
        .value(&number);
        self.one(found).await?.map(part_row).transpose()
    }

    async fn insert_part(&mut self, key: BlobKey, part: &PartRow) -> Result<(), TxError> {
        let insert = sql(
            "INSERT INTO parts (account, content, part, size_bytes, checksum) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .value(&key.account)
        .value(&key.content)
        .value(&part.part)
        .value(&part.size_bytes)
        .value(&part.checksum);
        self.run(insert).await.map(|_| ())
    }

    async fn forget_parts(&mut self, key: BlobKey) -> Result<(), TxError> {
        let gone = sql("DELETE FROM parts WHERE account = $1 AND content = $2");
        self.run(gone.value(&key.account).value(&key.content))
            .await
            .map(|_| ())
    }

    /// Makes garbage of an upload. `false` if there is none.
    pub(super) async fn drop_upload(&mut self, key: BlobKey, now: TimeMs) -> Result<bool, TxError> {
        let gone = sql("UPDATE contents SET state = 3, changed = $3 \
             WHERE account = $1 AND content = $2 AND state = 1 RETURNING size_bytes")
        .value(&key.account)
        .value(&key.content)
        .value(&now);
        let Some(mut row) = self.one(gone).await? else {
            return Ok(false);
        };
        self.forget_parts(key).await?;
        self.release(key.account, row.take()?).await?;
        Ok(true)
    }
}

fn part_row(mut row: Row) -> Result<PartRow, TxError> {
    Ok(PartRow {
        part: row.take()?,
        size_bytes: row.take()?,
        checksum: row.take()?,
    })
}
