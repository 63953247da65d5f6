//! Whether the disk has room.
//!
//! The records often lie on the same disk, and a database needs room even to remove something: so neither contents nor mail
//! that waits ever take the last of it. What has been let in and is not written yet is counted as if it were, or many at once
//! would each find the same room.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Kept free: a twentieth of the disk, and never more than this.
const MOST_KEPT_BYTES: u64 = 512 << 20;
const KEPT_PART: u64 = 20;

/// The room under a folder.
#[derive(Debug)]
pub struct Room {
    folder: PathBuf,
    promised_bytes: Mutex<u64>,
}

/// Room for something that is going to be written.
#[derive(Debug)]
pub struct Promise {
    room: Arc<Room>,
    left_bytes: u64,
}

impl Room {
    /// The room of the disk on which this folder lies.
    #[must_use]
    pub fn under(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            promised_bytes: Mutex::default(),
        }
    }

    /// Room for `bytes` more.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::StorageFull`] if they would take the last of the disk.
    pub fn promise(self: &Arc<Self>, bytes: u64) -> io::Result<Promise> {
        let mut promised = self.promised();
        let taken = promised.saturating_add(bytes);
        if !has_free(&self.folder, taken)? {
            return Err(ErrorKind::StorageFull.into());
        }
        *promised = taken;
        Ok(Promise {
            room: Arc::clone(self),
            left_bytes: bytes,
        })
    }

    fn promised(&self) -> MutexGuard<'_, u64> {
        self.promised_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Promise {
    /// So much of it is on the disk now, where it is seen.
    pub fn written(&mut self, bytes: usize) {
        let kept = self.left_bytes.min(bytes as u64);
        self.left_bytes -= kept;
        *self.room.promised() -= kept;
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        *self.room.promised() -= self.left_bytes;
    }
}

fn has_free(folder: &Path, bytes: u64) -> io::Result<bool> {
    let disk = rustix::fs::statvfs(folder)?;
    let (size, free) = (disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize);
    // Some file systems that come over a network do not know.
    Ok(size == 0 || free >= bytes.saturating_add(kept(size)))
}

fn kept(size_bytes: u64) -> u64 {
    MOST_KEPT_BYTES.min(size_bytes / KEPT_PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_than_the_disk_is_refused() {
        let room = Arc::new(Room::under(Path::new(".")));
        room.promise(0).expect("there is room for nothing");
        for wanted in [u64::MAX, 1 << 60] {
            let refused = room.promise(wanted).expect_err("nobody has that much");
            assert_eq!(refused.kind(), ErrorKind::StorageFull);
        }
    }

    #[test]
    fn the_same_room_is_promised_once_and_given_back() {
        let room = Arc::new(Room::under(Path::new(".")));
        let disk = rustix::fs::statvfs(".").expect("a disk");
        let most = disk.f_bavail * disk.f_frsize / 3 * 2;
        let mut first = room.promise(most).expect("there is room for one");
        room.promise(most).expect_err("and not for two");
        first.written(1 << 20);
        assert_eq!(*room.promised(), most - (1 << 20));
        drop(first);
        assert_eq!(*room.promised(), 0);
    }

    #[test]
    fn a_twentieth_is_kept_and_no_more_than_half_a_gibibyte() {
        assert_eq!(kept(40 << 20), 2 << 20);
        assert_eq!(kept(1 << 40), 512 << 20);
    }
}
