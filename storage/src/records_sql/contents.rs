//! Contents: arriving, there, and no longer named.
//!
//! States in the texts below: 1 arriving, 2 there, 3 garbage, 4 swept.

use async_trait::async_trait;
use postern_domain::store::{
    Added, Begun, BlobKey, Completed, ContentRow, ContentStore, NewContent, NewUpload, Noted, PartRow,
    Result, UploadHandle, UploadPartRow, UploadRow,
};
use postern_protocol::{AccountId, ContentId, TimeMs};

use super::SqlRecords;
use super::columns::{ContentState, Row};
use super::query::{CHUNK, Sql, built, list, sql};
use super::transaction::{End, Tx, TxError, Work};
use crate::answers::are_whole;

#[async_trait]
impl ContentStore for SqlRecords {
    async fn begin_upload(&self, upload: &NewUpload) -> Result<Begun> {
        self.transact(upload).await
    }

    async fn upload(&self, key: BlobKey) -> Result<Option<UploadRow>> {
        let mut tx = self.snapshot().await?;
        match tx.content(key).await? {
            Some(row) if row.state == ContentState::Arriving => Ok(Some(tx.upload_row(key, row).await?)),
            _ => Ok(None),
        }
    }

    async fn upload_part(&self, key: BlobKey, part: u32) -> Result<Option<UploadPartRow>> {
        let mut tx = self.snapshot().await?;
        match tx.content(key).await? {
            Some(row) if row.state == ContentState::Arriving => Ok(Some(UploadPartRow {
                handle: row.handle,
                noted: tx.part(key, part).await?,
            })),
            _ => Ok(None),
        }
    }

    async fn note_part(&self, key: BlobKey, part: &PartRow) -> Result<Noted> {
        self.transact(&NotePart { key, part: *part }).await
    }

    async fn complete_upload(&self, key: BlobKey, size_bytes: u64, now: TimeMs) -> Result<Completed> {
        self.transact(&CompleteUpload { key, size_bytes, now }).await
    }

    async fn abort_upload(&self, key: BlobKey, now: TimeMs) -> Result<Option<()>> {
        self.transact(&AbortUpload { key, now }).await
    }

    async fn add_content(&self, content: &NewContent) -> Result<Added> {
        self.transact(content).await
    }

    async fn content(&self, key: BlobKey) -> Result<Option<ContentRow>> {
        let row = self.one(by_key(key)).await?.map(Content::read).transpose()?;
        Ok(row
            .filter(|row| row.state == ContentState::There)
            .map(|row| row.public(key)))
    }
}

/// A content's row in whatever state.
pub(super) struct Content {
    state: ContentState,
    handle: UploadHandle,
    size_bytes: u64,
    changed: TimeMs,
    records: u64,
}

impl Content {
    fn read(mut row: Row) -> Result<Self, TxError> {
        Ok(Self {
            state: row.take()?,
            handle: row.take()?,
            size_bytes: row.take()?,
            changed: row.take()?,
            records: row.take()?,
        })
    }

    fn public(&self, key: BlobKey) -> ContentRow {
        ContentRow {
            key,
            size_bytes: self.size_bytes,
            completed: self.changed,
            records: self.records,
        }
    }
}

fn by_key(key: BlobKey) -> Sql<'static> {
    sql("SELECT state, handle, size_bytes, changed, records FROM contents WHERE account = $1 AND content = $2")
        .value(&key.account)
        .value(&key.content)
}

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

