//! What the spool holds, oldest first: entries go in at one end and out at the other, each whole or not at all, whenever
//! the power fails. The journal is a queue in flash, of items that say where a message lies; small messages lie in a file
//! that is written round and round.

use std::collections::VecDeque;
use std::io;

use embedded_storage_async::nor_flash::ReadNorFlash as _;
use futures::executor::block_on;
use postern_protocol::MessageId;
use sequential_storage::cache::page_pointers::HeapPagePointers;
use sequential_storage::cache::page_states::HeapPageStates;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::queue::{QueueConfig, QueueStorage};

use super::circular::CircularFile;
use super::disk::Disk;
use super::entry::{self, Content, Entry, Lies, MAX_RECORDS, Record, Small};
use super::flash::{FileFlash, FlashError, PAGE_BYTES};

type PageCache = Cache<HeapPageStates, HeapPagePointers, Uncached>;

/// The most bytes of small messages that are written together.
const MAX_TOGETHER_BYTES: u64 = 1 << 20;

/// Journal and small messages.
pub(super) struct Ring<D: Disk> {
    journal: QueueStorage<FileFlash<D>, PageCache>,
    small: CircularFile<D>,
    /// Those of the journal, oldest first.
    items: VecDeque<Item>,
}

/// What was there when a ring was opened.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What waits, oldest first.
    pub(super) waiting: Vec<Entry>,
    /// Items of the journal that cannot be understood.
    pub(super) unreadable: Vec<Vec<u8>>,
}

/// What is known of an item of the journal.
struct Item {
    /// How many of its messages, which are the last ones, have not been handed on.
    left: usize,
    /// The files that it names.
    files: Vec<MessageId>,
    /// Where its small messages begin.
    start: u64,
}

/// Why an item did not go in or out.
#[derive(Debug)]
pub(super) enum RingError {
    /// There is no room.
    Full,
    /// The disk failed.
    Disk(io::Error),
    /// What is in it cannot be understood.
    Damaged(String),
}

impl<D: Disk> Ring<D> {
    /// Reads what is there.
    pub(super) fn open(flash: FileFlash<D>, small: CircularFile<D>) -> Result<(Self, Found), RingError> {
        let size = u32::try_from(flash.capacity()).unwrap_or(u32::MAX);
        let pages = flash.capacity() / PAGE_BYTES;
        let cache = Cache::new(HeapPageStates::new(pages), HeapPagePointers::new(pages), Uncached);
        let mut ring = Self {
            journal: QueueStorage::new(flash, QueueConfig::new(0..size), cache),
            small,
            items: VecDeque::new(),
        };
        let found = block_on(ring.load())?;
        Ok((ring, found))
    }

    async fn load(&mut self) -> Result<Found, RingError> {
        let mut found = Found::default();
        let items = self.read_journal(&mut found.unreadable).await?;
        let all = items.iter().flatten();
        let tail = all.filter_map(Record::extent).map(|extent| extent.start).next();
        self.small.begin_at(tail.unwrap_or(0));
        for records in items {
            let first = records.iter().find_map(Record::extent);
            let first = first.filter(|extent| self.small.takes_up(self.tail(), *extent));
            self.items.push_back(Item {
                left: records.len(),
                files: records.iter().filter_map(Record::file).collect(),
                start: first.map_or(self.small.head(), |extent| extent.start),
            });
            let waiting = records.into_iter().map(|record| self.read(record));
            found.waiting.extend(waiting);
        }
        Ok(found)
    }

    /// The items, oldest first. What cannot be understood is one of no records: it has its turn to be forgotten.
    async fn read_journal(&mut self, unreadable: &mut Vec<Vec<u8>>) -> Result<Vec<Vec<Record>>, RingError> {
        let (mut read, mut buffer) = (Vec::new(), vec![0; PAGE_BYTES]);
        let mut items = self.journal.iter().await.map_err(failed)?;
        while let Some(item) = items.next(&mut buffer).await.map_err(failed)? {
            let records = entry::decode(&item);
            if records.is_err() {
                unreadable.push(item.to_vec());
            }
            read.push(records.unwrap_or_default());
        }
        Ok(read)
    }

