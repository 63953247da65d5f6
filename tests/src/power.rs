//! Power cuts: what a disk may hold when the machine stops, for what a program really did.
//!
//! A [`Tape`] records every call by which programs change a folder, data included (`strace`), and plays them to a disk
//! that keeps only promises: what is written is lost, torn or kept until the file is synced, and a name that was made,
//! replaced or removed is lost or kept until its *folder* is synced, each independent of all others. So it is harsher
//! than any file system in use; only a rename never takes away the old name without giving the new one. [`Tape::cuts`]
//! yields states that the disk may be in, [`Cut::lay_out`] makes a real folder of one, and whoever asked opens it with
//! the program that wrote it.

mod call;
mod cut;
mod disk;
mod mood;
mod node;
mod strace;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use call::Call;
pub use cut::{Cut, Cuts};
use disk::Disk;

/// What programs did to a folder, one after the other.
pub struct Tape {
    folder: PathBuf,
    runs: Vec<Vec<Call>>,
}

impl Tape {
    /// A tape of what happens below `folder`, which is empty and lies on the disk for good.
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            runs: Vec::new(),
        }
    }

    /// Runs a program to its end and records it. It must not start others.
    pub fn record(&mut self, program: &Command) -> Output {
        let (calls, output) = strace::run(program, &self.folder);
        self.runs.push(calls);
        output
    }

    /// Fails unless the calls of the tape make exactly the files that are in the folder: a call that was not
    /// understood would make every cut mean nothing.
    pub fn check(&self) {
        let mut disk = Disk::default();
        for step in cut::steps(&self.runs) {
            disk.apply(&step);
        }
        let cut = disk.as_it_seems();
        let copy = memory_folder();
        cut.lay_out(copy.path());
        assert_eq!(
            contents(copy.path()),
            contents(&self.folder),
            "the tape says something else than the disk"
        );
    }

    /// States in which a power cut may leave the disk: for each moment that matters a few extreme ones and `random`
    /// others, the same for the same `seed`, and none twice.
    pub fn cuts(&self, seed: u64, random: usize) -> Cuts {
        Cuts::new(&self.runs, seed, random)
    }
}

/// A temporary folder in memory, where there is such a thing: thousands of states need no disk.
pub fn memory_folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary folder")
}

/// Paths, lengths, and what tells contents apart.
fn contents(folder: &Path) -> Vec<(PathBuf, usize, u64)> {
    let files = crate::every_file(folder).into_iter();
    files
        .filter(|file| !disk::is_never_kept(file))
        .map(|file| {
            let bytes = std::fs::read(&file).expect("it was just there");
            let path = file.strip_prefix(folder).expect("it is below").to_owned();
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            (path, bytes.len(), hasher.finish())
        })
        .collect()
}
