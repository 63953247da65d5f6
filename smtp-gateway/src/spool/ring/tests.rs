//! The power fails, thousands of times.

use std::cell::RefCell;
use std::fs::{self, File};
use std::rc::Rc;
use std::{io, mem};

use postern_protocol::TimeMs;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::spool::circular::{BLOCK_BYTES, Extent};
use crate::spool::disk::SECTOR_BYTES;
use crate::spool::entry::{Filed, Receipt};
use crate::spool::{LARGEST_SMALL, Spool};

const JOURNAL_BYTES: usize = 6 * PAGE_BYTES;
const SMALL_BYTES: usize = 16 * BLOCK_BYTES;

/// A disk that outlives those who use it, and whose power may fail.
#[derive(Clone)]
struct Platter(Rc<RefCell<State>>);

/// One of its files.
struct OnPlatter {
    state: Rc<RefCell<State>>,
    which: usize,
}

struct State {
    /// What is on it, by file.
    files: [Vec<u8>; 2],
    /// What was written and not synced: in which file, from where on.
    unsynced: Vec<(usize, usize, Vec<u8>)>,
    power: Power,
    /// Of the second file, what begins there cannot be read.
    broken: Option<u64>,
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
    fn new(seed: u64, small_bytes: usize) -> Self {
        Self(Rc::new(RefCell::new(State {
            files: [vec![0; JOURNAL_BYTES], vec![0; small_bytes]],
            unsynced: Vec::new(),
            power: Power::On,
            broken: None,
            rng: ChaCha20Rng::seed_from_u64(seed),
        })))
    }

    fn open(&self) -> Result<(Ring<OnPlatter>, Vec<Entry>), RingError> {
        let (ring, found) = self.find()?;
        assert!(found.unreadable.is_empty());
        Ok((ring, found.waiting))
    }

