//! How often one may ask, and what the answer is to asking more often.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::marker::PhantomData;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use postern_protocol::AccountName;

use crate::address::Origin;
use crate::error::ApiError;
use crate::settings::{Rate, Rates};

/// Every limit of this node, with what has been counted so far.
pub(crate) struct Limits {
    address: Limit<Origin>,
    stranger: Limit<Origin>,
    login: Limit<AccountName>,
}

impl Limits {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            address: Limit::new(rates.address),
            stranger: Limit::new(rates.stranger),
            login: Limit::new(rates.login),
        }
    }

    /// Anything at all.
    pub(crate) fn count_request(&self, origin: Origin) -> Result<(), ApiError> {
        self.address.count(&origin)
    }

    /// Something that needs no session.
    pub(crate) fn count_stranger(&self, origin: Origin) -> Result<(), ApiError> {
        self.stranger.count(&origin)
    }

    /// An attempt at somebody's account. Counted alike whether anybody has the name.
    pub(crate) fn count_login(&self, name: &AccountName) -> Result<(), ApiError> {
        self.login.count(name)
    }

    /// Forgets whoever has not asked for so long that they start anew anyway.
    pub(crate) fn forget_idle(&self) {
        self.address.forget_idle();
        self.stranger.forget_idle();
        self.login.forget_idle();
    }
}

/// How many are told apart. A flood from a million addresses must not take memory for a million: two that fall into one
/// cell share its limit, and which do is drawn anew at each start, so that nobody can aim at somebody's cell.
const CELLS: u64 = 1 << 18;

struct Limit<K> {
    cells: DefaultKeyedRateLimiter<u32>,
    hasher: RandomState,
    key: PhantomData<fn(&K)>,
}

impl<K: Hash> Limit<K> {
    fn new(rate: Rate) -> Self {
        let quota = Quota::per_minute(rate.per_minute).allow_burst(rate.burst);
        Self {
            cells: DefaultKeyedRateLimiter::keyed(quota),
            hasher: RandomState::new(),
            key: PhantomData,
        }
    }

    fn cell(&self, key: &K) -> u32 {
        u32::try_from(self.hasher.hash_one(key) % CELLS).expect("there are fewer cells than that")
    }

    fn forget_idle(&self) {
        self.cells.retain_recent();
        self.cells.shrink_to_fit();
    }

    fn count(&self, key: &K) -> Result<(), ApiError> {
        self.cells.check_key(&self.cell(key)).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            ApiError::TooManyRequests {
                retry_after_s: wait.as_secs() + 1,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn a_million_addresses_take_no_memory_for_a_million() {
        let often = NonZeroU32::new(1_000).expect("not zero");
        let limit = Limit::new(Rate {
            burst: often,
            per_minute: often,
        });
        for address in 0..1_000_000_u32 {
            limit.count(&address).expect("the cells are wide enough");
        }
        assert!(limit.cells.len() as u64 <= CELLS);
    }

    #[test]
    fn who_asks_too_often_is_told_how_long_to_wait_and_nobody_else_is() {
        let rate = Rate {
            burst: NonZeroU32::new(2).expect("not zero"),
            per_minute: NonZeroU32::new(1).expect("not zero"),
        };
        let limit = Limit::new(rate);
        assert!(limit.count(&"a").is_ok());
        assert!(limit.count(&"a").is_ok());
        assert!(matches!(
            limit.count(&"a"),
            Err(ApiError::TooManyRequests {
                retry_after_s: 30..=61
            })
        ));
        assert!(limit.count(&"b").is_ok());
    }
}
