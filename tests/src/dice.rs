//! Chance that can be had again: a run says its seed, and the seed makes the same choices.

use std::env;
use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

/// Choices that follow from a seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The seed of a test: what `POSTERN_SEED` says; else the same each time, and in a long run another each time.
    /// It is printed, for whoever has to look into a failure.
    pub fn of_this_test() -> Self {
        let given = env::var("POSTERN_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| if is_long() { now() } else { 1 });
        println!("POSTERN_SEED={seed}");
        Self(seed)
    }

    /// Choices that follow from this seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for somebody who plays beside others.
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// A number within `range`.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.within(0..end as u64)).expect("less than a usize")
    }

    /// True in `percent` of all cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// True in one of `n` cases.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.within(0..n) == 0
    }

    /// One of `things`, if there is one.
    pub fn pick<T: Clone>(&mut self, things: impl IntoIterator<Item = T>) -> Option<T> {
        let things: Vec<T> = things.into_iter().collect();
        let index = self.within(0..things.len().max(1) as u64);
        things.get(usize::try_from(index).ok()?).cloned()
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Whether this is the thorough run, `cargo xtask test --long`.
pub fn is_long() -> bool {
    env::var_os("POSTERN_LONG").is_some()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_choices() {
        let throw = |mut dice: Dice| (0..100).map(|_| dice.within(5..11)).collect::<Vec<_>>();
        assert_eq!(throw(Dice(7)), throw(Dice(7)));
        assert_ne!(throw(Dice(7)), throw(Dice(8)));
        assert!(throw(Dice(7)).iter().all(|number| (5..11).contains(number)));
        assert_eq!(Dice(7).pick(Vec::<u8>::new()), None);
    }
}
