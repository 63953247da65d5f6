//! A file that behaves like NOR flash, which is what the journal is written for. What is erased there is all ones; a file
//! that was just made is all zeros. So everything stands inverted in it, and nothing has to be written first.
//!
//! Between two syncs a disk knows no order: of what was written, any sectors may be there after a power cut, and any may
//! not. The journal relies on its order. So each write is synced, and a page is erased in two steps: it has to lose its
//! first mark before its last one, or else it looks like a page that is being filled, and the ring begins at the wrong
//! place. (Erased in one step, one power cut in a thousand lost acknowledged mail in the test beside `ring`.)

use std::io;

use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

use super::disk::{Disk, SECTOR_BYTES};

/// What is erased at once, and the largest record with its head.
pub(super) const PAGE_BYTES: usize = 64 << 10;

/// A file as flash.
#[derive(Debug)]
pub(super) struct FileFlash<D> {
    disk: D,
    size_bytes: usize,
}

/// What the disk says.
#[derive(Debug)]
pub(super) struct FlashError(pub(super) io::Error);

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl<D: Disk> FileFlash<D> {
    /// A file that has this size already.
    pub(super) fn new(disk: D, size_bytes: usize) -> Self {
        Self { disk, size_bytes }
    }

    fn write_synced(&self, bytes: &[u8], offset: u64) -> Result<(), FlashError> {
        self.disk.write(bytes, offset).map_err(FlashError)?;
        self.disk.sync().map_err(FlashError)
    }
}

impl<D> ErrorType for FileFlash<D> {
    type Error = FlashError;
}

impl<D: Disk> ReadNorFlash for FileFlash<D> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.disk.read(bytes, offset.into()).map_err(FlashError)?;
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.size_bytes
    }
}

impl<D: Disk> NorFlash for FileFlash<D> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = PAGE_BYTES;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        let (first, rest) = ERASED.split_at(SECTOR_BYTES);
        for page in (from..to).step_by(PAGE_BYTES) {
            self.write_synced(first, page.into())?;
            self.write_synced(rest, u64::from(page) + SECTOR_BYTES as u64)?;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let inverted: Vec<_> = bytes.iter().map(|byte| !byte).collect();
        self.write_synced(&inverted, offset.into())
    }
}

/// A page in which nothing is written.
static ERASED: [u8; PAGE_BYTES] = [0; PAGE_BYTES];

/// A file can be written as often as one likes.
impl<D: Disk> MultiwriteNorFlash for FileFlash<D> {}
