//! How much memory bodies and answers may take that have to be whole in memory at once.
//!
//! A request of 8 MiB is read to its end before it is understood, and a page of a volume is as large before it is sent.
//! Many at once, sent or taken slowly, would fill any memory: what is beyond the small is counted, for all together
//! and for each address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::address::Origin;
use crate::error::ApiError;

/// Up to here nothing is counted: the number of connections is limit enough.
pub(crate) const SMALL_BYTES: usize = 16 << 10;
/// All together.
const ALL_BYTES: usize = 192 << 20;
/// One address.
const SHARE_BYTES: usize = ALL_BYTES / 4;
/// What is refused may be tried again after this time.
const RETRY_S: u64 = 2;

/// The memory that is left.
#[derive(Default)]
pub(crate) struct Room(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<Origin, usize>,
}

/// Memory that is counted until this is dropped.
pub(crate) struct Reserved {
    room: Arc<Room>,
    origin: Origin,
    bytes: usize,
}

impl Room {
    /// Nothing yet, for `origin`.
    pub(crate) fn reserve(self: &Arc<Self>, origin: Origin) -> Reserved {
        Reserved {
            room: Arc::clone(self),
            origin,
            bytes: 0,
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reserved {
    /// Makes it `bytes` in all, if it is less.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Result<(), ApiError> {
        if bytes <= self.bytes.max(SMALL_BYTES) {
            return Ok(());
        }
        let more = bytes - self.bytes;
        let mut taken = self.room.taken();
        if taken.all + more > ALL_BYTES {
            return Err(ApiError::Full {
                retry_after_s: RETRY_S,
            });
        }
        let of_address = taken.by_address.entry(self.origin).or_default();
        if *of_address + more > SHARE_BYTES {
            return Err(ApiError::TooManyRequests {
                retry_after_s: RETRY_S,
            });
        }
        *of_address += more;
        taken.all += more;
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.bytes == 0 {
            return;
        }
        let mut taken = self.room.taken();
        taken.all -= self.bytes;
        let left = taken.by_address.get_mut(&self.origin).map_or(0, |of_address| {
            *of_address -= self.bytes;
            *of_address
        });
        if left == 0 {
            taken.by_address.remove(&self.origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn origin(last: u8) -> Origin {
        Origin::from(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn the_small_is_not_counted() {
        let room = Arc::new(Room::default());
        let mut small = room.reserve(origin(1));
        small.grow_to(SMALL_BYTES).expect("small");
        assert_eq!(room.taken().all, 0);
    }

    #[test]
    fn one_address_gets_its_share_and_all_together_get_all_and_it_comes_back() {
        let room = Arc::new(Room::default());
        let mut held: Vec<_> = (0..4).map(|last| room.reserve(origin(last))).collect();
        for reserved in &mut held {
            reserved.grow_to(SHARE_BYTES).expect("its share");
            let more = reserved.grow_to(SHARE_BYTES + 1);
            assert!(more.is_err(), "and no more");
        }
        let mut one_more = room.reserve(origin(9));
        assert!(matches!(
            one_more.grow_to(SMALL_BYTES + 1),
            Err(ApiError::Full { .. })
        ));
        held.pop();
        one_more.grow_to(SHARE_BYTES).expect("there is room again");
        drop((held, one_more));
        assert!(room.taken().all == 0 && room.taken().by_address.is_empty());
    }

    #[test]
    fn an_address_beyond_its_share_is_told_so_even_when_there_is_room() {
        let room = Arc::new(Room::default());
        let mut greedy = room.reserve(origin(1));
        let refused = greedy.grow_to(SHARE_BYTES + 1);
        assert!(matches!(refused, Err(ApiError::TooManyRequests { .. })));
        assert!(room.reserve(origin(2)).grow_to(SHARE_BYTES).is_ok());
    }
}
