//! The journal's ring: items go in at one end and out at the other, each whole or not at all, whenever the power fails.

use std::collections::VecDeque;

use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use futures::executor::block_on;
use sequential_storage::cache::page_pointers::HeapPagePointers;
use sequential_storage::cache::page_states::HeapPageStates;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::queue::{QueueConfig, QueueStorage};

use super::entry::{self, Entry};
use super::flash::PAGE_BYTES;

type PageCache = Cache<HeapPageStates, HeapPagePointers, Uncached>;

/// A queue of items in flash, or in a file that behaves so.
pub(super) struct Ring<F: MultiwriteNorFlash> {
    queue: QueueStorage<F, PageCache>,
    /// How many entries of each item, oldest first, have not been handed on.
    items: VecDeque<usize>,
}

/// Why an item did not go in or out.
#[derive(Debug)]
pub(super) enum RingError<E> {
    /// There is no room.
    Full,
    /// The flash failed.
    Flash(E),
    /// What is in it cannot be understood.
    Damaged(String),
}

impl<F: MultiwriteNorFlash> Ring<F> {
    /// Reads what is in the flash: yields the entries that wait, oldest first.
    pub(super) fn open(flash: F) -> Result<(Self, Vec<Entry>), RingError<F::Error>> {
        let size = u32::try_from(flash.capacity()).unwrap_or(u32::MAX);
        let pages = flash.capacity() / PAGE_BYTES;
        let cache = Cache::new(HeapPageStates::new(pages), HeapPagePointers::new(pages), Uncached);
        let mut ring = Self {
            queue: QueueStorage::new(flash, QueueConfig::new(0..size), cache),
            items: VecDeque::new(),
        };
        let waiting = block_on(ring.load())?;
        Ok((ring, waiting))
    }

    async fn load(&mut self) -> Result<Vec<Entry>, RingError<F::Error>> {
        let (mut waiting, mut buffer) = (Vec::new(), vec![0; PAGE_BYTES]);
        let mut items = self.queue.iter().await.map_err(failed)?;
        while let Some(item) = items.next(&mut buffer).await.map_err(failed)? {
            let entries = entry::decode(&item).map_err(|error| RingError::Damaged(error.to_string()))?;
            self.items.push_back(entries.len());
            waiting.extend(entries);
        }
        Ok(waiting)
    }

    /// Puts as many of these entries as one item takes, together; says how many. They are in when this returns.
    pub(super) fn push(&mut self, entries: &[Entry]) -> Result<usize, RingError<F::Error>> {
        let count = entry::in_one_item(entries).min(entries.len());
        let item = entry::encode(&entries[..count]);
        block_on(self.queue.push(&item, false)).map_err(failed)?;
        self.items.push_back(count);
        Ok(count)
    }

    /// Notes that the oldest entries, so many of them, were handed on. Those of an item go when all of them were.
    pub(super) fn forget(&mut self, mut count: usize) -> Result<(), RingError<F::Error>> {
        let mut buffer = vec![0; PAGE_BYTES];
        while let Some(left) = self.items.front_mut() {
            if *left > count {
                *left -= count;
                break;
            }
            block_on(self.queue.pop(&mut buffer)).map_err(failed)?;
            count -= *left;
            self.items.pop_front();
        }
        Ok(())
    }
}

fn failed<E>(error: sequential_storage::Error<E>) -> RingError<E>
where
    E: std::fmt::Debug,
{
    match error {
        sequential_storage::Error::FullStorage => RingError::Full,
        sequential_storage::Error::Storage { value, .. } => RingError::Flash(value),
        other => RingError::Damaged(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests;
