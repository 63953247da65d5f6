//! A file that behaves like NOR flash, which is what the journal is written for. What is erased there is all ones; a file
//! that was just made is all zeros. So everything stands inverted in it, and nothing has to be written first.
//!
//! Between two syncs a disk knows no order: of what was written, any sectors may be there after a power cut, and any may
//! not. The journal relies on its order. So each write is synced before the next, and a page is erased in two steps: it has
//! to lose its first mark before its last one, or else it looks like a page that is being filled, and the ring begins at the
//! wrong place. (Erased in one step, one power cut in a thousand lost acknowledged mail in the test beside `ring`.)
//!
//! Only writes that follow each other without a gap, as an item follows its head, are synced as one. What a power cut leaves
//! of such an item may be its end without its beginning, in a place that looks free: so a journal is written anew whenever it
//! is opened.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// What is erased at once. Opening and closing a page takes four syncs, which a large one shares out among many items.
pub(super) const PAGE_BYTES: usize = 1 << 20;

/// What every disk writes whole or not at all.
pub(super) const SECTOR_BYTES: usize = 512;

/// What a journal is kept on: a file.
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

/// A file as flash.
#[derive(Debug)]
pub(super) struct FileFlash<D, const PAGE: usize = PAGE_BYTES> {
    disk: D,
    size_bytes: usize,
    /// Where what was written and not synced ends.
    unsynced: Option<u64>,
}

/// What the disk says.
#[derive(Debug)]
pub(super) struct FlashError(pub(super) io::Error);

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl<D: Disk, const PAGE: usize> FileFlash<D, PAGE> {
    /// A file that has this size already.
    pub(super) fn new(disk: D, size_bytes: usize) -> Self {
        Self {
            disk,
            size_bytes,
            unsynced: None,
        }
    }

    /// What was written is durable when this returns.
    pub(super) fn settle(&mut self) -> Result<(), FlashError> {
        match self.unsynced.take() {
            Some(_) => self.disk.sync().map_err(FlashError),
            None => Ok(()),
        }
    }

    fn write_synced(&self, bytes: &[u8], offset: u64) -> Result<(), FlashError> {
        self.disk.write(bytes, offset).map_err(FlashError)?;
        self.disk.sync().map_err(FlashError)
    }
}

impl<D, const PAGE: usize> ErrorType for FileFlash<D, PAGE> {
    type Error = FlashError;
}

impl<D: Disk, const PAGE: usize> ReadNorFlash for FileFlash<D, PAGE> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.settle()?;
        self.disk.read(bytes, offset.into()).map_err(FlashError)?;
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.size_bytes
    }
}

impl<D: Disk, const PAGE: usize> NorFlash for FileFlash<D, PAGE> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.settle()?;
        let (first, rest) = ERASED[..PAGE].split_at(SECTOR_BYTES);
        for page in (from..to).step_by(PAGE) {
            self.write_synced(first, page.into())?;
            self.write_synced(rest, u64::from(page) + SECTOR_BYTES as u64)?;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let inverted: Vec<_> = bytes.iter().map(|byte| !byte).collect();
        let offset = u64::from(offset);
        if self.unsynced.is_some_and(|end| end != offset) {
            self.settle()?;
        }
        self.disk.write(&inverted, offset).map_err(FlashError)?;
        self.unsynced = Some(offset + bytes.len() as u64);
        Ok(())
    }
}

/// A page in which nothing is written.
static ERASED: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

/// A file can be written as often as one likes.
impl<D: Disk, const PAGE: usize> MultiwriteNorFlash for FileFlash<D, PAGE> {}
