//! Signed-in devices.

use async_trait::async_trait;
use postern_protocol::session::Scope;
use postern_protocol::{AccountId, SessionId, TimeMs};

use super::{Digest, Result};

/// A session, as it begins.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// The hash of its token; the token itself is never stored.
    pub token_hash: Digest,
    /// What it may do.
    pub scope: Scope,
    /// What its device calls itself.
    pub device: String,
    /// When it begins.
    pub created: TimeMs,
    /// When it ends, unless it is used before.
    pub expires: TimeMs,
    /// Until when it may change the password without asking for it again.
    pub fresh_until: TimeMs,
}

/// A session that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// What it may do.
    pub scope: Scope,
    /// What its device calls itself.
    pub device: String,
    /// When it began.
    pub created: TimeMs,
    /// When it was last used.
    pub last_used: TimeMs,
    /// When it ends, unless it is used before.
    pub expires: TimeMs,
    /// Until when it may change the password without asking for it again.
    pub fresh_until: TimeMs,
}

/// Keeps sessions. One whose time is over is as if it were not there, swept or not.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Begins a session. Feed: sessions. `None` if the account is gone.
    async fn create_session(&self, session: &NewSession) -> Result<Option<()>>;

    /// The session of which this is the token's hash.
    async fn session_by_token(&self, token_hash: &Digest, now: TimeMs) -> Result<Option<SessionRow>>;

    /// Notes that a session was used, and moves its end. No feed entry. Harmless if it has ended meanwhile: it stays so.
    async fn touch_session(
        &self,
        account: AccountId,
        session: SessionId,
        now: TimeMs,
        expires: TimeMs,
    ) -> Result<()>;

    /// All sessions of an account, the most recently used first.
    async fn sessions(&self, account: AccountId, now: TimeMs) -> Result<Vec<SessionRow>>;

    /// Ends a session; its token is worth nothing from the moment that this returns. Feed: sessions. `None` if the
    /// account has no such session.
    async fn end_session(&self, account: AccountId, session: SessionId) -> Result<Option<()>>;
}
