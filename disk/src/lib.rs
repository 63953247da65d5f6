//! Files and folders that are there after a power cut.
//!
//! A file's bytes are durable once the file is synced, its name once the folder is synced that holds it; a folder is
//! itself a name in the folder above. Whoever writes for keeps, on the server or on a device, does so by way of these
//! few functions.

mod bulk;
mod flush;
mod room;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

pub use bulk::Bulk;
pub use flush::Flush;
pub use room::{Promise, Room};

/// The folder in which `path` lies; `.` for a path that is only a name.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes durable which names are in a folder.
///
/// # Errors
/// Those of the disk. What was not written then is never written: to try again is no remedy.
pub fn sync_names(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Gives what was written and synced beside its place that place, whatever has the name now. Durable when this returns.
///
/// # Errors
/// Those of the disk. The old or the new is there then.
pub fn put_in_place(beside: &Path, place: &Path) -> io::Result<()> {
    fs::rename(beside, place)?;
    sync_names(folder_of(place))
}

/// Writes a file that only its owner may read (0600) to `beside`, and gives it `place`, whatever has the name now. Durable when
/// this returns. It answers the file, for who writes on.
///
/// # Errors
/// Those of the disk. What had the name is there then, or all of the new.
pub fn write_private(beside: &Path, place: &Path, bytes: &[u8]) -> io::Result<File> {
    let write = || {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        put_in_place(beside, place)?;
        Ok(file)
    };
    write().inspect_err(|_| {
        // It may hold keys. Where it has its place already there is none.
        let _ = fs::remove_file(beside);
    })
}

/// Makes a folder that only its owner may enter (0700), and what is missing above it. Durable when this returns. One that
/// is there is left as it is.
///
/// # Errors
/// Those of the disk.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<_> = folder
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    missing
        .into_iter()
        .try_for_each(|made| sync_names(folder_of(made)))
}

/// Takes the lock that the file at `path` stands for, if nobody has it; only the owner may read the file (0600). It is
/// held until what is returned is dropped, or the process ends, however it ends.
///
/// # Errors
/// Those of the disk.
pub fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_name_alone_lies_in_the_present_folder() {
        assert_eq!(folder_of(Path::new("a")), Path::new("."));
        assert_eq!(folder_of(Path::new("a/b")), Path::new("a"));
        assert_eq!(folder_of(Path::new("/a")), Path::new("/"));
    }

    #[test]
    fn a_private_file_takes_the_place_of_another_whole_or_not_at_all() {
        let home = tempfile::tempdir().expect("a folder");
        let (place, beside) = (home.path().join("file"), home.path().join("file.new"));
        for bytes in [&b"a longer one"[..], b"short"] {
            write_private(&beside, &place, bytes).expect("written");
            assert_eq!(fs::read(&place).expect("there"), bytes);
        }
        let mode = place.metadata().expect("there").permissions().mode();
        assert_eq!((mode & 0o777, beside.exists()), (0o600, false));
        fs::remove_file(&place).expect("removed");
        make_private_folder(&place.join("in the way")).expect("made");
        write_private(&beside, &place, b"no").expect_err("no file takes a folder's place");
        assert_eq!((place.is_dir(), beside.exists()), (true, false));
    }

    #[test]
    fn a_private_folder_is_made_with_all_above_it_and_may_be_there_already() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("a/b");
        make_private_folder(&folder).expect("made");
        make_private_folder(&folder).expect("there");
        for made in [&folder, folder_of(&folder)] {
            let mode = made.metadata().expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", made.display());
        }
    }

    #[test]
    fn a_lock_is_held_by_one_until_it_is_dropped() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("lock");
        let held = lock(&path).expect("asked").expect("free");
        assert!(lock(&path).expect("asked").is_none());
        drop(held);
        assert!(lock(&path).expect("asked").is_some());
    }
}
