//! A device's memory as files: folder 0700, files 0600, each written beside its place, synced, and renamed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use postern_disk::{folder_of, make_private_folder, sync_names, write_private};
use zeroize::Zeroizing;

use super::{Device, Guard};
use crate::{Error, Result};

/// A profile folder.
#[derive(Debug, Clone)]
pub struct FolderDevice {
    root: PathBuf,
}

impl FolderDevice {
    /// The profile in `root`, which is made if missing.
    ///
    /// # Errors
    /// [`Error::Device`] if it cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        make_private_folder(&root).map_err(|error| failed(&root, &error))?;
        Ok(Self { root })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }
}

/// What the name of a half ends with.
const HALF: &str = ".new";

#[async_trait(?Send)]
impl Device for FolderDevice {
    async fn get(&self, key: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let path = self.path(key);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&path, &error)),
        }
    }

    async fn put(&self, key: &str, value: &[u8]) -> Result<()> {
        let path = self.path(key);
        write_durably(&path, value).map_err(|error| failed(&path, &error))
    }

    async fn delete(&self, key: &str) -> Result<()> {
        let path = self.path(key);
        remove_durably(&path).map_err(|error| failed(&path, &error))
    }

    async fn delete_all(&self, prefix: &str) -> Result<()> {
        let (folder, begins) = in_folder(prefix);
        let folder = self.path(folder);
        remove_all_durably(&folder, |name| name.starts_with(begins)).map_err(|error| failed(&folder, &error))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let (folder, _) = in_folder(prefix);
        let mut keys = files_in(&self.root.join(folder))
            .map_err(|error| failed(&self.root, &error))?
            .into_iter()
            .map(|name| {
                if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                }
            })
            .filter(|key| key.starts_with(prefix))
            .collect::<Vec<_>>();
        keys.sort();
        Ok(keys)
    }

    async fn lock(&self, name: &str) -> Result<Option<Guard>> {
        let path = self.path(&format!("locks/{}", name.replace('/', "-")));
        let held = take_lock(&path).map_err(|error| failed(&path, &error))?;
        Ok(held.map(|file| Box::new(file) as Guard))
    }
}

/// The folder in which the keys with this prefix are, and what their names there begin with.
fn in_folder(prefix: &str) -> (&str, &str) {
    prefix.rsplit_once('/').unwrap_or(("", prefix))
}

fn take_lock(path: &Path) -> io::Result<Option<File>> {
    make_private_folder(folder_of(path))?;
    postern_disk::lock(path)
}

fn write_durably(path: &Path, value: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("keys are below the root");
    make_private_folder(folder)?;
    let mut name = path.file_name().expect("keys are not empty").to_owned();
    name.push(format!(".{}{HALF}", std::process::id()));
    let beside = folder.join(name);
    write_private(&beside, path, value).map(drop)
}

/// Also what a killed process left half written of it: that holds keys as well. Durably: whoever signed out must not be
/// signed in again after a power cut.
fn remove_durably(path: &Path) -> io::Result<()> {
    let (folder, name) = (path.parent(), path.file_name().and_then(|name| name.to_str()));
    let (folder, name) = folder.zip(name).expect("keys are text, below the root");
    let begins = format!("{name}.");
    let is_half = |other: &str| other.starts_with(&begins) && other.ends_with(HALF);
    remove_all_durably(folder, |other| other == name || is_half(other))
}

fn remove_all_durably(folder: &Path, is_one: impl Fn(&str) -> bool) -> io::Result<()> {
    for name in all_in(folder)?.iter().filter(|name| is_one(name)) {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    // Where there is no folder, nothing was to be removed.
    match sync_names(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced,
    }
}

/// Without what a killed process left half written: that is no value.
fn files_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = all_in(folder)?;
    names.retain(|name| !name.ends_with(HALF));
    Ok(names)
}

fn all_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    Ok(entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect())
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::Device(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use futures::executor::block_on;

    use super::*;

    #[test]
    fn a_value_comes_back_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let device = FolderDevice::open(folder.path().join("profile")).expect("made");
        block_on(device.put("journal/a", b"one")).expect("put");
        block_on(device.put("journal/a", b"two")).expect("put again");
        assert_eq!(
            block_on(device.get("journal/a"))
                .expect("get")
                .expect("there")
                .as_slice(),
            b"two"
        );
        let mode = |path: &str| {
            fs::metadata(device.path(path))
                .expect("there")
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!(
            (mode(""), mode("journal"), mode("journal/a")),
            (0o700, 0o700, 0o600)
        );
    }

    #[test]
    fn listing_finds_what_begins_alike_and_nothing_half_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let device = FolderDevice::open(folder.path()).expect("made");
        for key in ["journal/b", "journal/a", "session"] {
            block_on(device.put(key, b"x")).expect("put");
        }
        fs::write(device.path("journal/c.1.new"), b"half").expect("written");
        assert_eq!(
            block_on(device.list("journal/")).expect("list"),
            ["journal/a", "journal/b"]
        );
        block_on(device.delete("journal/a")).expect("delete");
        block_on(device.delete("journal/a")).expect("twice is as well");
        assert_eq!(block_on(device.list("journal/")).expect("list"), ["journal/b"]);
    }

    #[test]
    fn what_is_deleted_leaves_no_half_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let device = FolderDevice::open(folder.path()).expect("made");
        block_on(device.put("journal/a", b"x")).expect("put");
        for half in ["journal/a.1.new", "journal/ab.1.new"] {
            fs::write(device.path(half), b"half").expect("written");
        }
        block_on(device.delete("journal/a")).expect("delete");
        let left = all_in(&device.path("journal")).expect("readable");
        assert_eq!(left, ["ab.1.new"]);
    }

    #[test]
    fn deleting_all_leaves_no_half_of_what_was_never_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let device = FolderDevice::open(folder.path()).expect("made");
        block_on(device.delete_all("journal/")).expect("nothing to delete");
        for key in ["journal/a", "journals"] {
            block_on(device.put(key, b"x")).expect("put");
        }
        fs::write(device.path("journal/b.1.new"), b"half").expect("written");
        block_on(device.delete_all("journal/")).expect("deleted");
        assert!(all_in(&device.path("journal")).expect("readable").is_empty());
        assert!(block_on(device.get("journals")).expect("get").is_some());
    }

    #[test]
    fn a_lock_is_held_by_one_until_it_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let device = FolderDevice::open(folder.path()).expect("made");
        let held = block_on(device.lock("journal/a")).expect("lock");
        assert!(held.is_some());
        assert!(block_on(device.lock("journal/a")).expect("lock").is_none());
        drop(held);
        assert!(block_on(device.lock("journal/a")).expect("lock").is_some());
    }
}
