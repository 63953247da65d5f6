//! Making many files durable at once.
//!
//! An `fsync` of a file ends with a flush of the disk's own cache, the slowest thing that a disk does: a bundle of 200
//! files, each with its name, comes to 400 of them. `syncfs` writes all that the file system holds, and flushes twice.
//! It is used where it is known to do so, and to tell of every error (Linux 5.8 and later); elsewhere each file is
//! synced.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::sync_folder;
use crate::steps;

/// How the files of one bundle are made durable.
#[derive(Debug)]
pub(super) enum Flush {
    /// By `syncfs` of the file systems of these folders.
    #[cfg(target_os = "linux")]
    FileSystem {
        /// Where the bytes are written.
        arriving: File,
        /// Where the names are given.
        blobs: File,
    },
    EachFile,
}

impl Flush {
    /// For files that will be written from now on: of errors before this moment nothing is told.
    pub(super) fn begin(arriving: &Path, blobs: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        {
            // Opened anew each time: of an error each open folder is told once.
            let (arriving, blobs) = (File::open(arriving)?, File::open(blobs)?);
            if linux::syncs_all_and_tells(&arriving)? && linux::syncs_all_and_tells(&blobs)? {
                return Ok(Self::FileSystem { arriving, blobs });
            }
        }
        let _ = (arriving, blobs);
        Ok(Self::EachFile)
    }

    /// The bytes of these files are durable when this returns.
    pub(super) fn files<'a>(&self, files: impl Iterator<Item = &'a File> + Clone) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::FileSystem { arriving, .. } => linux::sync(arriving),
            Self::EachFile => {
                files.clone().for_each(send_to_disk);
                for file in files {
                    file.sync_data()?;
                    steps::reached();
                }
                Ok(())
            }
        }
    }

    /// The names in these folders are durable when this returns.
    pub(super) fn names(&self, folders: &BTreeSet<PathBuf>) -> io::Result<()> {
        match self {
            #[cfg(target_os = "linux")]
            Self::FileSystem { blobs, .. } => linux::sync(blobs),
            Self::EachFile => folders.iter().try_for_each(|folder| sync_folder(folder)),
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

    use rustix::fs::{fstatfs, syncfs};
    use rustix::system::uname;

    use crate::steps;

    /// ext2 to ext4, XFS, Btrfs, F2FS; and tmpfs, where nothing is durable. Not those of user space (FUSE), which are told
    /// nothing of a `syncfs`, nor any over a network.
    const KNOWN: [u64; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994];

    /// `syncfs` tells of errors from this release on.
    const TELLS: (u32, u32) = (5, 8);

    pub(super) fn syncs_all_and_tells(folder: &File) -> io::Result<bool> {
        let kind = u64::try_from(fstatfs(folder)?.f_type).unwrap_or_default();
        let tells = release(&uname().release().to_string_lossy()).is_some_and(|release| release >= TELLS);
        Ok(tells && KNOWN.contains(&kind))
    }

    pub(super) fn sync(folder: &File) -> io::Result<()> {
        syncfs(folder)?;
        steps::reached();
        Ok(())
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
        let found = Flush::begin(folder.path(), folder.path()).expect("it can be asked");
        for flush in [found, Flush::EachFile] {
            let mut file = File::create(folder.path().join("a")).expect("a file");
            file.write_all(b"words").expect("written");
            flush.files([&file].into_iter()).expect("synced");
            flush
                .names(&BTreeSet::from([folder.path().to_owned()]))
                .expect("synced");
        }
    }
}
