//! How much is read from a connection before what has come is looked at.

use std::ops::RangeInclusive;

/// Else all that the system holds for a thousand connections would be taken into memory first. Alone, one reads more at
/// once, which costs less.
const TURN_BYTES: RangeInclusive<usize> = 32 << 10..=128 << 10;
/// All together, unless even the least for each is more.
const TURNS_BYTES: usize = 8 << 20;

/// What may still be read in this turn.
pub(super) struct Turn {
    left_bytes: usize,
}

impl Turn {
    /// One of a connection that is one of so many.
    pub(super) fn among(present: usize) -> Self {
        let share = TURNS_BYTES / present.max(1);
        Self {
            left_bytes: share.clamp(*TURN_BYTES.start(), *TURN_BYTES.end()),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.left_bytes == 0
    }

    pub(super) fn has_read(&mut self, bytes: usize) {
        self.left_bytes = self.left_bytes.saturating_sub(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_reads_much_at_once_and_a_thousand_read_little() {
        assert_eq!(Turn::among(1).left_bytes, 128 << 10);
        assert_eq!(Turn::among(128).left_bytes, 64 << 10);
        assert_eq!(Turn::among(10_000).left_bytes, 32 << 10);
    }

    #[test]
    fn a_turn_is_over_when_its_bytes_are_read() {
        let mut turn = Turn::among(1);
        turn.has_read(100 << 10);
        assert!(!turn.is_over());
        turn.has_read(100 << 10);
        assert!(turn.is_over());
    }
}
