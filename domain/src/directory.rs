//! Who has which public keys.

use postern_protocol::AccountName;
use postern_protocol::directory::DirectoryLog;

use crate::error::{Error, Result};
use crate::session::SignedIn;

impl SignedIn {
    /// The log of the account of that name. Only for who has an account too: names are nobody else's business.
    ///
    /// # Errors
    /// [`Error::NotFound`] if nobody has the name.
    pub async fn directory(&self, name: AccountName) -> Result<DirectoryLog> {
        let row = self.postern().records().directory(&name).await?;
        let row = row.ok_or(Error::NotFound("account"))?;
        Ok(DirectoryLog {
            account: row.account,
            name,
            statements: row.statements,
        })
    }
}
