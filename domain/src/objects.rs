//! The small sealed things of an account.

use postern_protocol::account::PutObject;
use postern_protocol::limits::MAX_OBJECT_BYTES;

use crate::error::{Error, Result};
use crate::session::SignedIn;
use crate::shapes::{check_number, check_sealed};
use crate::store::ObjectPut;

impl SignedIn {
    /// Replaces an object, if it has the version before.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it has another.
    pub async fn put_object(&self, object: &PutObject) -> Result<()> {
        check_object(object)?;
        match self
            .postern()
            .records()
            .put_object(self.account(), object)
            .await?
        {
            ObjectPut::Done => {
                self.postern().ring(self.account());
                Ok(())
            }
            ObjectPut::Conflict { version } => Err(object_conflict(version)),
        }
    }
}

pub(crate) fn check_object(object: &PutObject) -> Result<()> {
    check_number(object.version)?;
    check_sealed(&object.sealed, MAX_OBJECT_BYTES, "an object")
}

pub(crate) const fn object_conflict(version: u64) -> Error {
    Error::Conflict {
        what: "the object",
        present: Some(version),
    }
}
