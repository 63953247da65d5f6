//! What the spool asks of a file, so that a test can let its power fail.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// What every disk writes whole or not at all.
pub(super) const SECTOR_BYTES: usize = 512;

/// A file.
pub(super) trait Disk {
    /// Reads all of `bytes`.
    fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of `bytes`.
    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// All that was written is durable when this returns.
    fn sync(&self) -> io::Result<()>;
}

impl Disk for File {
    fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(bytes, offset)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
