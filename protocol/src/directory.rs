//! Who has which public keys: a log of signed statements for each account.

use serde::{Deserialize, Serialize};

use crate::{AccountId, AccountName, Bytes};

/// `GET /directory/{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DirectoryLog {
    /// The account that has the name.
    pub account: AccountId,
    /// The name.
    pub name: AccountName,
    /// The statements, oldest first, each signed and chained to the one before.
    pub statements: Vec<Bytes>,
}
