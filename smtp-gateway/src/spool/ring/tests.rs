//! The power fails, thousands of times.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::spool::flash::{Disk, FileFlash, SECTOR_BYTES};

/// Small ones, so that many are filled and erased.
const PAGE: usize = 64 << 10;
const PAGES: usize = 4;

/// A disk that outlives those who use it, and whose power may fail.
#[derive(Clone)]
struct Platter(Rc<RefCell<State>>);

struct State {
    /// What is on it.
    bytes: Vec<u8>,
    /// What was written and not synced.
    unsynced: Vec<(usize, Vec<u8>)>,
    power: Power,
    rng: ChaCha20Rng,
}

#[derive(Clone, Copy)]
enum Power {
    On,
    /// So many writes and syncs more will be done.
    FailsAfter(u32),
    Off,
}

impl Platter {
    fn new(seed: u64) -> Self {
        Self(Rc::new(RefCell::new(State {
            bytes: vec![0; PAGES * PAGE],
            unsynced: Vec::new(),
            power: Power::On,
            rng: ChaCha20Rng::seed_from_u64(seed),
        })))
    }

    fn flash(&self) -> FileFlash<Self, PAGE> {
        FileFlash::new(self.clone(), PAGES * PAGE)
    }

    fn power(&self, power: Power) {
        self.0.borrow_mut().power = power;
    }
}

impl State {
    /// Counts what is done. When the power fails, some sectors of what was not synced are on the disk, and some are not.
    fn step(&mut self) -> io::Result<()> {
        self.power = match self.power {
            Power::On => Power::On,
            Power::FailsAfter(0) => {
                self.keep(true);
                Power::Off
            }
            Power::FailsAfter(left) => Power::FailsAfter(left - 1),
            Power::Off => Power::Off,
        };
        if matches!(self.power, Power::Off) {
            return Err(io::Error::other("no power"));
        }
        Ok(())
    }

    fn keep(&mut self, some: bool) {
        for (offset, bytes) in std::mem::take(&mut self.unsynced) {
            let (mut at, mut rest) = (offset, &bytes[..]);
            while !rest.is_empty() {
                let end = (SECTOR_BYTES - at % SECTOR_BYTES).min(rest.len());
                if !some || self.rng.random::<bool>() {
                    self.bytes[at..at + end].copy_from_slice(&rest[..end]);
                }
                (at, rest) = (at + end, &rest[end..]);
            }
        }
    }
}

impl Disk for Platter {
    fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.0.borrow();
        assert!(
            state.unsynced.is_empty(),
            "everything is synced before it is read again"
        );
        let start = usize::try_from(offset).expect("a small disk");
        bytes.copy_from_slice(&state.bytes[start..start + bytes.len()]);
        Ok(())
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        let start = usize::try_from(offset).expect("a small disk");
        state.unsynced.push((start, bytes.to_vec()));
        state.step()
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.step()?;
        state.keep(false);
        Ok(())
    }
}

/// What somebody knows who was told what was kept.
#[derive(Default)]
struct Known {
    /// What was kept and not forgotten, oldest first, in the items in which it was kept.
    items: VecDeque<Vec<Entry>>,
    /// What was about to be kept when the power failed.
    perhaps: Vec<Entry>,
    /// How many items may be gone, because they were about to be forgotten.
    going: usize,
}

impl Known {
    fn all(&self) -> Vec<Entry> {
        self.items.iter().flatten().cloned().collect()
    }

    /// Makes sure that what is there now is what was there, but for what was under way; and knows only that from now on.
    fn check(&mut self, waiting: &[Entry]) {
        for gone in 0..=self.going {
            let kept: Vec<_> = self.items.iter().skip(gone).flatten().cloned().collect();
            let with_last = [&kept[..], &self.perhaps].concat();
            if waiting == kept || waiting == with_last {
                let is_there = waiting.len() > kept.len();
                self.items.drain(..gone);
                let perhaps = std::mem::take(&mut self.perhaps);
                if is_there {
                    self.items.push_back(perhaps);
                }
                self.going = 0;
                return;
            }
        }
        panic!(
            "lost or doubled: there are {:?}, known are {:?}, {:?} may be there, of the first {} items may be gone",
            numbers(waiting),
            numbers(&self.all()),
            numbers(&self.perhaps),
            self.going
        );
    }
}

