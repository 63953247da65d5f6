//! How a disk treats what it need not keep.

use crate::Dice;

/// What a disk writes as a whole.
const SECTOR_BYTES: u64 = 512;

/// What it does with changes that no sync has covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    LosesAll,
    KeepsAll,
    KeepsNames,
    KeepsBytes,
    /// Keeps each change in so many of a hundred cases.
    Whim(usize),
}

impl Mood {
    pub(super) fn keeps_name(self, dice: &mut Dice) -> bool {
        match self {
            Self::KeepsAll | Self::KeepsNames => true,
            Self::LosesAll | Self::KeepsBytes => false,
            Self::Whim(percent) => dice.percent(percent),
        }
    }

    pub(super) fn keeps_bytes(self, dice: &mut Dice) -> bool {
        match self {
            Self::KeepsAll | Self::KeepsBytes => true,
            Self::LosesAll | Self::KeepsNames => false,
            Self::Whim(percent) => dice.percent(percent),
        }
    }

    /// Keeps it, loses it, tears it; or lengthens the file by what was there before, zeros or anything else.
    pub(super) fn write(self, bytes: &mut Vec<u8>, at: u64, written: &[u8], dice: &mut Dice) {
        if self.keeps_bytes(dice) {
            return write(bytes, at, written);
        }
        let Self::Whim(percent) = self else { return };
        match dice.below(3) {
            0 => {}
            1 => tear(bytes, at, written, percent, dice),
            _ => {
                let before = bytes.len();
                let end = place(at) + written.len();
                let filling = if dice.percent(50) { 0 } else { 0xa5 };
                bytes.resize(end.max(before), filling);
            }
        }
    }
}

fn tear(bytes: &mut Vec<u8>, at: u64, written: &[u8], percent: usize, dice: &mut Dice) {
    let (mut from, end) = (at, at + written.len() as u64);
    while from < end {
        let to = end.min((from / SECTOR_BYTES + 1) * SECTOR_BYTES);
        if dice.percent(percent) {
            write(bytes, from, &written[place(from - at)..place(to - at)]);
        }
        from = to;
    }
}

pub(super) fn write(bytes: &mut Vec<u8>, at: u64, written: &[u8]) {
    let (from, to) = (place(at), place(at) + written.len());
    bytes.resize(bytes.len().max(to), 0);
    bytes[from..to].copy_from_slice(written);
}

pub(super) fn place(at: u64) -> usize {
    usize::try_from(at).expect("test files fit into memory")
}