    fn find(&self) -> Result<(Ring<OnPlatter>, Found), RingError> {
        let file = |which| OnPlatter {
            state: Rc::clone(&self.0),
            which,
        };
        let small_bytes = self.0.borrow().files[1].len();
        let small = CircularFile::new(file(1), small_bytes as u64);
        Ring::open(FileFlash::new(file(0), JOURNAL_BYTES), small)
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
                for (which, offset, bytes) in mem::take(&mut self.unsynced) {
                    self.keep_some(which, offset, &bytes);
                }
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

    fn keep_some(&mut self, which: usize, offset: usize, bytes: &[u8]) {
        let (mut at, mut rest) = (offset, bytes);
        while !rest.is_empty() {
            let end = (SECTOR_BYTES - at % SECTOR_BYTES).min(rest.len());
            if self.rng.random::<bool>() {
                self.files[which][at..at + end].copy_from_slice(&rest[..end]);
            }
            (at, rest) = (at + end, &rest[end..]);
        }
    }
}

impl Disk for OnPlatter {
    fn read(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.state.borrow();
        assert!(
            state.unsynced.iter().all(|(which, ..)| *which != self.which),
            "everything is synced before it is read again"
        );
        if self.which == 1 && state.broken == Some(offset) && !bytes.is_empty() {
            return Err(io::Error::other("it cannot be read"));
        }
        let start = usize::try_from(offset).expect("a small disk");
        bytes.copy_from_slice(&state.files[self.which][start..start + bytes.len()]);
        Ok(())
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        let start = usize::try_from(offset).expect("a small disk");
        state.unsynced.push((self.which, start, bytes.to_vec()));
        state.step()
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        state.step()?;
        let (synced, left) = mem::take(&mut state.unsynced)
            .into_iter()
            .partition(|(which, ..)| *which == self.which);
        state.unsynced = left;
        for (which, offset, bytes) in synced {
            state.files[which][offset..offset + bytes.len()].copy_from_slice(&bytes);
        }
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
                let perhaps = mem::take(&mut self.perhaps);
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
    let number = |entry: &Entry| match &entry.content {
        Content::Small(small) => {
            let bytes = small.whole().expect("as it was written");
            u64::from_be_bytes(bytes[..8].try_into().expect("eight bytes"))
        }
        Content::Unread(..) => panic!("it can be read"),
        Content::File(file) => file.size_bytes,
    };
    entries.iter().map(number).collect()
}

/// A few messages, or so many that a page of the journal is full of few items.
fn entries(rng: &mut ChaCha20Rng, number: &mut u64) -> Vec<Entry> {
    let count = if rng.random_range(0..4) == 0 {
        rng.random_range(1..1_500)
    } else {
        rng.random_range(1..4)
    };
    let mut entry = || {
        *number += 1;
        let size = match rng.random_range(0..8) {
            _ if count > 4 => rng.random_range(8..60),
            0 => return file(*number),
            1 | 2 => rng.random_range(8..100),
            3 | 4 => rng.random_range(8..LARGEST_SMALL),
            _ => rng.random_range(8..2_000),
        };
        let mut bytes = vec![0; size];
        rng.fill_bytes(&mut bytes);
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        small(bytes)
    };
    (0..count).map(|_| entry()).collect()
}

fn small(bytes: Vec<u8>) -> Entry {
    Entry {
        receipt: Receipt {
            received: TimeMs(i64::from(bytes[0])),
            fingerprint: None,
        },
        content: Content::Small(Small::new(bytes.into())),
    }
}

fn file(number: u64) -> Entry {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    Entry {
        receipt: Receipt {
            received: TimeMs(1),
            fingerprint: Some(id),
        },
        content: Content::File(Filed {
            message: MessageId(id),
            size_bytes: number,
            record_hash: [7; 32],
        }),
    }
}

/// Keeps and forgets at random until the power fails.
fn work(ring: &mut Ring<OnPlatter>, known: &mut Known, rng: &mut ChaCha20Rng, number: &mut u64) {
    loop {
        if rng.random_range(0..5) < 3 {
            let new = entries(rng, number);
            let count = ring.fitting(&new);
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
    for seed in 0..cuts / 200 {
        let (disk, mut known) = (Platter::new(seed, SMALL_BYTES), Known::default());
        for _ in 0..200 {
            disk.power(Power::On);
            let (mut ring, waiting) = disk.open().expect("there is power");
            known.check(&waiting);
            disk.power(Power::FailsAfter(rng.random_range(0..80)));
            work(&mut ring, &mut known, &mut rng, &mut number);
        }
    }
}

#[test]
fn f4_a_ring_that_is_full_says_so_and_has_room_again() {
    let disk = Platter::new(1, 128 * BLOCK_BYTES);
    let (mut ring, _) = disk.open().expect("there is power");
    let entry = |number: usize| small(vec![u8::try_from(number % 251).expect("small"); 10_000]);
    let mut kept = 0;
    for round in 0..50 {
        while ring.push(&[entry(kept)]).is_ok() {
            kept += 1;
        }
        assert!(matches!(ring.push(&[entry(kept)]), Err(RingError::Full)));
        let (_, waiting) = disk.open().expect("there is power");
        assert!(waiting.len() >= 20, "round {round}: {}", waiting.len());
        let first = kept - waiting.len();
        let expected: Vec<_> = (first..kept).map(entry).collect();
        assert_eq!(waiting, expected);
        ring.forget(waiting.len() / 2).expect("there is power");
    }
}

#[test]
fn a_journal_that_is_full_says_so_and_has_room_again() {
    let disk = Platter::new(1, SMALL_BYTES);
    let (mut ring, _) = disk.open().expect("there is power");
    let mut kept = 0;
    for round in 0..10 {
        while ring.push(&[file(kept), file(kept)]).is_ok() {
            kept += 1;
            if kept % 3 == 0 {
                ring.forget(2).expect("there is power");
            }
        }
        assert!(ring.items.len() > 10, "round {round}: {}", ring.items.len());
        let (_, waiting) = disk.open().expect("there is power");
        assert_eq!(waiting.len(), ring.items.len() * 2);
        ring.forget(waiting.len()).expect("there is power");
    }
}

#[test]
fn f4_a_file_is_named_until_all_that_came_with_it_was_handed_on() {
    let disk = Platter::new(1, SMALL_BYTES);
    let (mut ring, _) = disk.open().expect("there is power");
    let ids = |numbers: &[u64]| -> Vec<MessageId> {
        let id = |number: &u64| match file(*number).content {
            Content::File(file) => file.message,
            Content::Small(_) | Content::Unread(..) => panic!("it is a file"),
        };
        numbers.iter().map(id).collect()
    };
    for batch in [
        &[file(1), small(vec![1; 9]), file(2)][..],
        &[file(3)],
        &[file(4), file(5)],
    ] {
        assert_eq!(ring.push(batch).expect("there is room"), batch.len());
    }
    assert_eq!(ring.forget(2).expect("there is power"), []);
    let (mut again, waiting) = disk.open().expect("there is power");
    assert_eq!(numbers_of_files(&waiting), [1, 2, 3, 4, 5]);
    assert_eq!(ring.forget(1).expect("there is power"), ids(&[1, 2]));
    assert_eq!(ring.forget(2).expect("there is power"), ids(&[3]));
    drop(ring);
    assert_eq!(again.items.len(), 3);
    (again, _) = disk.open().expect("there is power");
    assert_eq!(again.forget(2).expect("there is power"), ids(&[4, 5]));
}

fn numbers_of_files(entries: &[Entry]) -> Vec<u64> {
    let number = |entry: &Entry| match &entry.content {
        Content::File(file) => Some(file.size_bytes),
        Content::Small(_) | Content::Unread(..) => None,
    };
    entries.iter().filter_map(number).collect()
}

#[test]
fn small_messages_are_found_again_behind_files_alone_after_any_number_of_turns() {
    let disk = Platter::new(1, SMALL_BYTES);
    let (mut ring, _) = disk.open().expect("there is power");
    for turn in 0..100_u64 {
        ring.push(&[small(vec![2; 15_000])]).expect("there is room");
        ring.push(&[file(turn)]).expect("there is room");
        ring.push(&[small(vec![3; 9])]).expect("there is room");
        ring.forget(1).expect("there is power");
        let (opened, waiting) = disk.open().expect("there is power");
        assert_eq!(waiting, [file(turn), small(vec![3; 9])]);
        ring = opened;
        ring.forget(2).expect("there is power");
    }
}

#[test]
fn what_was_written_over_is_told_and_what_lies_where_nothing_can_holds_up_no_other() {
    let disk = Platter::new(1, SMALL_BYTES);
    let (mut ring, _) = disk.open().expect("there is power");
    ring.push(&[small(vec![1; 100]), small(vec![2; 100])])
        .expect("there is room");
    disk.0.borrow_mut().files[1][150] ^= 1;
    let (_, waiting) = disk.open().expect("there is power");
    let is_whole = |entry: &Entry| matches!(&entry.content, Content::Small(small) if small.whole().is_ok());
    assert_eq!(waiting.iter().map(is_whole).collect::<Vec<_>>(), [true, false]);

    for start in [
        0,
        SMALL_BYTES as u64 + BLOCK_BYTES as u64,
        u64::MAX - 50,
        u64::MAX,
    ] {
        let disk = Platter::new(1, SMALL_BYTES);
        let (mut ring, _) = disk.open().expect("there is power");
        for _ in 0..2 {
            ring.push(&[small(vec![1; 100])]).expect("there is room");
        }
        ring.forget(1).expect("there is power");
        let extent = Extent {
            start,
            size_bytes: 100,
        };
        let record = Record {
            receipt: small(vec![1]).receipt,
            lies: Lies::Small(extent, [0; 32]),
        };
        let item = entry::encode(&[record]);
        block_on(ring.journal.push(&item, false)).expect("there is room");
        let (mut again, waiting) = disk.open().expect("there is power");
        assert_eq!(waiting[0], small(vec![1; 100]));
        let Content::Small(odd) = &waiting[1].content else {
            panic!("it is small")
        };
        assert!(odd.whole().is_err(), "{start}");
        // Nothing is written over what waits, and there is room behind it.
        again.push(&[small(vec![3; 100])]).expect("there is room");
        let (_, waiting) = disk.open().expect("there is power");
        assert_eq!(
            (&waiting[0], &waiting[2]),
            (&small(vec![1; 100]), &small(vec![3; 100]))
        );
    }
}

#[test]
fn f4_what_cannot_be_read_at_the_moment_waits_and_holds_up_no_other() {
    let disk = Platter::new(1, SMALL_BYTES);
    let (mut ring, _) = disk.open().expect("there is power");
    for number in 1..4 {
        ring.push(&[small(vec![number; 100])]).expect("there is room");
    }
    disk.0.borrow_mut().broken = Some(BLOCK_BYTES as u64);
    let (mut again, waiting) = disk.open().expect("there is power");
    assert_eq!(
        (&waiting[0], &waiting[2]),
        (&small(vec![1; 100]), &small(vec![3; 100]))
    );
    let Content::Unread(extent, hash) = waiting[1].content else {
        panic!("it cannot be read")
    };
    // Nothing is written over it.
    while again.push(&[small(vec![5; 10_000])]).is_ok() {}
    disk.0.borrow_mut().broken = None;
    let (again, waiting) = disk.open().expect("there is power");
    assert_eq!(waiting[1], small(vec![2; 100]));
    let bytes = again.small.read(extent).expect("it can be read now");
    assert!(
        Small {
            bytes: bytes.into(),
            hash
        }
        .whole()
        .is_ok()
    );
}

#[test]
fn f4_an_item_that_cannot_be_understood_is_told_and_goes_when_its_turn_has_come() {
    let disk = Platter::new(1, SMALL_BYTES);
    let (mut ring, _) = disk.open().expect("there is power");
    ring.push(&[small(vec![1; 100])]).expect("there is room");
    block_on(ring.journal.push(&[9, 9, 9], false)).expect("there is room");
    ring.items.push_back(Item {
        left: 0,
        files: Vec::new(),
        start: ring.small.head(),
    });
    ring.push(&[small(vec![2; 100])]).expect("there is room");
    for _ in 0..2 {
        let (_, found) = disk.find().expect("there is power");
        assert_eq!(found.unreadable, [[9, 9, 9]]);
        assert_eq!(found.waiting, [small(vec![1; 100]), small(vec![2; 100])]);
    }
    let (mut again, _) = disk.find().expect("there is power");
    again.forget(1).expect("there is power");
    let (_, waiting) = disk.open().expect("there is power");
    assert_eq!(waiting, [small(vec![2; 100])]);
}

#[test]
fn f4_what_nobody_understands_of_a_journal_is_set_aside_with_all_that_it_may_name() {
    let folder = tempfile::tempdir().expect("a folder");
    // The one before may still be writing its last.
    let spool = || loop {
        if let Ok(spool) = Spool::open(folder.path(), 1 << 20) {
            return spool;
        }
        std::thread::yield_now();
    };
    drop(spool());
    drop(spool());
    let open = |name: &str| {
        let file = File::options()
            .read(true)
            .write(true)
            .open(folder.path().join(name));
        let file = file.expect("it is there");
        let size_bytes = file.metadata().expect("it is there").len();
        (file, size_bytes)
    };
    let ((journal, journal_bytes), (small, small_bytes)) = (open("journal"), open("small"));
    let flash = FileFlash::new(journal, usize::try_from(journal_bytes).expect("a small file"));
    let (mut ring, _) = Ring::open(flash, CircularFile::new(small, small_bytes)).expect("it opens");
    block_on(ring.journal.push(&[9, 9, 9], false)).expect("there is room");
    drop(ring);
    let name = "07".repeat(16);
    fs::write(folder.path().join("mail").join(&name), b"a message").expect("written");
    for _ in 0..2 {
        assert_eq!(spool().load().messages, 0);
        let aside = fs::read_dir(folder.path().join("aside")).expect("a folder");
        let mut sizes: Vec<_> = aside
            .map(|file| file.expect("listed").metadata().expect("there").len())
            .collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [3, 9, small_bytes]);
        let message = fs::read(folder.path().join("aside").join(&name));
        assert_eq!(message.expect("it is there"), b"a message");
    }
}
