//! Making many files durable at once.
//!
//! An `fsync` of a file ends with a flush of the disk's own cache, the slowest thing that a disk does: a bundle of 200
//! files, each with its name, comes to 400 of them. `syncfs` writes all that the file system holds, and flushes twice.
//! It is used where it is known to do so, and to tell of every error (Linux 5.8 and later); elsewhere each file is
//! synced.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::sync_names;

/// How files that belong together are made durable.
#[derive(Debug)]
pub enum Flush {
    /// By `syncfs` of the file system that all of them are on.
    #[cfg(target_os = "linux")]
    FileSystem(File),
    /// One after the other.
    Each,
}

impl Flush {
    /// For many files and names that will be written in these folders from now on: of errors before this moment nothing
    /// is told.
    ///
    /// # Errors
    /// Those of opening a folder.
    pub fn begin<'a>(folders: impl IntoIterator<Item = &'a Path>) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(folder) = linux::the_one(folders)? {
            return Ok(Self::FileSystem(folder));
        }
        #[cfg(not(target_os = "linux"))]
        let _ = folders;
        Ok(Self::Each)
    }

    /// The bytes of these files are durable when this returns.
    ///
    /// # Errors
    /// Those of the disk: none of the files is to be trusted then.
    pub fn files<'a>(&self, files: impl Iterator<Item = &'a File> + Clone) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::FileSystem(folder) => linux::sync(folder),
            Self::Each => {
                files.clone().for_each(send_to_disk);
                files.into_iter().try_for_each(File::sync_data)
            }
        }
    }

    /// The names in these folders are durable when this returns.
    ///
    /// # Errors
    /// Those of the disk: none of the names is to be trusted then.
    pub fn names<'a>(&self, folders: impl IntoIterator<Item = &'a Path>) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::FileSystem(folder) => linux::sync(folder),
            Self::Each => folders.into_iter().try_for_each(sync_names),
        }
    }
}

/// Begins to write a file to the disk, without waiting. The `fdatasync`s that follow then share a turn of the file system's
/// journal, of which each would wait for one of its own.
fn send_to_disk(file: &File) {
    // Linux does so for bytes that are said to be of no more use in memory.
    #[cfg(target_os = "linux")]
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use rustix::fs::{fstatfs, syncfs};
    use rustix::system::uname;

    /// ext2 to ext4, XFS, Btrfs, F2FS; and tmpfs, where nothing is durable. Not those of user space (FUSE), which are told
    /// nothing of a `syncfs`, nor any over a network.
    const KNOWN: [u64; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994];

    /// `syncfs` tells of errors from this release on.
    const TELLS: (u32, u32) = (5, 8);

    /// One of these folders, if they are all on one file system of which `syncfs` makes all durable.
    pub(super) fn the_one<'a>(folders: impl IntoIterator<Item = &'a Path>) -> io::Result<Option<File>> {
        let mut folders = folders.into_iter();
        let Some(first) = folders.next() else {
            return Ok(None);
        };
        // Opened anew each time: of an error each open folder is told once.
        let first = File::open(first)?;
        if !syncs_all_and_tells(&first)? {
            return Ok(None);
        }
        let device = first.metadata()?.dev();
        for folder in folders {
            if folder.metadata()?.dev() != device {
                return Ok(None);
            }
        }
        Ok(Some(first))
    }

    fn syncs_all_and_tells(folder: &File) -> io::Result<bool> {
        let kind = u64::try_from(fstatfs(folder)?.f_type).unwrap_or_default();
        let tells = release(&uname().release().to_string_lossy()).is_some_and(|release| release >= TELLS);
        Ok(tells && KNOWN.contains(&kind))
    }

    pub(super) fn sync(folder: &File) -> io::Result<()> {
        Ok(syncfs(folder)?)
    }

    /// `6.1.0-18-amd64` is release 6.1.
    fn release(text: &str) -> Option<(u32, u32)> {
        let mut numbers = text.split(|c: char| !c.is_ascii_digit());
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_release_is_compared_by_its_numbers() {
            assert_eq!(release("6.1.0-18-amd64"), Some((6, 1)));
            assert_eq!(release("5.10"), Some((5, 10)));
            assert!(release("5.10") > Some(TELLS) && release("4.18.0-553.el8") < Some(TELLS));
            assert_eq!(release("unknown"), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn both_ways_come_to_their_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = Flush::begin([folder.path()]).expect("it can be asked");
        for flush in [found, Flush::Each] {
            let mut file = File::create(folder.path().join("a")).expect("a file");
            file.write_all(b"words").expect("written");
            flush.files([&file].into_iter()).expect("synced");
            flush.names([folder.path()]).expect("synced");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn folders_of_two_file_systems_are_synced_one_by_one() {
        let (folder, other) = (tempfile::tempdir().expect("a folder"), Path::new("/proc"));
        let flush = Flush::begin([folder.path(), other]).expect("it can be asked");
        assert!(matches!(flush, Flush::Each));
        let flush = Flush::begin([other]).expect("it can be asked");
        assert!(matches!(flush, Flush::Each));
        assert!(matches!(Flush::begin([]).expect("nothing to ask"), Flush::Each));
    }
}
