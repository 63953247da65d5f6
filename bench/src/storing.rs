//! Storing and fetching over loopback, on one disk, with whole programs.

use std::cell::RefCell;
use std::path::Path;

use anyhow::{Result, ensure};
use postern_tests::every_file;

use crate::contestants::Store;
use crate::race::{Runner, forget_cached, race};
use crate::row::{Entry, Heat};

/// What is stored and fetched is called this, everywhere.
pub(crate) const THING: &str = "thing";

/// What has just been stored is mostly in memory still, unless it was written past the kernel's cache; what somebody fetches
/// who was given a link is mostly not.
const HEATS: [&str; 3] = ["put", "get", "get, with nothing in memory"];

/// Somebody who takes part, and how they begin with an empty store.
pub(crate) struct Contestant {
    entry: Entry,
    start: Box<dyn Fn() -> Result<Box<dyn Store>>>,
    most_rounds: usize,
}

/// What all of them do.
pub(crate) struct Task<'a> {
    pub(crate) thing: &'a Path,
    pub(crate) rounds: usize,
    /// What is made of the seconds that it took.
    pub(crate) figure: &'a dyn Fn(f64) -> f64,
    /// What was stored stays there until the race is over. For minutes after many files were deleted, ext4 searches long
    /// for each new one, and whoever comes then seems slow.
    pub(crate) leaves_all: bool,
}

impl Contestant {
    pub(crate) fn new<S: Store + 'static>(entry: Entry, start: impl Fn() -> Result<S> + 'static) -> Self {
        Self {
            entry,
            start: Box::new(move || Ok(Box::new(start()?))),
            most_rounds: usize::MAX,
        }
    }

    /// For those whom nobody wants to wait for again and again.
    pub(crate) fn at_most(self, most_rounds: usize) -> Self {
        Self { most_rounds, ..self }
    }
}

impl Task<'_> {
    /// Three heats: to store, to fetch, and to fetch what is not in memory. Each turn begins with an empty store.
    pub(crate) fn race(&self, contestants: &[Contestant]) -> Result<[Heat; 3]> {
        let left = RefCell::new(Vec::new());
        let mut runners = Vec::new();
        for Contestant {
            entry,
            start,
            most_rounds,
        } in contestants
        {
            let turn = || {
                let (store, work) = (start()?, tempfile::tempdir()?);
                let took = self.turn(store.as_ref(), work.path())?;
                if self.leaves_all {
                    left.borrow_mut().push((store, work));
                }
                Ok(took)
            };
            runners.push(Runner::new(entry.clone(), turn).at_most(*most_rounds));
        }
        race(HEATS, self.rounds, runners)
    }

    fn turn(&self, store: &dyn Store, work: &Path) -> Result<[f64; 3]> {
        let put = store.put(self.thing)?;
        let get = self.fetch(store, &work.join("fetched"))?;
        forget_cached()?;
        let get_cold = self.fetch(store, &work.join("fetched again"))?;
        Ok([put, get, get_cold].map(self.figure))
    }

    fn fetch(&self, store: &dyn Store, to: &Path) -> Result<f64> {
        let took = store.get(to)?;
        let is_whole = bytes_of(to)? == bytes_of(self.thing)?;
        ensure!(is_whole, "it has fetched something else");
        Ok(took)
    }
}

/// Of a file, or of all files in a folder.
fn bytes_of(path: &Path) -> Result<u64> {
    let files = if path.is_dir() {
        every_file(path)
    } else {
        vec![path.to_owned()]
    };
    files.iter().map(|file| Ok(file.metadata()?.len())).sum()
}
