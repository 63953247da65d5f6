//! Sessions, and what each gives the right to do.
//!
//! A token is worth a [`Session`]; a session is worth a [`SignedIn`] if it is a full one, and a [`Fresh`] if it may set
//! a password. What needs a right is a method of the value that stands for it, so that it cannot be forgotten.

use postern_crypto::hash::token_hash;
use postern_protocol::session::{Scope, SessionBody, SessionEntry, Sessions};
use postern_protocol::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use postern_protocol::{AccountId, SessionId, TimeMs, bytes};
use rand_core::CryptoRng;

use crate::error::{Error, Result};
use crate::postern::Postern;
use crate::shapes::device_name;
use crate::store::{NewSession, SessionRow};

/// How long a session lasts from its last use.
pub const SESSION_MS: i64 = 30 * DAY_MS;
/// How long a session after a recovery lasts, used or not.
pub const RECOVERY_SESSION_MS: i64 = HOUR_MS;
/// How long after the password was given it need not be given again.
pub const FRESH_MS: i64 = 10 * MINUTE_MS;
/// A session's use is noted at most this often: a read must not cost a write.
const TOUCH_MS: i64 = MINUTE_MS;

/// Somebody who showed the token of a session that has not ended.
#[derive(Debug, Clone)]
pub struct Session {
    postern: Postern,
    row: SessionRow,
}

/// Somebody who may do what their account may.
#[derive(Debug, Clone)]
pub struct SignedIn(Session);

/// Somebody who may set a new password: they gave the old one just now, or proved the recovery words.
#[derive(Debug, Clone)]
pub struct Fresh(Session);

impl Postern {
    /// The session of this token. Using it moves its end.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] if it is no session's token.
    pub async fn session(&self, token: &str, now: TimeMs) -> Result<Session> {
        let token: [u8; 32] = bytes::decode(token)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Error::NotSignedIn)?;
        let row = self.records().session_by_token(&token_hash(&token), now).await?;
        let session = Session {
            postern: self.clone(),
            row: row.ok_or(Error::NotSignedIn)?,
        };
        session.touch(now).await?;
        Ok(session)
    }
}

impl Session {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.row.id
    }

    /// Whose it is.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.row.account
    }

    /// What it may do.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.row.scope
    }

    /// The right to do what the account may.
    ///
    /// # Errors
    /// [`Error::NotFresh`] after a recovery, until a new password is set.
    pub fn signed_in(self) -> Result<SignedIn> {
        match self.row.scope {
            Scope::Full => Ok(SignedIn(self)),
            Scope::Recovery => Err(Error::NotFresh("set a new password first")),
        }
    }

    /// The right to set a new password.
    ///
    /// # Errors
    /// [`Error::NotFresh`] if the old one was given too long ago.
    pub fn fresh(self, now: TimeMs) -> Result<Fresh> {
        if now < self.row.fresh_until {
            Ok(Fresh(self))
        } else {
            Err(Error::NotFresh("give the password again first"))
        }
    }

    /// Ends it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn end(&self) -> Result<()> {
        self.postern
            .records()
            .end_session(self.row.account, self.row.id)
            .await?;
        self.postern.ring(self.row.account);
        Ok(())
    }

    pub(crate) fn postern(&self) -> &Postern {
        &self.postern
    }

    async fn touch(&self, now: TimeMs) -> Result<()> {
        let is_due = now >= self.row.last_used.plus_ms(TOUCH_MS);
        if self.row.scope == Scope::Full && is_due {
            let expires = now.plus_ms(SESSION_MS);
            self.postern
                .records()
                .touch_session(self.row.account, self.row.id, now, expires)
                .await?;
        }
        Ok(())
    }
}

impl SignedIn {
    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.0
    }

    /// Whose it is.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.0.row.account
    }

    /// All devices that are signed in.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sessions(&self, now: TimeMs) -> Result<Sessions> {
        let rows = self.postern().records().sessions(self.account(), now).await?;
        let entry = |row: SessionRow| SessionEntry {
            id: row.id,
            device: row.device,
            created: row.created,
            last_used: row.last_used,
            current: row.id == self.0.row.id,
        };
        Ok(Sessions {
            sessions: rows.into_iter().map(entry).collect(),
        })
    }

    /// Signs a device out.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the account has no such session.
    pub async fn end_session(&self, session: SessionId) -> Result<()> {
        let ended = self
            .postern()
            .records()
            .end_session(self.account(), session)
            .await?;
        ended.ok_or(Error::NotFound("session"))?;
        self.postern().ring(self.account());
        Ok(())
    }

    pub(crate) fn postern(&self) -> &Postern {
        &self.0.postern
    }
}

impl Fresh {
    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.0
    }
}

/// A session that is about to begin, and what its device gets to know of it.
pub(crate) struct Grant {
    pub(crate) row: NewSession,
    pub(crate) body: SessionBody,
}

impl Grant {
    /// A session for `account`, with a token that nobody has had before.
    pub(crate) fn new(
        account: AccountId,
        scope: Scope,
        device: &str,
        now: TimeMs,
        rng: &mut impl CryptoRng,
    ) -> Result<Self> {
        let (mut id, mut token) = ([0; 16], [0; 32]);
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut token);
        let (lasts_ms, fresh_ms) = match scope {
            Scope::Full => (SESSION_MS, FRESH_MS),
            Scope::Recovery => (RECOVERY_SESSION_MS, RECOVERY_SESSION_MS),
        };
        let row = NewSession {
            id: SessionId(id),
            account,
            token_hash: token_hash(&token),
            scope,
            device: device_name(device)?,
            created: now,
            expires: now.plus_ms(lasts_ms),
            fresh_until: now.plus_ms(fresh_ms),
        };
        let body = SessionBody {
            id: row.id,
            account,
            scope,
            token: bytes::encode(&token),
            expires: row.expires,
        };
        Ok(Self { row, body })
    }
}
