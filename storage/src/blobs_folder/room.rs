//! Whether the disk has room.
//!
//! The records often lie on the same disk, and a database needs room even to remove something: so contents never take
//! the last of it.

use std::io::{self, ErrorKind};
use std::path::Path;

/// Kept free: a twentieth of the disk, and never more than this.
const MOST_KEPT_BYTES: u64 = 512 << 20;
const KEPT_PART: u64 = 20;

/// An error of kind [`ErrorKind::StorageFull`] if `wanted_bytes` more would take the last of the disk under `folder`.
pub(super) fn check(folder: &Path, wanted_bytes: u64) -> io::Result<()> {
    let disk = rustix::fs::statvfs(folder)?;
    let (size, free) = (disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize);
    // Some file systems that come over a network do not know.
    if size == 0 || free >= wanted_bytes.saturating_add(kept(size)) {
        Ok(())
    } else {
        Err(ErrorKind::StorageFull.into())
    }
}

fn kept(size_bytes: u64) -> u64 {
    MOST_KEPT_BYTES.min(size_bytes / KEPT_PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_than_the_disk_is_refused() {
        let here = Path::new(".");
        check(here, 0).expect("there is room for nothing");
        for wanted in [u64::MAX, 1 << 60] {
            let refused = check(here, wanted).expect_err("nobody has that much");
            assert_eq!(refused.kind(), ErrorKind::StorageFull);
        }
    }

    #[test]
    fn a_twentieth_is_kept_and_no_more_than_half_a_gibibyte() {
        assert_eq!(kept(40 << 20), 2 << 20);
        assert_eq!(kept(1 << 40), 512 << 20);
    }
}
