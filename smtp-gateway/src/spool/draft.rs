//! A message on its way into the spool.

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use postern_crypto::hash::hash;
use postern_protocol::MessageId;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::entry::{Content, Entry, Filed, Receipt, Small};
use super::error::SpoolError;
use super::mail::{SpooledMail, TRAILER_BYTES};
use super::recent::Claim;
use super::{LARGEST_SMALL, Spool, name};

/// A message that is being written. Dropped, it was never there.
#[derive(Debug)]
pub struct Draft {
    spool: Spool,
    message: MessageId,
    /// What has no file yet.
    held: Vec<u8>,
    file: Option<Arriving>,
    size_bytes: u64,
}

/// A file without its name.
#[derive(Debug)]
struct Arriving {
    file: File,
    path: PathBuf,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        // It has its name by now, or it goes when the spool is opened the next time.
        let _ = fs::remove_file(&self.path);
    }
}

impl Draft {
    pub(super) fn new(spool: Spool, message: MessageId) -> Self {
        Self {
            spool,
            message,
            held: Vec::new(),
            file: None,
            size_bytes: 0,
        }
    }

    /// How many bytes of its body have been written.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Writes more of its sealed body.
    ///
    /// # Errors
    /// [`SpoolError`]; the message cannot be kept then.
    pub async fn write(&mut self, sealed: &[u8]) -> Result<(), SpoolError> {
        self.size_bytes += sealed.len() as u64;
        if self.file.is_none() && self.held.len() + sealed.len() <= LARGEST_SMALL {
            self.held.extend_from_slice(sealed);
            return Ok(());
        }
        self.write_to_file(sealed).await
    }

    async fn write_to_file(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        if self.file.is_none() {
            let path = self.spool.folders().arriving().join(name(self.message));
            let file = OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(&path)
                .await?;
            let arriving = self.file.insert(Arriving { file, path });
            arriving.file.write_all(&std::mem::take(&mut self.held)).await?;
        }
        if let Some(arriving) = &mut self.file {
            arriving.file.write_all(bytes).await?;
        }
        Ok(())
    }

    /// Keeps the message, whose body is whole now. It is durable when this returns.
    ///
    /// # Errors
    /// [`SpoolError`]; it is not to be acknowledged then.
    pub async fn keep(self, mail: &SpooledMail, claim: Claim) -> Result<(), SpoolError> {
        self.keep_as(mail, claim.receipt()).await?;
        claim.kept();
        Ok(())
    }

    async fn keep_as(mut self, mail: &SpooledMail, receipt: Receipt) -> Result<(), SpoolError> {
        let record = mail.encode();
        let is_small = self.file.is_none() && self.held.len() + record.len() <= LARGEST_SMALL;
        if is_small {
            self.held.extend_from_slice(&record);
            let content = Content::Small(Small::new(Bytes::from(self.held)));
            return self.spool.keep(Entry { receipt, content }).await;
        }
        self.write_to_file(&record).await?;
        let size_bytes = self.size_bytes + record.len() as u64;
        if let Some(mut arriving) = self.file.take() {
            arriving.file.flush().await?;
            arriving.file.sync_all().await?;
            tokio::fs::rename(&arriving.path, self.spool.folders().file(self.message)).await?;
        }
        let of_record = &record[..record.len() - TRAILER_BYTES];
        let content = Content::File(Filed {
            message: self.message,
            size_bytes,
            record_hash: hash(of_record),
        });
        let kept = self.spool.keep(Entry { receipt, content }).await;
        if matches!(kept, Err(SpoolError::Full)) {
            // Of a disk that failed it is not known what the journal says now; of one that is full it is.
            tokio::fs::remove_file(self.spool.folders().file(self.message)).await?;
        }
        kept
    }
}
