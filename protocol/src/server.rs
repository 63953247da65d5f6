//! What a server tells everybody about itself.

use serde::{Deserialize, Serialize};

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SignUpPolicy {
    /// Everybody.
    Open,
    /// Who has an invitation.
    Invite,
    /// Nobody.
    Closed,
}

/// `GET /server`. Nothing in here can weaken a client: algorithms and their costs are compiled into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerBody {
    /// The server's release.
    pub version: String,
    /// Who may make an account.
    pub sign_up: SignUpPolicy,
    /// The largest sealed stream that it takes.
    pub max_content_bytes: u64,
}
