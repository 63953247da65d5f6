//! The devices that are signed in.

use postern_protocol::SessionId;
use postern_protocol::session::SessionEntry;

use super::Account;
use crate::Result;

impl Account {
    /// All devices that are signed in, the most recently used first.
    ///
    /// # Errors
    /// As all requests.
    pub async fn sessions(&self) -> Result<Vec<SessionEntry>> {
        Ok(self.api.sessions().await?.sessions)
    }

    /// Signs a device out.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] if there is no such session.
    pub async fn revoke_session(&self, id: SessionId) -> Result<()> {
        self.api.end_session(id).await
    }
}
