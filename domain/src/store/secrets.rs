//! The server's own secrets, shared by all its nodes.

use async_trait::async_trait;
use postern_protocol::Bytes;

use super::Result;

/// Keeps the server's own secrets.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// The secret of that name; if there is none yet, `proposed` becomes it. All callers at all times get the same.
    async fn secret(&self, name: &str, proposed: &Bytes) -> Result<Bytes>;

    /// The secret of that name, if there is one.
    async fn known_secret(&self, name: &str) -> Result<Option<Bytes>>;
}
