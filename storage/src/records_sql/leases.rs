//! Downloads that are reserved and counted.

use async_trait::async_trait;
use postern_domain::store::{Digest, LeaseRow, Leased, NewLease};
use postern_protocol::changes::ChangeKind;
use postern_protocol::{AccountId, LeaseId, LinkId, TimeMs};

use super::columns::Row;
use super::query::{Sql, sql};
use super::transaction::{End, Tx, TxError, Work};

pub(super) fn by_token(token_hash: &Digest, now: TimeMs) -> Sql<'static> {
    sql("SELECT id, link, expires, counted FROM leases WHERE token_hash = $1 AND expires > $2")
        .value(token_hash)
        .value(&now)
}

pub(super) fn lease_row(mut row: Row) -> Result<LeaseRow, TxError> {
    Ok(LeaseRow {
        id: row.take()?,
        link: row.take()?,
        expires: row.take()?,
        counted: row.take()?,
    })
}

#[async_trait]
impl Work for NewLease {
    type Outcome = Leased;

    async fn run(&self, tx: &mut Tx) -> Result<End<Leased>, TxError> {
        let Some(link) = tx.lock_link(self.link).await? else {
            return Ok(End::Undo(Leased::NoLink));
        };
        if link.revoked.is_some() {
            return Ok(End::Undo(Leased::Revoked));
        }
        if link.expires.is_some_and(|expires| expires <= self.now) {
            return Ok(End::Undo(Leased::Expired));
        }
        if let Some(max) = link.max_downloads
            && link.downloads + tx.reserved(self.link, self.now).await? >= max
        {
            return Ok(End::Undo(Leased::UsedUp));
        }
        tx.insert_lease(self).await?;
        Ok(End::Keep(Leased::Done))
    }
}

/// A lease's download has been delivered.
pub(super) struct Delivered {
    pub(super) lease: LeaseId,
}

#[async_trait]
impl Work for Delivered {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<End<()>, TxError> {
        let counted = sql("UPDATE leases SET counted = 1 WHERE id = $1 AND counted = 0 RETURNING link");
        let Some(mut row) = tx.one(counted.value(&self.lease)).await? else {
            return Ok(End::Undo(()));
        };
        let link: LinkId = row.take()?;
        let grown = sql("UPDATE links SET downloads = downloads + 1 WHERE id = $1 RETURNING account");
        let Some(mut row) = tx.one(grown.value(&link)).await? else {
            return Ok(End::Undo(()));
        };
        tx.note(row.take::<AccountId>()?, &[ChangeKind::Link { link }])
            .await?;
        Ok(End::Keep(()))
    }
}

struct Limits {
    expires: Option<TimeMs>,
    max_downloads: Option<u64>,
    downloads: u64,
    revoked: Option<TimeMs>,
}

impl Tx {
    /// Whoever wants a lease of this link waits here for those who are getting one.
    async fn lock_link(&mut self, link: LinkId) -> Result<Option<Limits>, TxError> {
        let lock = sql("UPDATE links SET downloads = downloads WHERE id = $1 \
             RETURNING expires, max_downloads, downloads, revoked");
        let Some(mut row) = self.one(lock.value(&link)).await? else {
            return Ok(None);
        };
        Ok(Some(Limits {
            expires: row.take_optional()?,
            max_downloads: row.take_optional()?,
            downloads: row.take()?,
            revoked: row.take_optional()?,
        }))
    }

    async fn reserved(&mut self, link: LinkId, now: TimeMs) -> Result<u64, TxError> {
        let counted = sql("SELECT COUNT(*) FROM leases WHERE link = $1 AND counted = 0 AND expires > $2");
        let row = self.one(counted.value(&link).value(&now)).await?;
        Ok(row.map(|mut row| row.take()).transpose()?.unwrap_or_default())
    }

    async fn insert_lease(&mut self, lease: &NewLease) -> Result<(), TxError> {
        let insert =
            sql("INSERT INTO leases (id, link, token_hash, expires, counted) VALUES ($1, $2, $3, $4, 0)")
                .value(&lease.id)
                .value(&lease.link)
                .value(&lease.token_hash)
                .value(&lease.expires);
        self.run(insert).await.map(|_| ())
    }
}
