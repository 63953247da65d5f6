//! Storing and fetching over loopback, on one disk, with whole programs.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use postern_tests::every_file;

use crate::contestants::Store;
use crate::race::{Runner, race};
use crate::row::{Entry, Heat};

/// What is stored and fetched is called this, everywhere.
pub(crate) const THING: &str = "thing";

/// Somebody who takes part, and how they begin with an empty store.
pub(crate) struct Contestant {
    entry: Entry,
    start: Box<dyn Fn() -> Result<Box<dyn Store>>>,
}

/// What all of them do.
pub(crate) struct Task<'a> {
    pub(crate) thing: &'a Path,
    pub(crate) rounds: usize,
    /// What is made of the seconds that it took.
    pub(crate) figure: &'a dyn Fn(f64) -> f64,
}

impl Contestant {
    pub(crate) fn new<S: Store + 'static>(entry: Entry, start: impl Fn() -> Result<S> + 'static) -> Self {
        Self {
            entry,
            start: Box::new(move || Ok(Box::new(start()?))),
        }
    }
}

impl Task<'_> {
    /// Each turn begins with an empty store.
    pub(crate) fn put(&self, contestants: &[Contestant]) -> Result<Heat> {
        let mut runners = Vec::new();
        for Contestant { entry, start } in contestants {
            let turn = || Ok((self.figure)(start()?.put(self.thing)?));
            runners.push(Runner::new(entry.clone(), turn));
        }
        race("put", self.rounds, runners)
    }

    /// Each turn fetches what was stored before the first, to a place where nothing is.
    pub(crate) fn get(&self, contestants: &[Contestant]) -> Result<Heat> {
        let work = tempfile::tempdir()?;
        let to = work.path().join("fetched");
        let mut runners = Vec::new();
        for Contestant { entry, start } in contestants {
            let store = start()?;
            store.put(self.thing)?;
            let to = &to;
            let turn = move || {
                remove(to)?;
                let took = store.get(to)?;
                let is_whole = bytes_of(to)? == bytes_of(self.thing)?;
                ensure!(is_whole, "it has fetched something else");
                Ok((self.figure)(took))
            };
            runners.push(Runner::new(entry.clone(), turn));
        }
        race("get", self.rounds, runners)
    }
}

fn remove(path: &Path) -> Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)?;
    } else if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
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
