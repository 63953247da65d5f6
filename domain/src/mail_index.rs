//! The index that an account's devices keep of its mail: a sealed manifest, and the contents that it is made of.

use std::collections::HashSet;

use postern_protocol::limits::{MAX_INDEX_CONTENTS, MAX_INDEX_MANIFEST_BYTES};
use postern_protocol::mail::{MailIndex, PutMailIndex};
use postern_protocol::{ContentId, TimeMs};

use crate::contents::{NO_CONTENT, Readable};
use crate::error::{Error, Result};
use crate::session::SignedIn;
use crate::shapes::{check_number, check_sealed};
use crate::store::IndexPut;

impl SignedIn {
    /// The mail index, or that there never was one.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn mail_index(&self) -> Result<MailIndex> {
        Ok(self.postern().records().mail_index(self.account()).await?)
    }

    /// Replaces the mail index, if it has the version before. What the one before alone was made of goes. No bell rings:
    /// what other devices show does not change by it.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it has another version, [`Error::NotFound`] if a content is not there or something else
    /// uses it.
    pub async fn put_mail_index(&self, put: &PutMailIndex, now: TimeMs) -> Result<()> {
        check_index(put)?;
        let records = self.postern().records();
        match records.put_mail_index(self.account(), put, now).await? {
            IndexPut::Done => Ok(()),
            IndexPut::Conflict { version } => Err(Error::Conflict {
                what: "the mail index",
                present: Some(version),
            }),
            IndexPut::NoContent => Err(Error::NotFound("content for the mail index")),
        }
    }

    /// A content that the mail index names.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it names none of that id.
    pub async fn mail_index_content(&self, content: ContentId) -> Result<Readable> {
        let records = self.postern().records();
        if !records.mail_index_names(self.account(), content).await? {
            return Err(NO_CONTENT);
        }
        self.content(content).await
    }
}

fn check_index(put: &PutMailIndex) -> Result<()> {
    check_number(put.version)?;
    if put.version == 0 {
        return Err(Error::Malformed("the first mail index has version 1"));
    }
    if put.contents.len() > MAX_INDEX_CONTENTS {
        return Err(Error::TooLarge("the number of contents"));
    }
    let unique: HashSet<_> = put.contents.iter().collect();
    if unique.len() < put.contents.len() {
        return Err(Error::Malformed("a content is named twice"));
    }
    check_sealed(&put.manifest, MAX_INDEX_MANIFEST_BYTES, "a manifest")
}
