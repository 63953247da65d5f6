//! Signing in, and the devices that are signed in.

use serde::{Deserialize, Serialize};

use crate::{AccountId, AccountName, Bytes, SessionId, TimeMs};

/// `POST /login/start`: the first message of an OPAQUE login (RFC 9807).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginStart {
    /// Who.
    pub name: AccountName,
    /// KE1.
    pub request: Bytes,
}

/// The server's half of the login. A name that nobody has is answered alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginAnswer {
    /// KE2.
    pub response: Bytes,
    /// To be sent back as it is: the server's own state, sealed to itself. Valid for two minutes.
    pub attempt: Bytes,
}

/// `POST /login/finish`, answered with a [`SessionBody`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginFinish {
    /// The server's state, as it came.
    pub attempt: Bytes,
    /// KE3.
    pub finalization: Bytes,
    /// What to call this device in the list of sessions ("Firefox on Linux").
    pub device: String,
}

/// What a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All that its account may.
    Full,
    /// Reading the account and setting a new password, nothing else.
    Recovery,
}

/// A session as its own device gets it: the only time that the token is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionBody {
    /// The session's id, for the list.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// What it may do.
    pub scope: Scope,
    /// Goes into `Authorization: Bearer …`. The server keeps a hash of it only.
    pub token: String,
    /// When it ends, unless it is used before.
    pub expires: TimeMs,
}

/// A session as the list shows it: `GET /sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionEntry {
    /// The session's id.
    pub id: SessionId,
    /// What its device called itself.
    pub device: String,
    /// When it began.
    pub created: TimeMs,
    /// When it was last used, to the minute.
    pub last_used: TimeMs,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The list of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sessions {
    /// Most recently used first.
    pub sessions: Vec<SessionEntry>,
}
