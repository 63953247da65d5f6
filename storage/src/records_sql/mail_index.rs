//! Mail indexes.

use async_trait::async_trait;
use postern_domain::store::{IndexPut, KeptIndex, MailIndexStore, Result};
use postern_protocol::mail::{MailIndex, PutMailIndex};
use postern_protocol::{AccountId, ContentId, TimeMs};

use super::SqlRecords;
use super::columns::Row;
use super::query::{CHUNK, Sql, built, list, rows, rows_at_once, sql};
use super::transaction::{End, Tx, TxError, Work};

#[async_trait]
impl MailIndexStore for SqlRecords {
    async fn mail_index(&self, account: AccountId) -> Result<MailIndex> {
        let row = self.one(by_account(account)).await?;
        Ok(row.map(index).transpose()?.unwrap_or_default())
    }

    async fn mail_index_names(&self, account: AccountId, content: ContentId) -> Result<bool> {
        let found = sql("SELECT 1 FROM mail_index_contents WHERE account = $1 AND content = $2")
            .value(&account)
            .value(&content);
        Ok(self.one(found).await?.is_some())
    }

    async fn put_mail_index(&self, account: AccountId, put: &PutMailIndex, now: TimeMs) -> Result<IndexPut> {
        self.transact(&PutIndex { account, put, now }).await
    }
}

struct PutIndex<'a> {
    account: AccountId,
    put: &'a PutMailIndex,
    now: TimeMs,
}

#[async_trait]
impl Work for PutIndex<'_> {
    type Outcome = IndexPut;

    async fn run(&self, tx: &mut Tx) -> Result<End<IndexPut>, TxError> {
        if tx.lock_account(self.account).await?.is_none() {
            return Ok(End::Undo(IndexPut::Conflict { version: 0 }));
        }
        let kept = tx.kept_index(self.account).await?;
        if let Some(answer) = kept.repeated_or_conflict(self.put) {
            return Ok(End::Undo(answer));
        }
        let (added, dropped) = (kept.added(self.put), kept.dropped(self.put));
        if !tx.attach_unnamed(self.account, &added).await? {
            return Ok(End::Undo(IndexPut::NoContent));
        }
        tx.write_index(self.account, self.put).await?;
        tx.name_in_index(self.account, &added).await?;
        tx.drop_from_index(self.account, &dropped, self.now).await?;
        Ok(End::Keep(IndexPut::Done))
    }
}

impl Tx {
    async fn kept_index(&mut self, account: AccountId) -> Result<KeptIndex, TxError> {
        let row = self.one(by_account(account)).await?;
        let named = sql("SELECT content FROM mail_index_contents WHERE account = $1").value(&account);
        let named = self.all(named).await?;
        Ok(KeptIndex {
            index: row.map(index).transpose()?.unwrap_or_default(),
            contents: named
                .into_iter()
                .map(|mut row| row.take())
                .collect::<Result<_, _>>()?,
        })
    }

    async fn write_index(&mut self, account: AccountId, put: &PutMailIndex) -> Result<(), TxError> {
        let insert = sql(
            "INSERT INTO mail_indexes (account, version, manifest) VALUES ($1, $2, $3) \
             ON CONFLICT (account) DO UPDATE SET version = excluded.version, manifest = excluded.manifest",
        )
        .value(&account)
        .value(&put.version)
        .value(&put.manifest);
        self.run(insert).await.map(|_| ())
    }

    async fn name_in_index(&mut self, account: AccountId, contents: &[ContentId]) -> Result<(), TxError> {
        for chunk in contents.chunks(rows_at_once(2)) {
            let text = "INSERT INTO mail_index_contents (account, content) VALUES ";
            let insert = built(format!("{text}{}", rows(chunk.len(), 2)));
            let named = |insert: Sql<'static>, content| insert.value(&account).value(content);
            self.run(chunk.iter().fold(insert, named)).await?;
        }
        Ok(())
    }

    /// Those that nothing else names go with it.
    async fn drop_from_index(
        &mut self,
        account: AccountId,
        contents: &[ContentId],
        now: TimeMs,
    ) -> Result<(), TxError> {
        for chunk in contents.chunks(CHUNK) {
            let text = "DELETE FROM mail_index_contents WHERE account = $1 AND content IN ";
            let gone = built(format!("{text}{}", list(2, chunk.len())));
            self.run(gone.value(&account).values(chunk)).await?;
        }
        let detached: Vec<_> = contents.iter().map(|content| (*content, 1)).collect();
        let released = self.detach(account, &detached, now).await?;
        self.release(account, released).await
    }
}

fn by_account(account: AccountId) -> Sql<'static> {
    sql("SELECT version, manifest FROM mail_indexes WHERE account = $1").value(&account)
}

fn index(mut row: Row) -> Result<MailIndex, TxError> {
    Ok(MailIndex {
        version: row.take()?,
        manifest: Some(row.take()?),
    })
}
