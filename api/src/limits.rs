//! How often one may ask, and what the answer is to asking more often.

use std::hash::Hash;

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
        self.address.0.retain_recent();
        self.stranger.0.retain_recent();
        self.login.0.retain_recent();
    }
}

struct Limit<K: Hash + Eq + Clone>(DefaultKeyedRateLimiter<K>);

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(rate: Rate) -> Self {
        let quota = Quota::per_minute(rate.per_minute).allow_burst(rate.burst);
        Self(DefaultKeyedRateLimiter::keyed(quota))
    }

    fn count(&self, key: &K) -> Result<(), ApiError> {
        self.0.check_key(key).map_err(|early| {
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
