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
use super::uploads::{AbortUpload, CompleteUpload, NotePart};

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
    pub(super) state: ContentState,
    pub(super) handle: UploadHandle,
    pub(super) size_bytes: u64,
    pub(super) changed: TimeMs,
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

    pub(super) fn public(&self, key: BlobKey) -> ContentRow {
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

    pub(super) async fn content(&mut self, key: BlobKey) -> Result<Option<Content>, TxError> {
        self.one(by_key(key)).await?.map(Content::read).transpose()
    }

    pub(super) async fn lock_content(&mut self, key: BlobKey) -> Result<Option<Content>, TxError> {
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

    pub(super) async fn set_state(
        &mut self,
        key: BlobKey,
        state: ContentState,
        now: TimeMs,
    ) -> Result<(), TxError> {
        let update = sql("UPDATE contents SET state = $3, changed = $4 WHERE account = $1 AND content = $2")
            .value(&key.account)
            .value(&key.content)
            .value(&state)
            .value(&now);
        self.run(update).await.map(|_| ())
    }

    /// Counts bytes as used, if the account has room for them.
    pub(super) async fn charge(&mut self, account: AccountId, bytes: u64) -> Result<bool, TxError> {
        let charged = sql("UPDATE accounts SET used_bytes = used_bytes + $2 \
             WHERE id = $1 AND used_bytes + $2 <= quota_bytes")
        .value(&account)
        .value(&bytes);
        Ok(self.run(charged).await? == 1)
    }

    /// Counts bytes as used no longer.
    pub(super) async fn release(&mut self, account: AccountId, bytes: u64) -> Result<(), TxError> {
        if bytes == 0 {
            return Ok(());
        }
        let released = sql("UPDATE accounts SET used_bytes = used_bytes - $2 WHERE id = $1");
        self.run(released.value(&account).value(&bytes)).await.map(|_| ())
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

    /// Notes that fewer records name these contents. Those that none names become garbage; says how many bytes they had.
    pub(super) async fn detach(
        &mut self,
        account: AccountId,
        contents: &[(ContentId, u64)],
        now: TimeMs,
    ) -> Result<u64, TxError> {
        let mut released = 0;
        for (by, contents) in by_number(contents) {
            for chunk in contents.chunks(CHUNK) {
                let text = "UPDATE contents SET records = records - $2 WHERE account = $1 AND content IN ";
                let update = built(format!("{text}{}", list(3, chunk.len())));
                self.run(update.value(&account).value(&by).values(chunk)).await?;
                released += self.drop_unnamed(account, chunk, now).await?;
            }
        }
        Ok(released)
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
