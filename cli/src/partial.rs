//! A file that is still coming: beside its place, under a name that says so, until it is whole.

mod note;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use postern_client::device::Device;
use postern_client::protocol::{ContentId, TimeMs};
use postern_client::transfer::{Checkpoint, Sink};
use postern_client::{Content, Error, compute};
use postern_disk::{Bulk, folder_of, sync_names};
use tokio::task::{JoinHandle, spawn_blocking};

use self::note::Note;
use crate::target::beside;

/// After so many bytes they are made durable, and noted: what is not noted is fetched again, since after a power cut a
/// file may be as long as it was and hold zeros.
const NOTE_EVERY_BYTES: u64 = 32 << 20;

/// A file that is still coming.
pub(crate) struct Partial {
    place: PathBuf,
    path: PathBuf,
    file: Arc<File>,
    /// What writes the file; away while it does so, and for good after an error.
    bulk: Option<Bulk>,
    note: Note,
    written_bytes: u64,
    noted_bytes: u64,
    syncing: Option<Syncing>,
}

/// What came before is being made durable, while more comes.
struct Syncing {
    bytes: u64,
    synced: JoinHandle<io::Result<()>>,
}

impl Partial {
    /// Goes on with what has come of `content` for `place`, or begins.
    pub(crate) async fn open(
        device: Rc<dyn Device>,
        place: &Path,
        content: &Content,
    ) -> postern_client::Result<Self> {
        let id = ContentId(content.id);
        let path = beside(place, &id.to_string());
        let (note, noted_bytes) = Note::find(device, &path, id).await?;
        let (file, written_bytes) = open_at(&path, noted_bytes).map_err(|error| unsaved(&error))?;
        let bulk = writer(&file, written_bytes, content.size).map_err(|error| unsaved(&error))?;
        Ok(Self {
            place: place.to_owned(),
            path,
            file: Arc::new(file),
            bulk: Some(bulk),
            note,
            written_bytes,
            noted_bytes: written_bytes,
            syncing: None,
        })
    }

    /// Where the download goes on.
    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint::at(self.written_bytes)
    }

    /// Makes what has come durable, so that the next run finds it.
    pub(crate) async fn pause(&mut self) {
        // What is not noted is only fetched again.
        if self.settle().await.is_ok() {
            self.begin_sync();
            let _ = self.settle().await;
        }
    }

    /// Throws away what has come: it is not what it should be.
    pub(crate) async fn discard(self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.note.forget().await;
    }

    /// Moves the whole file to its place. Without `force`, what has come to be there meanwhile stays.
    pub(crate) async fn finish(mut self, modified: TimeMs, force: bool) -> postern_client::Result<()> {
        // An error that this sync was told of, no other will be.
        self.settle().await?;
        let Self {
            place,
            path,
            file,
            note,
            ..
        } = self;
        let moved = compute(move || {
            stamp(&file, modified);
            file.sync_all()?;
            move_to(&path, &place, force)?;
            sync_names(folder_of(&place))
        });
        moved.await.map_err(|error| unsaved(&error))?;
        note.forget().await
    }

    fn begin_sync(&mut self) {
        let file = Arc::clone(&self.file);
        self.syncing = Some(Syncing {
            bytes: self.written_bytes,
            synced: spawn_blocking(move || file.sync_data()),
        });
    }

    /// Waits until what is being synced is durable, and notes it.
    async fn settle(&mut self) -> postern_client::Result<()> {
        let Some(Syncing { bytes, synced }) = self.syncing.take() else {
            return Ok(());
        };
        let synced = synced.await.map_err(io::Error::other).flatten();
        synced.map_err(|error| unsaved(&error))?;
        self.noted_bytes = bytes;
        self.note.say(bytes).await
    }
}

#[async_trait(?Send)]
impl Sink for Partial {
    async fn write(&mut self, bytes: Bytes) -> postern_client::Result<()> {
        let count = bytes.len() as u64;
        let mut bulk = self.bulk.take().ok_or(Error::Cancelled)?;
        let written = compute(move || {
            bulk.write(&bytes)?;
            bulk.flush()?;
            Ok(bulk)
        });
        let bulk = written.await.map_err(|error: io::Error| unsaved(&error))?;
        if self
            .syncing
            .as_ref()
            .is_some_and(|sync| sync.synced.is_finished())
        {
            self.settle().await?;
        }
        // Who stops this before it has counted the bytes gives them again, and must find nobody to write them.
        self.bulk = Some(bulk);
        self.written_bytes += count;
        if self.syncing.is_none() && self.written_bytes - self.noted_bytes >= NOTE_EVERY_BYTES {
            self.begin_sync();
        }
        Ok(())
    }
}

/// Small files may well be read at once; of large ones only the end is.
const BULK_BYTES: u64 = 16 << 20;

fn writer(file: &File, place: u64, size_bytes: u64) -> io::Result<Bulk> {
    let file = file.try_clone()?;
    Ok(if size_bytes < BULK_BYTES {
        Bulk::cached(file, place)
    } else {
        Bulk::direct(file, place)
    })
}

fn open_at(path: &Path, noted_bytes: u64) -> io::Result<(File, u64)> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    let trusted_bytes = file.metadata()?.len().min(noted_bytes);
    file.set_len(trusted_bytes)?;
    Ok((file, trusted_bytes))
}

/// Gives a file its time. A nicety: some disks take none before 1980, or after 2038.
pub(crate) fn stamp(file: &File, modified: TimeMs) {
    let since = Duration::from_millis(u64::try_from(modified.0).unwrap_or(0));
    let _ = file.set_modified(UNIX_EPOCH + since);
}

/// A hard link is made only if nothing has the name, whoever else is fast; where disks have none, looking has to do.
pub(crate) fn move_to(path: &Path, place: &Path, force: bool) -> io::Result<()> {
    if force {
        return fs::rename(path, place);
    }
    match fs::hard_link(path, place) {
        Ok(()) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists || place.symlink_metadata().is_ok() => {
            Err(io::ErrorKind::AlreadyExists.into())
        }
        Err(_) => fs::rename(path, place),
    }
}

pub(crate) fn unsaved(error: &io::Error) -> Error {
    Error::CannotSave(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_were_not_noted_are_not_trusted() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("a");
        fs::write(&path, "0123456789").expect("a file");
        let (_, at) = open_at(&path, 4).expect("opened");
        assert_eq!(
            (at, fs::read_to_string(&path).expect("there").as_str()),
            (4, "0123")
        );
        let (_, at) = open_at(&path, 400).expect("opened");
        assert_eq!(at, 4);
    }

    #[test]
    fn what_came_to_be_there_meanwhile_stays() {
        let home = tempfile::tempdir().expect("a folder");
        let (part, place) = (home.path().join("part"), home.path().join("place"));
        fs::write(&part, "new").expect("a file");
        fs::write(&place, "old").expect("a file");
        assert!(move_to(&part, &place, false).is_err());
        assert_eq!(fs::read_to_string(&place).expect("there"), "old");
        move_to(&part, &place, true).expect("replaced");
        assert_eq!(fs::read_to_string(&place).expect("there"), "new");
        fs::write(&part, "newer").expect("a file");
        fs::remove_file(&place).expect("removed");
        move_to(&part, &place, false).expect("moved");
        assert!(!part.exists() && place.exists());
    }
}
