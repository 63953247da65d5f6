//! How large buffers are: large for a few transfers, since each hop to the disk costs the same; small for many, so that
//! a thousand slow ones take no more memory than fifty fast ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const ALL_BYTES: usize = 32 << 20;
const LEAST_BYTES: usize = 32 << 10;
const MOST_BYTES: usize = 512 << 10;

/// What all transfers share.
#[derive(Debug, Default)]
pub(super) struct Buffers(AtomicUsize);

/// One transfer's share, until it is dropped.
#[derive(Debug)]
pub(super) struct Share(Arc<Buffers>);

impl Buffers {
    pub(super) fn share(self: &Arc<Self>) -> Share {
        self.0.fetch_add(1, Ordering::Relaxed);
        Share(Arc::clone(self))
    }
}

impl Share {
    /// How large a buffer may be now.
    pub(super) fn bytes(&self) -> usize {
        let transfers = self.0.0.load(Ordering::Relaxed).max(1);
        (ALL_BYTES / transfers).clamp(LEAST_BYTES, MOST_BYTES)
    }

    /// Whether there are so few transfers that each may have as much memory as helps.
    pub(super) fn is_large(&self) -> bool {
        self.bytes() == MOST_BYTES
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_transfers_have_large_buffers_and_many_have_small_ones() {
        let buffers = Arc::new(Buffers::default());
        let first = buffers.share();
        assert_eq!(first.bytes(), MOST_BYTES);
        let others: Vec<_> = (0..999).map(|_| buffers.share()).collect();
        assert_eq!(first.bytes(), ALL_BYTES / 1_000);
        drop(others);
        assert_eq!(first.bytes(), MOST_BYTES);
    }
}
