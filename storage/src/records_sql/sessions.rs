//! Signed-in devices.

use async_trait::async_trait;
use postern_domain::store::{Digest, NewSession, Result, SessionRow, SessionStore};
use postern_protocol::changes::ChangeKind;
use postern_protocol::{AccountId, SessionId, TimeMs};

use super::SqlRecords;
use super::columns::Row;
use super::query::sql;
use super::transaction::{End, Tx, TxError, Work};

#[async_trait]
impl SessionStore for SqlRecords {
    async fn create_session(&self, session: &NewSession) -> Result<Option<()>> {
        self.transact(session).await
    }

    async fn session_by_token(&self, token_hash: &Digest, now: TimeMs) -> Result<Option<SessionRow>> {
        let found = sql(
            "SELECT id, account, scope, device, created, last_used, expires, fresh_until \
             FROM sessions WHERE token_hash = $1 AND expires > $2",
        )
        .value(token_hash)
        .value(&now);
        Ok(self.one(found).await?.map(session_row).transpose()?)
    }

    async fn touch_session(
        &self,
        account: AccountId,
        session: SessionId,
        now: TimeMs,
        expires: TimeMs,
    ) -> Result<()> {
        self.transact(&Touch {
            account,
            session,
            now,
            expires,
        })
        .await
    }

    async fn sessions(&self, account: AccountId, now: TimeMs) -> Result<Vec<SessionRow>> {
        let found = sql(
            "SELECT id, account, scope, device, created, last_used, expires, fresh_until \
             FROM sessions WHERE account = $1 AND expires > $2 ORDER BY last_used DESC, id",
        )
        .value(&account)
        .value(&now);
        Ok(self
            .all(found)
            .await?
            .into_iter()
            .map(session_row)
            .collect::<Result<_, _>>()?)
    }

    async fn end_session(&self, account: AccountId, session: SessionId) -> Result<Option<()>> {
        self.transact(&EndSession { account, session }).await
    }
}

#[async_trait]
impl Work for NewSession {
    type Outcome = Option<()>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Option<()>>, TxError> {
        if !tx.note(self.account, &[ChangeKind::Sessions]).await? {
            return Ok(End::Undo(None));
        }
        tx.insert_session(self).await?;
        Ok(End::Keep(Some(())))
    }
}

struct Touch {
    account: AccountId,
    session: SessionId,
    now: TimeMs,
    expires: TimeMs,
}

#[async_trait]
impl Work for Touch {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<End<()>, TxError> {
        let update = sql("UPDATE sessions SET last_used = $3, expires = $4 \
             WHERE account = $1 AND id = $2 AND expires > $3")
        .value(&self.account)
        .value(&self.session)
        .value(&self.now)
        .value(&self.expires);
        tx.run(update).await?;
        Ok(End::Keep(()))
    }
}

struct EndSession {
    account: AccountId,
    session: SessionId,
}

#[async_trait]
impl Work for EndSession {
    type Outcome = Option<()>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Option<()>>, TxError> {
        let gone = sql("DELETE FROM sessions WHERE account = $1 AND id = $2");
        if tx.run(gone.value(&self.account).value(&self.session)).await? == 0 {
            return Ok(End::Undo(None));
        }
        tx.note(self.account, &[ChangeKind::Sessions]).await?;
        Ok(End::Keep(Some(())))
    }
}

impl Tx {
    pub(super) async fn insert_session(&mut self, session: &NewSession) -> Result<(), TxError> {
        let insert = sql(
            "INSERT INTO sessions (account, id, token_hash, scope, device, created, last_used, \
             expires, fresh_until) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
        )
        .value(&session.account)
        .value(&session.id)
        .value(&session.token_hash)
        .value(&session.scope)
        .value(&session.device)
        .value(&session.created)
        .value(&session.expires)
        .value(&session.fresh_until);
        self.run(insert).await.map(|_| ())
    }
}

fn session_row(mut row: Row) -> Result<SessionRow, TxError> {
    Ok(SessionRow {
        id: row.take()?,
        account: row.take()?,
        scope: row.take()?,
        device: row.take()?,
        created: row.take()?,
        last_used: row.take()?,
        expires: row.take()?,
        fresh_until: row.take()?,
    })
}