    /// A message that cannot be read, or lies where none can be, holds up no other. Whether it is what was taken says its
    /// hash.
    fn read(&mut self, record: Record) -> Entry {
        let content = match record.lies {
            Lies::File(file) => Content::File(file),
            Lies::Small(extent, hash) => {
                let _ = self.small.takes_up(self.tail(), extent);
                match self.small.read(extent) {
                    Ok(bytes) => Content::Small(Small {
                        bytes: bytes.into(),
                        hash,
                    }),
                    Err(error) => {
                        tracing::error!(%error, "a spooled message cannot be read");
                        Content::Unread(extent, hash)
                    }
                }
            }
        };
        Entry {
            receipt: record.receipt,
            content,
        }
    }

    /// From where on small messages are in use.
    fn tail(&self) -> u64 {
        self.items
            .front()
            .map_or(self.small.head(), |oldest| oldest.start)
    }

    /// Puts as many of these entries as one item takes, together; says how many. They are in when this returns.
    pub(super) fn push(&mut self, entries: &[Entry]) -> Result<usize, RingError> {
        let entries = &entries[..self.fitting(entries)];
        if entries.is_empty() {
            return Err(RingError::Full);
        }
        let start = self.small.head();
        let records = self.write(entries).map_err(RingError::Disk)?;
        block_on(self.journal.push(&entry::encode(&records), false)).map_err(failed)?;
        self.items.push_back(Item {
            left: records.len(),
            files: records.iter().filter_map(Record::file).collect(),
            start,
        });
        Ok(records.len())
    }

    /// How many of these, from the first on, go into one item, and what is small of them into the room that there is.
    fn fitting(&self, entries: &[Entry]) -> usize {
        let room = self.small.room(self.tail()).min(MAX_TOGETHER_BYTES);
        let mut small_bytes = 0;
        let fitting = entries.iter().take(MAX_RECORDS).take_while(|entry| {
            if matches!(entry.content, Content::Small(_)) {
                small_bytes += entry.size_bytes();
            }
            small_bytes <= room
        });
        fitting.count()
    }

    fn write(&mut self, entries: &[Entry]) -> io::Result<Vec<Record>> {
        let small = entries.iter().filter_map(|entry| match &entry.content {
            Content::Small(small) => Some(&small.bytes[..]),
            Content::Unread(..) | Content::File(_) => None,
        });
        let mut extents = self.small.write(&small.collect::<Vec<_>>())?.into_iter();
        let records = entries.iter().filter_map(|entry| {
            let lies = match &entry.content {
                Content::Small(small) => Lies::Small(extents.next()?, small.hash),
                Content::Unread(extent, hash) => Lies::Small(*extent, *hash),
                Content::File(file) => Lies::File(*file),
            };
            let receipt = entry.receipt;
            Some(Record { receipt, lies })
        });
        Ok(records.collect())
    }

    /// Notes that the oldest entries, so many of them, were handed on. Those of an item go when all of them were: yields
    /// the files that are not named any more.
    pub(super) fn forget(&mut self, mut count: usize) -> Result<Vec<MessageId>, RingError> {
        let (mut buffer, mut unnamed) = (vec![0; PAGE_BYTES], Vec::new());
        while let Some(oldest) = self.items.front_mut() {
            if oldest.left > count {
                oldest.left -= count;
                break;
            }
            block_on(self.journal.pop(&mut buffer)).map_err(failed)?;
            count -= oldest.left;
            unnamed.append(&mut oldest.files);
            self.items.pop_front();
        }
        Ok(unnamed)
    }
}

fn failed(error: sequential_storage::Error<FlashError>) -> RingError {
    match error {
        sequential_storage::Error::FullStorage => RingError::Full,
        sequential_storage::Error::Storage { value, .. } => RingError::Disk(value.0),
        other => RingError::Damaged(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests;
