//! The change feed.

use async_trait::async_trait;
use postern_domain::store::{FeedStore, Result};
use postern_protocol::changes::{Change, ChangeKind};
use postern_protocol::{AccountId, LinkId, VolumeId};

use super::SqlRecords;
use super::columns::{FeedKind, Row};
use super::query::{Sql, built, rows, rows_at_once, sql};
use super::transaction::{Tx, TxError};

impl Tx {
    /// Appends to an account's feed, as the last thing in a transaction: drawing the numbers locks the account's row
    /// until the end, so that nobody sees a later entry before an earlier one. `false` if the account is gone.
    pub(super) async fn note(&mut self, account: AccountId, kinds: &[ChangeKind]) -> Result<bool, TxError> {
        let drawn = sql(
            "UPDATE accounts SET latest_change = latest_change + $2 WHERE id = $1 RETURNING latest_change",
        )
        .value(&account)
        .value(&(kinds.len() as u64));
        let Some(mut row) = self.one(drawn).await? else {
            return Ok(false);
        };
        let latest: u64 = row.take()?;
        let first = latest + 1 - kinds.len() as u64;
        let numbered: Vec<_> = (first..).zip(kinds).collect();
        for chunk in numbered.chunks(rows_at_once(5)) {
            self.append(account, chunk).await?;
        }
        Ok(true)
    }

    async fn append(&mut self, account: AccountId, entries: &[(u64, &ChangeKind)]) -> Result<(), TxError> {
        let text = "INSERT INTO changes (account, seq, kind, subject, counter) VALUES ";
        let mut insert = built(format!("{text}{}", rows(entries.len(), 5)));
        for (seq, kind) in entries {
            insert = insert.value(&account).value(seq);
            insert = match kind {
                ChangeKind::Volume { volume, counter } => {
                    insert.value(&FeedKind::Volume).value(volume).value(counter)
                }
                ChangeKind::Link { link } => insert.value(&FeedKind::Link).value(link).optional::<u64>(None),
                ChangeKind::Mail => bare(insert, FeedKind::Mail),
                ChangeKind::Account => bare(insert, FeedKind::Account),
                ChangeKind::Sessions => bare(insert, FeedKind::Sessions),
            };
        }
        self.run(insert).await.map(|_| ())
    }
}

fn bare(insert: Sql<'_>, kind: FeedKind) -> Sql<'_> {
    insert.value(&kind).optional::<LinkId>(None).optional::<u64>(None)
}

fn change(mut row: Row) -> Result<Change, TxError> {
    let seq = row.take()?;
    let kind = match row.take()? {
        FeedKind::Volume => ChangeKind::Volume {
            volume: row.take::<VolumeId>()?,
            counter: row.take()?,
        },
        FeedKind::Link => ChangeKind::Link { link: row.take()? },
        FeedKind::Mail => ChangeKind::Mail,
        FeedKind::Account => ChangeKind::Account,
        FeedKind::Sessions => ChangeKind::Sessions,
    };
    Ok(Change { seq, kind })
}

#[async_trait]
impl FeedStore for SqlRecords {
    async fn changes(&self, account: AccountId, since: u64, limit: u32) -> Result<Vec<Change>> {
        let found = sql(
            "SELECT seq, kind, subject, counter FROM changes WHERE account = $1 AND seq > $2 \
             ORDER BY seq LIMIT $3",
        )
        .value(&account)
        .value(&since)
        .value(&limit);
        let rows = self.all(found).await?;
        Ok(rows.into_iter().map(change).collect::<Result<_, _>>()?)
    }
}
