//! States of a disk after a power cut, one after the other.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::call::{Call, Do, Step};
use super::disk::Disk;
use super::mood::Mood;
use crate::Dice;

const STANDARD_OUTPUT: i64 = 1;
/// What is longer than this and zero is left out of files that are laid out: a hole is read as well, and made faster.
const HOLE_BYTES: usize = 64 << 10;

/// What a disk holds after a power cut.
#[derive(Clone, Default)]
pub struct Cut {
    pub(super) things: Vec<(PathBuf, Thing)>,
    said: Arc<String>,
    /// When, and how: to find it again.
    story: String,
}

#[derive(Debug, Clone, Hash)]
pub(super) enum Thing {
    Folder,
    File(Arc<Vec<u8>>),
    /// Another name of a file.
    SameAs(PathBuf),
}

/// Cuts, made as they are asked for.
pub struct Cuts {
    runs: Vec<Vec<Call>>,
    next: usize,
    seed: u64,
    dice: Dice,
    random: usize,
    disk: Disk,
    said: Arc<String>,
    ready: VecDeque<Cut>,
    seen: HashSet<u64>,
}

impl Cut {
    /// What the program had printed on its standard output until then.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Makes a folder of it.
    pub fn lay_out(&self, into: &Path) {
        // A folder is listed before what is in it.
        for (path, thing) in &self.things {
            let place = into.join(path);
            let made = match thing {
                Thing::Folder => fs::create_dir_all(&place),
                Thing::File(bytes) => write_with_holes(&place, bytes),
                Thing::SameAs(first) => fs::hard_link(into.join(first), &place),
            };
            made.unwrap_or_else(|error| panic!("{}: {error}", place.display()));
        }
    }

    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.things.hash(&mut hasher);
        self.said.hash(&mut hasher);
        hasher.finish()
    }
}

impl fmt::Debug for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}; it had said:\n{}\nand on the disk are:",
            self.story, self.said
        )?;
        for (path, thing) in &self.things {
            match thing {
                Thing::File(bytes) => writeln!(f, "{} ({} bytes)", path.display(), bytes.len())?,
                Thing::SameAs(first) => writeln!(f, "{} (is {})", path.display(), first.display())?,
                Thing::Folder => {}
            }
        }
        Ok(())
    }
}

impl Cuts {
    pub(super) fn new(runs: &[Vec<Call>], seed: u64, random: usize) -> Self {
        Self {
            runs: runs.to_vec(),
            next: 0,
            seed,
            dice: Dice::seeded(seed),
            random,
            disk: Disk::default(),
            said: Arc::default(),
            ready: VecDeque::new(),
            seen: HashSet::new(),
        }
    }

    /// All states at a moment before which something is still allowed to be lost: later there are only fewer of them.
    /// So it is enough to look just before each sync, and after each line that the program says.
    fn cut(&mut self, moment: &str) {
        let moods = [Mood::LosesAll, Mood::KeepsAll, Mood::KeepsNames, Mood::KeepsBytes];
        let whims: Vec<_> = (0..self.random)
            .map(|_| Mood::Whim(5 + self.dice.below(91)))
            .collect();
        for mood in moods.into_iter().chain(whims) {
            let mut cut = self.disk.cut(mood, &mut self.dice);
            cut.said = Arc::clone(&self.said);
            if self.seen.insert(cut.fingerprint()) {
                cut.story = format!(
                    "seed {}, at step {} ({moment}), a disk that {mood:?}",
                    self.seed, self.next
                );
                self.ready.push_back(cut);
            }
        }
    }

    fn step(&mut self, step: &Step<'_>) {
        match step {
            Step::End(_, call) if self.disk.is_sync(call) => self.cut("before a sync ends"),
            _ => {}
        }
        self.disk.apply(step);
        if let Step::Begin(_, call) = step
            && let Some(said) = said(call)
        {
            self.said = Arc::new(format!("{}{said}", self.said));
            self.cut("after it said something");
        }
    }
}

impl Iterator for Cuts {
    type Item = Cut;

    fn next(&mut self) -> Option<Cut> {
        if let Some(cut) = self.ready.pop_front() {
            return Some(cut);
        }
        let runs = std::mem::take(&mut self.runs);
        let steps = steps(&runs);
        while self.ready.is_empty() && self.next < steps.len() {
            self.step(&steps[self.next]);
            self.next += 1;
            if self.next == steps.len() {
                self.cut("at the end");
            }
        }
        drop(steps);
        self.runs = runs;
        self.ready.pop_front()
    }
}

/// All that the tape shows, in order.
pub(super) fn steps(runs: &[Vec<Call>]) -> Vec<Step<'_>> {
    let (mut steps, mut before) = (Vec::new(), 0);
    for calls in runs {
        let mut run = Vec::with_capacity(2 * calls.len());
        for (index, call) in calls.iter().enumerate() {
            run.push(((call.begins, 0), Step::Begin(before + index, call)));
            if call.ends != usize::MAX {
                run.push(((call.ends, 1), Step::End(before + index, call)));
            }
        }
        run.sort_by_key(|(at, _)| *at);
        steps.push(Step::Run);
        steps.extend(run.into_iter().map(|(_, step)| step));
        before += calls.len();
    }
    steps
}

fn said(call: &Call) -> Option<String> {
    match &call.what {
        Do::Write { file, bytes, .. } if *file == STANDARD_OUTPUT => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        _ => None,
    }
}

fn write_with_holes(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = File::create_new(path)?;
    file.set_len(bytes.len() as u64)?;
    let pieces = bytes.chunks(HOLE_BYTES).zip((0_u64..).step_by(HOLE_BYTES));
    pieces
        .filter(|(piece, _)| piece.iter().any(|byte| *byte != 0))
        .try_for_each(|(piece, at)| file.write_all_at(piece, at))
}