fn numbers(entries: &[Entry]) -> Vec<u64> {
    let number = |entry: &Entry| match entry {
        Entry::Here(bytes) => u64::from_be_bytes(bytes[..8].try_into().expect("eight bytes")),
        Entry::File { .. } => panic!("there are no files here"),
    };
    entries.iter().map(number).collect()
}

fn entries(rng: &mut ChaCha20Rng, number: &mut u64) -> Vec<Entry> {
    let count = rng.random_range(1..4);
    let mut entry = || {
        *number += 1;
        let size = match rng.random_range(0..4) {
            0 => rng.random_range(8..100),
            1 => rng.random_range(8..16_000),
            _ => rng.random_range(8..2_000),
        };
        let mut bytes = vec![0; size];
        rng.fill_bytes(&mut bytes);
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        Entry::Here(bytes.into())
    };
    (0..count).map(|_| entry()).collect()
}

/// In the items in which they are kept when they are all written at once.
fn items_of(mut waiting: &[Entry]) -> VecDeque<Vec<Entry>> {
    let mut items = VecDeque::new();
    while !waiting.is_empty() {
        let (item, rest) = waiting.split_at(entry::in_one_item(waiting).min(waiting.len()));
        items.push_back(item.to_vec());
        waiting = rest;
    }
    items
}

/// Keeps and forgets at random until the power fails.
fn work(ring: &mut Ring<Platter, PAGE>, known: &mut Known, rng: &mut ChaCha20Rng, number: &mut u64) {
    loop {
        if rng.random_range(0..5) < 3 {
            let new = entries(rng, number);
            let count = entry::in_one_item(&new).min(new.len());
            match ring.push(&new) {
                Ok(pushed) => {
                    assert_eq!(pushed, count);
                    known.items.push_back(new[..count].to_vec());
                }
                Err(RingError::Full) => {}
                Err(_) => {
                    known.perhaps = new[..count].to_vec();
                    return;
                }
            }
        } else {
            let items = rng.random_range(0..3).min(known.items.len());
            let count = known.items.iter().take(items).map(Vec::len).sum();
            if ring.forget(count).is_err() {
                known.going = items;
                return;
            }
            known.items.drain(..items);
        }
    }
}

#[test]
fn f4_a_power_cut_at_any_write_loses_nothing_that_was_kept() {
    let cuts = if postern_tests::is_long() { 20_000 } else { 1_000 };
    let (mut rng, mut number) = (ChaCha20Rng::seed_from_u64(1), 0);
    let (mut disk, mut known) = (Platter::new(0), Known::default());
    for cut in 1..=cuts {
        disk.power(Power::On);
        let waiting = read(disk.flash()).expect("there is power");
        known.check(&waiting);
        // Written anew, as whenever it is opened.
        disk = Platter::new(cut);
        let mut ring = Ring::with(disk.flash(), &waiting).expect("there is power");
        known.items = items_of(&waiting);
        let longest = if cut % 4 == 0 { 600 } else { 60 };
        disk.power(Power::FailsAfter(rng.random_range(0..longest)));
        work(&mut ring, &mut known, &mut rng, &mut number);
    }
}

#[test]
fn f4_a_ring_that_is_full_says_so_and_has_room_again() {
    let disk = Platter::new(1);
    let mut ring = Ring::with(disk.flash(), &[]).expect("there is power");
    let entry = |number: usize| Entry::Here(vec![u8::try_from(number % 251).expect("small"); 10_000].into());
    let mut kept = 0;
    for round in 0..50 {
        while ring.push(&[entry(kept)]).is_ok() {
            kept += 1;
        }
        assert!(matches!(ring.push(&[entry(kept)]), Err(RingError::Full)));
        let waiting = read(disk.flash()).expect("there is power");
        assert!(waiting.len() >= 15, "round {round}: {}", waiting.len());
        let first = kept - waiting.len();
        let expected: Vec<_> = (first..kept).map(entry).collect();
        assert_eq!(waiting, expected);
        ring.forget(waiting.len() / 2).expect("there is power");
    }
}
