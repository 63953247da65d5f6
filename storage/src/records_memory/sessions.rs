//! Signed-in devices.

use std::cmp::Reverse;

use async_trait::async_trait;
use postern_domain::store::{Digest, NewSession, Result, SessionRow, SessionStore};
use postern_protocol::changes::ChangeKind;
use postern_protocol::{AccountId, SessionId, TimeMs};

use super::{Held, MemoryRecords};

#[async_trait]
impl SessionStore for MemoryRecords {
    async fn create_session(&self, session: &NewSession) -> Result<Option<()>> {
        let mut held = self.held();
        if !held.accounts.contains_key(&session.account) {
            return Ok(None);
        }
        held.begin_session(session);
        held.note(session.account, [ChangeKind::Sessions]);
        Ok(Some(()))
    }

    async fn session_by_token(&self, token_hash: &Digest, now: TimeMs) -> Result<Option<SessionRow>> {
        let held = self.held();
        let found = held
            .sessions
            .values()
            .find(|(hash, row)| hash == token_hash && row.expires > now);
        Ok(found.map(|(_, row)| row.clone()))
    }

    async fn touch_session(
        &self,
        account: AccountId,
        session: SessionId,
        now: TimeMs,
        expires: TimeMs,
    ) -> Result<()> {
        let mut held = self.held();
        let found = held.sessions.get_mut(&session).map(|(_, row)| row);
        if let Some(row) = found.filter(|row| row.account == account && row.expires > now) {
            row.last_used = now;
            row.expires = expires;
        }
        Ok(())
    }

    async fn sessions(&self, account: AccountId, now: TimeMs) -> Result<Vec<SessionRow>> {
        let held = self.held();
        let own = held.sessions.values().map(|(_, row)| row);
        let mut own: Vec<_> = own
            .filter(|row| row.account == account && row.expires > now)
            .cloned()
            .collect();
        own.sort_by_key(|row| (Reverse(row.last_used), row.id));
        Ok(own)
    }

    async fn end_session(&self, account: AccountId, session: SessionId) -> Result<Option<()>> {
        let mut held = self.held();
        if held
            .sessions
            .get(&session)
            .is_none_or(|(_, row)| row.account != account)
        {
            return Ok(None);
        }
        held.sessions.remove(&session);
        held.note(account, [ChangeKind::Sessions]);
        Ok(Some(()))
    }
}

impl Held {
    pub(super) fn begin_session(&mut self, session: &NewSession) {
        let row = SessionRow {
            id: session.id,
            account: session.account,
            scope: session.scope,
            device: session.device.clone(),
            created: session.created,
            last_used: session.created,
            expires: session.expires,
            fresh_until: session.fresh_until,
        };
        self.sessions.insert(session.id, (session.token_hash, row));
    }

    pub(super) fn end_sessions(&mut self, account: AccountId) {
        self.sessions.retain(|_, (_, row)| row.account != account);
    }
}
