//! The steps on files, each of which may be the last one before a crash.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use postern_disk::Flush;
use postern_domain::store::{BlobEntry, BlobKey, Put};
use postern_protocol::TimeMs;

use super::names::{FOLDERS, Names, key_of};
use super::{found, sync_folder};
use crate::steps;

/// A file that goes when this goes, whatever happened to it until then.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed now is removed when the folder is opened again.
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes all folders, and removes what a crash has left unfinished: nobody can be writing it now.
pub(super) fn prepare(names: &Names) -> io::Result<()> {
    let folders = (0..FOLDERS).map(|number| names.folder(number));
    let missing: Vec<_> = folders.filter(|folder| !folder.is_dir()).collect();
    for folder in &missing {
        fs::create_dir_all(folder)?;
    }
    for entry in fs::read_dir(names.arriving_folder())? {
        let entry = entry?;
        if entry.file_name().to_str().and_then(key_of).is_none() {
            fs::remove_file(entry.path())?;
        }
    }
    // A folder is as durable as the name by which it is found.
    let root = fs::canonicalize(names.root())?;
    let above = root.parent().unwrap_or(&root);
    let synced = [&root.join("blobs"), &root, above]
        .into_iter()
        .try_for_each(sync_folder);
    or_undo(synced, || missing.iter().try_for_each(fs::remove_dir))
}

/// Undoes a step on names that could not be made durable.
///
/// A failed `fsync` says once that something did not get to the disk, and then it is forgotten: the next one succeeds
/// without writing it ("Can Applications Recover from fsync Failures?", Rebello et al., USENIX ATC 2020). A caller who
/// tries again must therefore not find the step done, or it would be acknowledged and gone after a power cut.
fn or_undo(synced: io::Result<()>, undo: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let Err(error) = synced else { return Ok(()) };
    match undo() {
        Ok(()) => Err(error),
        Err(cause) => Err(io::Error::new(error.kind(), Undurable { error, cause })),
    }
}

/// A step that is neither durable nor undone.
#[derive(Debug, thiserror::Error)]
#[error("what could not be made durable ({error}) could not be undone either ({cause})")]
struct Undurable {
    error: io::Error,
    cause: io::Error,
}

pub(super) fn create_temporary(names: &Names, key: BlobKey) -> io::Result<(File, Temporary)> {
    let path = names.temporary(key);
    let file = File::create_new(&path)?;
    steps::reached();
    Ok((file, Temporary(path)))
}

/// Gives files that are durable their names, except those that blobs have already.
pub(super) fn name_blobs(
    names: &Names,
    temporaries: &[(BlobKey, Temporary)],
    flush: &Flush,
) -> io::Result<Vec<Put>> {
    let mut puts = Vec::with_capacity(temporaries.len());
    for (key, temporary) in temporaries {
        puts.push(link(temporary, &names.blob(*key))?);
    }
    // Also for a name that was there: whoever gave it may have crashed before it was durable.
    let folders: BTreeSet<_> = temporaries
        .iter()
        .map(|(key, _)| names.blob_folder(*key))
        .collect();
    let named = flush.names(folders.iter().map(PathBuf::as_path));
    steps::reached();
    or_undo(named, || {
        let given = temporaries
            .iter()
            .zip(&puts)
            .filter(|(_, put)| **put == Put::Stored);
        given
            .map(|((key, _), _)| fs::remove_file(names.blob(*key)))
            .fold(Ok(()), io::Result::and)
    })?;
    Ok(puts)
}

/// Linking, unlike renaming, never replaces.
fn link(temporary: &Temporary, blob: &Path) -> io::Result<Put> {
    let put = match fs::hard_link(&temporary.0, blob) {
        Ok(()) => Put::Stored,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Put::AlreadyThere {
            size_bytes: blob.metadata()?.len(),
        },
        Err(error) => return Err(error),
    };
    steps::reached();
    Ok(put)
}

pub(super) fn create_upload(names: &Names, key: BlobKey) -> io::Result<()> {
    let upload = names.upload(key);
    let is_new = match File::create_new(&upload) {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    steps::reached();
    let synced = sync_folder(&names.arriving_folder());
    or_undo(synced, || if is_new { fs::remove_file(&upload) } else { Ok(()) })
}

pub(super) fn open_upload(names: &Names, key: BlobKey) -> io::Result<Option<File>> {
    found(OpenOptions::new().write(true).open(names.upload(key)))
}

pub(super) fn open_blob_at(names: &Names, key: BlobKey, offset: u64) -> io::Result<Option<File>> {
    let Some(mut file) = found(File::open(names.blob(key)))? else {
        return Ok(None);
    };
    file.seek(SeekFrom::Start(offset))?;
    Ok(Some(file))
}

/// Makes an upload a blob: trims it, makes it durable, gives it its name.
pub(super) fn complete(names: &Names, key: BlobKey, size_bytes: u64) -> io::Result<Option<()>> {
    let Some(file) = open_upload(names, key)? else {
        return confirm(names, key, size_bytes);
    };
    if file.metadata()?.len() < size_bytes {
        return Ok(None);
    }
    // A part that arrived without ever being noted may lie behind the end. Of what lies before it, each part was synced
    // by whoever wrote it: this is about the length alone, which is set anew if this fails and is tried again.
    file.set_len(size_bytes)?;
    file.sync_all()?;
    steps::reached();
    let (upload, blob) = (names.upload(key), names.blob(key));
    fs::rename(&upload, &blob)?;
    steps::reached();
    or_undo(sync_names(names, key), || fs::rename(&blob, &upload)).map(Some)
}

/// The upload may have become a blob already, by a call that crashed before its end: then its name is not yet durable.
fn confirm(names: &Names, key: BlobKey, size_bytes: u64) -> io::Result<Option<()>> {
    match found(names.blob(key).metadata())? {
        Some(blob) if blob.len() == size_bytes => sync_names(names, key).map(Some),
        _ => Ok(None),
    }
}

/// First the upload's file, then the blob's: an upload that becomes a blob meanwhile is then caught under either name.
pub(super) fn delete(names: &Names, key: BlobKey) -> io::Result<()> {
    for path in [names.upload(key), names.blob(key)] {
        found(fs::remove_file(path))?;
        steps::reached();
    }
    sync_names(names, key)
}

fn sync_names(names: &Names, key: BlobKey) -> io::Result<()> {
    sync_folder(&names.blob_folder(key))?;
    sync_folder(&names.arriving_folder())
}

pub(super) fn list(folder: &Path) -> io::Result<Vec<BlobEntry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(key) = entry.file_name().to_str().and_then(key_of) else {
            continue;
        };
        if let Some(metadata) = found(entry.metadata())? {
            entries.push(BlobEntry {
                key,
                modified: moment(&metadata)?,
            });
        }
    }
    Ok(entries)
}

fn moment(metadata: &fs::Metadata) -> io::Result<TimeMs> {
    let since = metadata
        .modified()?
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Ok(TimeMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}
