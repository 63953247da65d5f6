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
        let count = self.held.len() + bytes.len();
        let mut promise = self.spool.inner.room.promise(count as u64)?;
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
        promise.written(count);
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
            let kept = self.spool.keep(Entry { receipt, content }).await;
            return kept.map_err(|not_kept| not_kept.error);
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
        let Err(not_kept) = self.spool.keep(Entry { receipt, content }).await else {
            return Ok(());
        };
        // Where the disk failed while the journal was written, that may name the file: it goes, if it has to, when the spool is
        // opened the next time.
        if !not_kept.is_perhaps_named
            && let Err(error) = tokio::fs::remove_file(self.spool.folders().file(self.message)).await
        {
            tracing::warn!(%error, "what was not kept cannot be removed from the spool yet");
        }
        Err(not_kept.error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use postern_disk::{Promise, Room};
    use tempfile::TempDir;

    use super::super::journal::{Journal, Place};
    use super::super::mail::tests::spooled;
    use super::super::recent::Seen;
    use super::super::{Folders, Inner, Spool};
    use super::*;

    /// All that may be taken of the disk, to less than half a mebibyte.
    fn all_of(room: &Arc<Room>) -> Vec<Promise> {
        let halves = (19..50).rev().map(|power| 1_u64 << power);
        halves.filter_map(|bytes| room.promise(bytes).ok()).collect()
    }

    #[tokio::test]
    async fn mail_leaves_the_last_of_the_disk_to_the_records() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::open(folder.path(), 1 << 20).expect("the spool opens");
        assert!(matches!(spool.has_room(1 << 60), Err(SpoolError::Full)));
        // Others make room on this disk meanwhile.
        for _ in 0..100 {
            let _taken = all_of(&spool.inner.room);
            let mut draft = spool.draft(MessageId([1; 16]));
            draft.write(&[1; 100]).await.expect("it stays in memory");
            spool.has_room(100).expect("it needs none");
            if matches!(draft.write(&vec![1; 4 << 20]).await, Err(SpoolError::Full)) {
                return;
            }
        }
        panic!("it takes all of the disk");
    }

    /// A spool whose journal cannot make sure of the names of files.
    fn nameless(folder: &TempDir) -> Spool {
        let folders = Folders {
            root: folder.path().to_owned(),
        };
        drop(Spool::open(folder.path(), 1 << 20).expect("the spool opens"));
        let place = Place {
            journal: folder.path().join("other journal"),
            small: folder.path().join("other small"),
            small_bytes: 1 << 20,
            mail: folder.path().join("nowhere"),
        };
        let lock = fs::File::create(folder.path().join("other lock")).expect("a file");
        Spool {
            inner: Arc::new(Inner {
                journal: Journal::open(place, lock).expect("it opens").0,
                recent: super::super::Recent::open(&folders.recent()).expect("it opens"),
                room: Arc::new(Room::under(folder.path())),
                folders,
            }),
        }
    }

    #[tokio::test]
    async fn a_file_of_which_the_journal_says_nothing_does_not_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = nameless(&folder);
        let (mail, bytes) = spooled(1, 100_000);
        let mut draft = spool.draft(mail.message);
        draft.write(&bytes[..100_000]).await.expect("there is room");
        let Seen::Never(claim) = spool.claim(None, mail.received) else {
            panic!("it has no name");
        };
        let kept = draft.keep(&mail, claim).await;
        assert!(matches!(kept, Err(SpoolError::Disk(_))), "{kept:?}");
        let left = fs::read_dir(folder.path().join("mail")).expect("a folder");
        assert_eq!(left.count(), 0);
    }
}
