//! The change feed: what happened to an account, in order.

use serde::{Deserialize, Serialize};

use crate::{LinkId, VolumeId};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ChangeKind {
    /// A volume has a new head.
    Volume {
        /// Which.
        volume: VolumeId,
        /// The head's counter.
        counter: u64,
    },
    /// A link was made, changed, revoked, or delivered.
    Link {
        /// Which.
        link: LinkId,
    },
    /// Mail came, or was marked or deleted.
    Mail,
    /// The account's password, keys or objects changed.
    Account,
    /// A session began or ended.
    Sessions,
}

/// One entry of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Its number: counts up by one for each account.
    pub seq: u64,
    /// What happened.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// `GET /changes?since=SEQ&limit=N`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    /// The entries after `since`, in order.
    pub changes: Vec<Change>,
    /// Whether there are more.
    pub more: bool,
}

/// What the WebSocket `GET /events` says. A push is a hint only: who misses one loses nothing, the feed has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// There is more in the feed.
    More,
    /// The session has ended; sign in again.
    SignedOut,
}

/// What a client sends on the WebSocket, once, before anything else: browsers cannot set a header there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EventsHello {
    /// The session's token.
    pub token: String,
}
