//! How long to wait before something is tried again: one rule for requests, batches, the feed and whole transfers.

use crate::{Clock, Entropy};

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

    /// Waits for that pause, or for as long as whoever was asked wishes, if that is longer.
    pub async fn wait(self, attempt: u32, wish_ms: u64, clock: &dyn Clock, entropy: &dyn Entropy) {
        clock.sleep_ms(wish_ms.max(self.pause_ms(attempt, entropy))).await;
    }
}

#[cfg(test)]
mod tests {
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
