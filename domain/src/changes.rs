//! What happened to an account.

use postern_protocol::changes::Changes;
use postern_protocol::limits::MAX_PAGE;

use crate::error::Result;
use crate::session::SignedIn;

impl SignedIn {
    /// What happened after number `since`, at most `limit` entries.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub async fn changes(&self, since: u64, limit: u32) -> Result<Changes> {
        let limit = limit.clamp(1, MAX_PAGE);
        let since = since.min(i64::MAX.unsigned_abs());
        let records = self.postern().records();
        // One more than asked for tells whether there are more.
        let mut changes = records.changes(self.account(), since, limit + 1).await?;
        let more = changes.len() > limit as usize;
        changes.truncate(limit as usize);
        Ok(Changes { changes, more })
    }
}
