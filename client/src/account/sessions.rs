//! The devices that are signed in.

use postern_protocol::SessionId;
use postern_protocol::session::SessionEntry;

use super::Account;
use crate::{Error, Result};

impl Account {
    /// All devices that are signed in, the most recently used first.
    ///
    /// # Errors
    /// As all requests.
    pub async fn sessions(&self) -> Result<Vec<SessionEntry>> {
        Ok(self.api.sessions().await?.sessions)
    }

    /// Whether this device is signed out: from elsewhere, or because the session's time is over. A change of the password
    /// ends one session and begins another: who changes it here, or in another tab, is not signed out.
    ///
    /// # Errors
    /// As all requests: then it is not known.
    pub async fn has_ended(&self) -> Result<bool> {
        let _turn = self.changing.lock().await;
        match self.api.account().await {
            Err(Error::SignedOut) => self.adopt_kept().await.map(|goes_on| !goes_on),
            answer => answer.map(|_| false),
        }
    }

    /// Signs a device out.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] if there is no such session.
    pub async fn revoke_session(&self, id: SessionId) -> Result<()> {
        self.api.end_session(id).await
    }
}
