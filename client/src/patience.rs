//! How long to wait before something is tried again: one rule for requests, batches, the feed and whole transfers.

use crate::{Clock, Entropy, Error};

/// Beyond so many doublings every pause is the longest already.
const MOST_DOUBLINGS: u32 = 16;

/// Pauses that grow with each attempt that failed, up to a longest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// What the first pause is shorter than.
    pub first_ms: u64,
    /// What every pause is shorter than.
    pub longest_ms: u64,
}

impl Patience {
    /// The pause after attempt number `attempt`, counted from 0. Exponential, with full jitter: many clients that lost
    /// one server, or met at one tree, must not come back at the same moment.
    #[must_use]
    pub fn pause_ms(self, attempt: u32, entropy: &dyn Entropy) -> u64 {
        let ceiling_ms = self.longest_ms.min(self.first_ms << attempt.min(MOST_DOUBLINGS));
        let mut random = [0; 8];
        entropy.fill(&mut random);
        u64::from_le_bytes(random) % ceiling_ms
    }

    /// Waits for that pause, or until the line is back. Who answered, and wishes for more, is given at least that.
    pub async fn wait(self, attempt: u32, wish_ms: u64, clock: &dyn Clock, entropy: &dyn Entropy) {
        let pause_ms = self.pause_ms(attempt, entropy);
        if wish_ms == 0 {
            clock.await_line_ms(pause_ms).await;
        } else {
            clock.sleep_ms(wish_ms.max(pause_ms)).await;
        }
    }

    /// Waits before what failed with `why` is tried again.
    pub async fn wait_out(self, why: &Error, attempt: u32, clock: &dyn Clock, entropy: &dyn Entropy) {
        let wish_s = match why {
            Error::RateLimited { retry_after_s } => *retry_after_s,
            _ => 0,
        };
        self.wait(attempt, wish_s.saturating_mul(1_000), clock, entropy)
            .await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use async_trait::async_trait;
    use futures::executor::block_on;
    use postern_protocol::TimeMs;

    use super::*;

    const PATIENCE: Patience = Patience {
        first_ms: 100,
        longest_ms: 1_000,
    };

    /// A generator that gives this number.
    struct Gives(u64);

    impl Entropy for Gives {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.to_le_bytes());
        }
    }

    /// Remembers how long it was to wait, and whether a line that comes back would have ended that.
    #[derive(Default)]
    struct Waits(Cell<Option<(u64, bool)>>);

    #[async_trait(?Send)]
    impl Clock for Waits {
        fn now(&self) -> TimeMs {
            TimeMs(0)
        }
        async fn sleep_ms(&self, ms: u64) {
            self.0.set(Some((ms, false)));
        }
        async fn await_line_ms(&self, ms: u64) {
            self.0.set(Some((ms, true)));
        }
    }

    #[test]
    fn a_line_that_is_back_ends_a_pause_but_not_what_a_server_asked_for() {
        let waits = Waits::default();
        for (why, expected) in [
            (Error::Offline, (99, true)),
            (Error::Unavailable, (99, true)),
            (Error::RateLimited { retry_after_s: 7 }, (7_000, false)),
        ] {
            assert!(why.passes());
            block_on(PATIENCE.wait_out(&why, 0, &waits, &Gives(99)));
            assert_eq!(waits.0.take(), Some(expected), "{why}");
        }
    }

    #[test]
    fn pauses_double_until_the_longest_and_stay_there() {
        let ceilings = [100, 200, 400, 800, 1_000, 1_000];
        for (attempt, ceiling) in (0..).zip(ceilings) {
            assert_eq!(PATIENCE.pause_ms(attempt, &Gives(ceiling - 1)), ceiling - 1);
            assert_eq!(
                PATIENCE.pause_ms(attempt, &Gives(ceiling)),
                0,
                "attempt {attempt}"
            );
        }
        assert_eq!(PATIENCE.pause_ms(u32::MAX, &Gives(999)), 999);
    }

    #[test]
    fn two_clients_that_failed_together_do_not_come_back_together() {
        assert_ne!(
            PATIENCE.pause_ms(3, &Gives(17)),
            PATIENCE.pause_ms(3, &Gives(517))
        );
    }
}
