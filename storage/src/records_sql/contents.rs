//! Contents: arriving, there, and no longer named.
//!
//! States in the texts below: 1 arriving, 2 there, 3 garbage, 4 swept.

use std::collections::HashSet;

use async_trait::async_trait;
use postern_domain::store::{
    Added, Begun, BlobKey, Completed, ContentRow, ContentStore, NewContent, NewUpload, Noted, PartRow,
    Result, UploadHandle, UploadPartRow, UploadRow,
};
use postern_protocol::{AccountId, ContentId, TimeMs};

use super::SqlRecords;
use super::columns::{ContentState, Row};
use super::query::{CHUNK, Sql, built, list, rows, rows_at_once, sql};
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

    async fn add_contents(&self, contents: &[NewContent]) -> Result<Vec<Added>> {
        self.transact(&AddContents(contents)).await
    }

    async fn contents(&self, account: AccountId, contents: &[ContentId]) -> Result<Vec<ContentRow>> {
        let mut there = Vec::with_capacity(contents.len());
        for chunk in contents.chunks(CHUNK) {
            let rows = self.all(by_keys(account, chunk)).await?;
            there.extend(present(account, rows)?);
        }
        Ok(there)
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

/// Those of an account's contents, in whatever state.
fn by_keys(account: AccountId, contents: &[ContentId]) -> Sql<'static> {
    let text = "SELECT content, state, handle, size_bytes, changed, records FROM contents \
        WHERE account = $1 AND content IN ";
    built(format!("{text}{}", list(2, contents.len())))
        .value(&account)
        .values(contents)
}

fn present(account: AccountId, rows: Vec<Row>) -> Result<Vec<ContentRow>, TxError> {
    let mut there = Vec::with_capacity(rows.len());
    for mut row in rows {
        let content = row.take()?;
        let row = Content::read(row)?;
        if row.state == ContentState::There {
            there.push(row.public(BlobKey { account, content }));
        }
    }
    Ok(there)
}

/// Contents of one account, whole.
struct AddContents<'a>(&'a [NewContent]);

#[async_trait]
impl Work for AddContents<'_> {
    type Outcome = Vec<Added>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Vec<Added>>, TxError> {
        let Some(account) = self.0.first().map(|content| content.key.account) else {
            return Ok(End::Undo(Vec::new()));
        };
        let new = tx.insert_whole(self.0).await?;
        let is_new = |content: &&NewContent| new.contains(&content.key.content);
        let size_bytes = self
            .0
            .iter()
            .filter(is_new)
            .map(|content| content.size_bytes)
            .sum();
        let fits = new.is_empty() || tx.charge(account, size_bytes).await?;
        let mut added = Vec::with_capacity(self.0.len());
        for content in self.0 {
            added.push(match (is_new(&content), fits) {
                (true, true) => Added::Done(content.row()),
                (true, false) => tx.refuse(content).await?,
                (false, _) => tx.why_not_added(content.key).await?,
            });
        }
        Ok(End::Keep(added))
    }
}

impl Tx {
    /// Those that were not there in whatever state.
    pub(super) async fn insert_whole(
        &mut self,
        contents: &[NewContent],
    ) -> Result<HashSet<ContentId>, TxError> {
        let mut new = HashSet::with_capacity(contents.len());
        for chunk in contents.chunks(rows_at_once(7)) {
            let mut insert = built(format!(
                "INSERT INTO contents (account, content, state, handle, size_bytes, changed, records) VALUES {} \
                 ON CONFLICT (account, content) DO NOTHING RETURNING content",
                rows(chunk.len(), 7)
            ));
            for content in chunk {
                insert = insert
                    .value(&content.key.account)
                    .value(&content.key.content)
                    .value(&ContentState::There)
                    .value(&UploadHandle::default())
                    .value(&content.size_bytes)
                    .value(&content.now)
                    .value(&0_u64);
            }
            for mut row in self.all(insert).await? {
                new.insert(row.take()?);
            }
        }
        Ok(new)
    }

    /// Kept as garbage: the blob is there, and its id is used.
    async fn refuse(&mut self, content: &NewContent) -> Result<Added, TxError> {
        self.set_state(content.key, ContentState::Garbage, content.now)
            .await?;
        Ok(Added::QuotaExceeded)
    }

    async fn why_not_added(&mut self, key: BlobKey) -> Result<Added, TxError> {
        Ok(match self.content(key).await? {
            Some(row) if row.state == ContentState::There => Added::Already(row.public(key)),
            Some(row) if row.state == ContentState::Arriving => Added::UnderWay,
            _ => Added::Gone,
        })
    }

    /// Those of an account's contents that are there.
    pub(super) async fn contents_there(
        &mut self,
        account: AccountId,
        contents: &[ContentId],
    ) -> Result<Vec<ContentRow>, TxError> {
        let mut there = Vec::with_capacity(contents.len());
        for chunk in contents.chunks(CHUNK) {
            there.extend(present(account, self.all(by_keys(account, chunk)).await?)?);
        }
        Ok(there)
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

    /// Notes that one more record names each of these contents, which may be anybody's. Unless all are there, none of this
    /// may be kept.
    pub(super) async fn attach_bodies(&mut self, bodies: &[BlobKey]) -> Result<(), TxError> {
        for chunk in bodies.chunks(CHUNK / 2) {
            // SQLite finds each of these by the key; of a list of pairs it would go through the whole table.
            let each: Vec<_> = (0..chunk.len())
                .map(|at| format!("(account = ${} AND content = ${})", 2 * at + 1, 2 * at + 2))
                .collect();
            let mut update = built(format!(
                "UPDATE contents SET records = records + 1 WHERE state = 2 AND ({})",
                each.join(" OR ")
            ));
            for body in chunk {
                update = update.value(&body.account).value(&body.content);
            }
            if self.run(update).await? != chunk.len() as u64 {
                // A sweep took one of them since it was looked up: look again.
                return Err(TxError::Collision(sqlx::Error::RowNotFound));
            }
        }
        Ok(())
    }

    /// Notes that a record names each of these contents. `false` if one is not there or is named already: then none of
    /// this may be kept.
    pub(super) async fn attach_unnamed(
        &mut self,
        account: AccountId,
        contents: &[ContentId],
    ) -> Result<bool, TxError> {
        for chunk in contents.chunks(CHUNK) {
            let text = "UPDATE contents SET records = 1 WHERE account = $1 AND state = 2 AND records = 0 AND content IN ";
            let update = built(format!("{text}{}", list(2, chunk.len())));
            if self.run(update.value(&account).values(chunk)).await? != chunk.len() as u64 {
                return Ok(false);
            }
        }
        Ok(true)
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
