//! Where small messages lie: one file of a fixed size, which is written round and round. What is in use of it, only the
//! journal knows: a message is written here and synced before the journal says where it is, and its place is written again
//! only after the journal has forgotten it.

use std::io;

use super::disk::{Disk, SECTOR_BYTES};

/// What is written together begins at a multiple of this, so that no block of a disk that holds a message already is
/// written again: a power cut then cannot harm it.
pub(super) const BLOCK_BYTES: usize = 4 << 10;

/// The file, and where it is written next.
#[derive(Debug)]
pub(super) struct CircularFile<D> {
    disk: D,
    size_bytes: u64,
    /// How far it has been written, all turns counted.
    head: u64,
}

/// Where a message lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// How far the file had been written before it, all turns counted.
    pub(super) start: u64,
    /// Its size.
    pub(super) size_bytes: u32,
}

impl<D: Disk> CircularFile<D> {
    /// A file of this size, which is a multiple of a block, of which nothing is in use.
    pub(super) fn new(disk: D, size_bytes: u64) -> Self {
        Self {
            disk,
            size_bytes,
            head: 0,
        }
    }

    /// Of what lies in it, the first begins there.
    pub(super) fn begin_at(&mut self, tail: u64) {
        self.head = tail;
    }

    /// Where the next is written.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    /// How much can be written while everything from `tail` on is in use.
    pub(super) fn room(&self, tail: u64) -> u64 {
        (tail + self.size_bytes).saturating_sub(self.head)
    }

    /// Notes that a message lies there, while everything from `tail` on is in use; says whether that can be. Where it cannot,
    /// nothing is noted: or a single wrong place would be taken for the end of all that is in use.
    pub(super) fn takes_up(&mut self, tail: u64, extent: Extent) -> bool {
        let end = extent.start.checked_add(extent.size_bytes.into());
        let Some(end) = end.and_then(|end| end.checked_next_multiple_of(BLOCK_BYTES as u64)) else {
            return false;
        };
        let can_be = extent.start >= tail && end - tail <= self.size_bytes;
        if can_be {
            self.head = self.head.max(end);
        }
        can_be
    }

    /// Writes messages, one behind the other; they are durable when this returns. There has to be room.
    pub(super) fn write(&mut self, messages: &[&[u8]]) -> io::Result<Vec<Extent>> {
        let (mut bytes, mut extents) = (Vec::new(), Vec::with_capacity(messages.len()));
        for message in messages {
            extents.push(Extent {
                start: self.head + bytes.len() as u64,
                size_bytes: u32::try_from(message.len()).map_err(io::Error::other)?,
            });
            bytes.extend_from_slice(message);
        }
        if bytes.is_empty() {
            return Ok(extents);
        }
        // Blocks that are written whole need not be read first.
        bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        let (place, before_end) = self.place(self.head, bytes.len());
        self.disk.write(&bytes[..before_end], place)?;
        if before_end < bytes.len() {
            self.disk.write(&bytes[before_end..], 0)?;
        }
        self.disk.sync()?;
        self.head += bytes.len() as u64;
        Ok(extents)
    }

    /// What lies there.
    pub(super) fn read(&self, extent: Extent) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; extent.size_bytes as usize];
        let (place, before_end) = self.place(extent.start, bytes.len());
        let (first, rest) = bytes.split_at_mut(before_end);
        self.disk.read(first, place)?;
        self.disk.read(rest, 0)?;
        Ok(bytes)
    }

    /// What of it can be read, with zeros for the rest.
    pub(super) fn salvage(&self, extent: Extent) -> Vec<u8> {
        let mut bytes = vec![0; extent.size_bytes as usize];
        let mut at = extent.start;
        for sector in bytes.chunks_mut(SECTOR_BYTES) {
            let (place, before_end) = self.place(at, sector.len());
            let (first, rest) = sector.split_at_mut(before_end);
            let _ = self.disk.read(first, place);
            let _ = self.disk.read(rest, 0);
            at += sector.len() as u64;
        }
        bytes
    }

    /// Where in the file that is, and how much of so many bytes fits in before its end.
    fn place(&self, at: u64, len: usize) -> (u64, usize) {
        let place = at % self.size_bytes;
        let before_end = usize::try_from(self.size_bytes - place).unwrap_or(usize::MAX);
        (place, before_end.min(len))
    }
}
