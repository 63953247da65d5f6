//! Reading contents: as their owner, or through a link.

use std::ops::Range;

use postern_protocol::{AccountId, ContentId, LeaseId};

use crate::error::{Error, Result};
use crate::postern::Postern;
use crate::session::SignedIn;
use crate::store::{BlobKey, ContentRow, ReadStream};

/// A content that its asker may read.
#[derive(Debug, Clone)]
pub struct Readable {
    postern: Postern,
    row: ContentRow,
    lease: Option<LeaseId>,
}

/// Bytes on their way out.
pub struct Reading {
    /// The bytes.
    pub pieces: ReadStream,
    /// Where a delivery to the last byte has to be reported. There is none where nobody counts.
    pub delivery: Option<Delivery>,
}

/// A download that counts as delivered once [`Delivery::done`] is called.
#[derive(Debug, Clone)]
pub struct Delivery {
    postern: Postern,
    lease: LeaseId,
    owner: AccountId,
}

impl SignedIn {
    /// A content of this account.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there.
    pub async fn content(&self, content: ContentId) -> Result<Readable> {
        let key = BlobKey {
            account: self.account(),
            content,
        };
        Readable::open(self.postern(), key, None).await
    }
}

impl Readable {
    pub(crate) async fn open(postern: &Postern, key: BlobKey, lease: Option<LeaseId>) -> Result<Self> {
        let row = postern.records().content(key).await?;
        Ok(Self {
            postern: postern.clone(),
            row: row.ok_or(NO_CONTENT)?,
            lease,
        })
    }

    /// The size of the sealed stream.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.row.size_bytes
    }

    /// The bytes of `range`, read as they are asked for.
    ///
    /// # Errors
    /// [`Error::RangeOutside`] if the range is empty or does not lie within the content.
    pub async fn read(&self, range: Range<u64>) -> Result<Reading> {
        if range.start >= range.end || range.end > self.size_bytes() {
            return Err(Error::RangeOutside {
                size_bytes: self.size_bytes(),
            });
        }
        let has_last_byte = range.end == self.size_bytes();
        let pieces = self.postern.blobs().read(self.row.key, range).await?;
        Ok(Reading {
            pieces: pieces.ok_or(NO_CONTENT)?,
            delivery: self.delivery().filter(|_| has_last_byte),
        })
    }

    fn delivery(&self) -> Option<Delivery> {
        let lease = self.lease?;
        Some(Delivery::new(&self.postern, lease, self.row.key.account))
    }
}

impl Delivery {
    pub(crate) fn new(postern: &Postern, lease: LeaseId, owner: AccountId) -> Self {
        Self {
            postern: postern.clone(),
            lease,
            owner,
        }
    }

    /// The last byte has gone out: counts the download, once for each lease.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn done(self) -> Result<()> {
        self.postern.records().note_delivered(self.lease).await?;
        self.postern.ring(self.owner);
        Ok(())
    }
}

pub(crate) const NO_CONTENT: Error = Error::NotFound("content");