struct NotePart {
    key: BlobKey,
    part: PartRow,
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

struct CompleteUpload {
    key: BlobKey,
    size_bytes: u64,
    now: TimeMs,
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
        if !are_whole(&tx.parts(self.key).await?, self.size_bytes) {
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

struct AbortUpload {
    key: BlobKey,
    now: TimeMs,
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

#[async_trait]
impl Work for NewContent {
    type Outcome = Added;

    async fn run(&self, tx: &mut Tx) -> Result<End<Added>, TxError> {
        let none = UploadHandle::default();
        let inserted = tx
            .insert_content(self.key, ContentState::There, &none, self.size_bytes, self.now)
            .await?;
        if !inserted {
            return Ok(End::Undo(tx.why_not_added(self.key).await?));
        }
        if tx.charge(self.key.account, self.size_bytes).await? {
            let row = ContentRow {
                key: self.key,
                size_bytes: self.size_bytes,
                completed: self.now,
                records: 0,
            };
            return Ok(End::Keep(Added::Done(row)));
        }
        // Kept as garbage: the blob is there, and its id is used.
        tx.set_state(self.key, ContentState::Garbage, self.now).await?;
        Ok(End::Keep(Added::QuotaExceeded))
    }
}

impl Tx {
    async fn why_not_added(&mut self, key: BlobKey) -> Result<Added, TxError> {
        Ok(match self.content(key).await? {
            Some(row) if row.state == ContentState::There => Added::Already(row.public(key)),
            Some(row) if row.state == ContentState::Arriving => Added::UnderWay,
            _ => Added::Gone,
        })
    }

    async fn content(&mut self, key: BlobKey) -> Result<Option<Content>, TxError> {
        self.one(by_key(key)).await?.map(Content::read).transpose()
    }

    async fn lock_content(&mut self, key: BlobKey) -> Result<Option<Content>, TxError> {
        let lock = sql(
            "UPDATE contents SET state = state WHERE account = $1 AND content = $2 \
             RETURNING state, handle, size_bytes, changed, records",
        )
        .value(&key.account)
        .value(&key.content);
        self.one(lock).await?.map(Content::read).transpose()
    }

    /// `false` if there is a row of that key, in whatever state.
    pub(super) async fn insert_content(
        &mut self,
        key: BlobKey,
        state: ContentState,
        handle: &UploadHandle,
        size_bytes: u64,
        now: TimeMs,
    ) -> Result<bool, TxError> {
        let insert = sql(
            "INSERT INTO contents (account, content, state, handle, size_bytes, changed, records) \
             VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (account, content) DO NOTHING",
        )
        .value(&key.account)
        .value(&key.content)
        .value(&state)
        .value(handle)
        .value(&size_bytes)
        .value(&now);
        Ok(self.run(insert).await? == 1)
    }

    async fn set_state(&mut self, key: BlobKey, state: ContentState, now: TimeMs) -> Result<(), TxError> {
        let update = sql("UPDATE contents SET state = $3, changed = $4 WHERE account = $1 AND content = $2")
            .value(&key.account)
            .value(&key.content)
            .value(&state)
            .value(&now);
        self.run(update).await.map(|_| ())
    }

    async fn upload_row(&mut self, key: BlobKey, row: Content) -> Result<UploadRow, TxError> {
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

    async fn part(&mut self, key: BlobKey, number: u32) -> Result<Option<PartRow>, TxError> {
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

    /// Counts bytes as used, if the account has room for them.
    async fn charge(&mut self, account: AccountId, bytes: u64) -> Result<bool, TxError> {
        let charged = sql("UPDATE accounts SET used_bytes = used_bytes + $2 \
             WHERE id = $1 AND used_bytes + $2 <= quota_bytes")
        .value(&account)
        .value(&bytes);
        Ok(self.run(charged).await? == 1)
    }

    /// Counts bytes as used no longer.
    pub(super) async fn release(&mut self, account: AccountId, bytes: u64) -> Result<(), TxError> {
        let released = sql("UPDATE accounts SET used_bytes = used_bytes - $2 WHERE id = $1");
        self.run(released.value(&account).value(&bytes)).await.map(|_| ())
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

    /// Notes that more records name these contents.
    pub(super) async fn attach(
        &mut self,
        account: AccountId,
        contents: &[(ContentId, u64)],
    ) -> Result<(), TxError> {
        for (by, contents) in by_number(contents) {
            for chunk in contents.chunks(CHUNK) {
                let text = "UPDATE contents SET records = records + $2 WHERE account = $1 AND state = 2 AND content IN ";
                let update = built(format!("{text}{}", list(3, chunk.len())));
                let changed = self.run(update.value(&account).value(&by).values(chunk)).await?;
                if changed != chunk.len() as u64 {
                    // A sweep took one of them since it was looked up: look again.
                    return Err(TxError::Collision(sqlx::Error::RowNotFound));
                }
            }
        }
        Ok(())
    }

    /// Notes that fewer records name these contents. Those that none names become garbage.
    pub(super) async fn detach(
        &mut self,
        account: AccountId,
        contents: &[(ContentId, u64)],
        now: TimeMs,
    ) -> Result<(), TxError> {
        let mut released = 0;
        for (by, contents) in by_number(contents) {
            for chunk in contents.chunks(CHUNK) {
                let text = "UPDATE contents SET records = records - $2 WHERE account = $1 AND content IN ";
                let update = built(format!("{text}{}", list(3, chunk.len())));
                self.run(update.value(&account).value(&by).values(chunk)).await?;
                released += self.drop_unnamed(account, chunk, now).await?;
            }
        }
        if released > 0 {
            self.release(account, released).await
        } else {
            Ok(())
        }
    }

    async fn drop_unnamed(
        &mut self,
        account: AccountId,
        contents: &[ContentId],
        now: TimeMs,
    ) -> Result<u64, TxError> {
        let text = "UPDATE contents SET state = 3, changed = $2 WHERE account = $1 AND state = 2 AND records = 0 \
            AND content IN ";
        let update = built(format!("{text}{} RETURNING size_bytes", list(3, contents.len())));
        let rows = self
            .all(update.value(&account).value(&now).values(contents))
            .await?;
        rows.into_iter().map(|mut row| row.take::<u64>()).sum()
    }
}

/// Contents with the same number together: nearly always all, with 1.
fn by_number(contents: &[(ContentId, u64)]) -> Vec<(u64, Vec<ContentId>)> {
    let mut groups: Vec<(u64, Vec<ContentId>)> = Vec::new();
    for (content, by) in contents {
        match groups.iter_mut().find(|(number, _)| number == by) {
            Some((_, group)) => group.push(*content),
            None => groups.push((*by, vec![*content])),
        }
    }
    groups
}

fn part_row(mut row: Row) -> Result<PartRow, TxError> {
    Ok(PartRow {
        part: row.take()?,
        size_bytes: row.take()?,
        checksum: row.take()?,
    })
}
