//! The journal's ring: items go in at one end and out at the other, each whole or not at all, whenever the power fails.

use std::collections::VecDeque;

use embedded_storage_async::nor_flash::ReadNorFlash as _;
use futures::executor::block_on;
use sequential_storage::cache::page_pointers::HeapPagePointers;
use sequential_storage::cache::page_states::HeapPageStates;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::queue::{QueueConfig, QueueStorage};

use super::entry::{self, Entry, MAX_ITEM_BYTES};
use super::flash::{Disk, FileFlash, FlashError, PAGE_BYTES};

type PageCache = Cache<HeapPageStates, HeapPagePointers, Uncached>;
type Queue<D, const PAGE: usize> = QueueStorage<FileFlash<D, PAGE>, PageCache>;

/// A queue of items in a file.
pub(super) struct Ring<D: Disk, const PAGE: usize = PAGE_BYTES> {
    queue: Queue<D, PAGE>,
    /// The items in it, oldest first.
    items: VecDeque<Item>,
}

/// How many entries an item has, and how many of them have not been handed on.
struct Item {
    entries: usize,
    left: usize,
}

/// Why an item did not go in or out.
#[derive(Debug)]
pub(super) enum RingError {
    /// There is no room.
    Full,
    /// The flash failed.
    Flash(FlashError),
    /// What is in it cannot be understood.
    Damaged(String),
}

/// The entries that wait, oldest first.
pub(super) fn read<D: Disk, const PAGE: usize>(flash: FileFlash<D, PAGE>) -> Result<Vec<Entry>, RingError> {
    block_on(read_items(&mut queue(flash)))
}

async fn read_items<D: Disk, const PAGE: usize>(queue: &mut Queue<D, PAGE>) -> Result<Vec<Entry>, RingError> {
    let (mut waiting, mut buffer) = (Vec::new(), vec![0; MAX_ITEM_BYTES]);
    let mut items = queue.iter().await.map_err(failed)?;
    while let Some(item) = items.next(&mut buffer).await.map_err(failed)? {
        waiting.extend(entry::decode(&item).map_err(|error| RingError::Damaged(error.to_string()))?);
    }
    Ok(waiting)
}

fn queue<D: Disk, const PAGE: usize>(flash: FileFlash<D, PAGE>) -> Queue<D, PAGE> {
    let size = u32::try_from(flash.capacity()).unwrap_or(u32::MAX);
    let pages = flash.capacity() / PAGE;
    let cache = Cache::new(HeapPageStates::new(pages), HeapPagePointers::new(pages), Uncached);
    QueueStorage::new(flash, QueueConfig::new(0..size), cache)
}

impl<D: Disk, const PAGE: usize> Ring<D, PAGE> {
    /// A ring in a file in which nothing is written yet; these entries are the first in it.
    pub(super) fn with(flash: FileFlash<D, PAGE>, entries: &[Entry]) -> Result<Self, RingError> {
        let mut ring = Self {
            queue: queue(flash),
            items: VecDeque::new(),
        };
        let mut rest = entries;
        while !rest.is_empty() {
            rest = &rest[ring.push(rest)?..];
        }
        Ok(ring)
    }

    /// Puts as many of these entries as one item takes, together; says how many. They are in when this returns.
    pub(super) fn push(&mut self, entries: &[Entry]) -> Result<usize, RingError> {
        let count = entry::in_one_item(entries).min(entries.len());
        let item = entry::encode(&entries[..count]);
        block_on(self.queue.push(&item, false)).map_err(failed)?;
        self.settle()?;
        self.items.push_back(Item {
            entries: count,
            left: count,
        });
        Ok(count)
    }

    /// Notes that the oldest entries, so many of them, were handed on. Those of an item go when all of them were: says how
    /// many entries are gone for good, from the oldest that was there.
    pub(super) fn forget(&mut self, mut count: usize) -> Result<usize, RingError> {
        let mut gone = 0;
        let mut buffer = vec![0; MAX_ITEM_BYTES];
        while let Some(item) = self.items.front_mut() {
            if item.left > count {
                item.left -= count;
                break;
            }
            block_on(self.queue.pop(&mut buffer)).map_err(failed)?;
            count -= item.left;
            gone += item.entries;
            self.items.pop_front();
        }
        self.settle()?;
        Ok(gone)
    }

    fn settle(&mut self) -> Result<(), RingError> {
        self.queue.flash().settle().map_err(RingError::Flash)
    }
}

fn failed(error: sequential_storage::Error<FlashError>) -> RingError {
    match error {
        sequential_storage::Error::FullStorage => RingError::Full,
        sequential_storage::Error::Storage { value, .. } => RingError::Flash(value),
        other => RingError::Damaged(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests;
