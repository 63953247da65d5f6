//! A call to the system, as far as it matters to a disk.

use std::path::PathBuf;

/// What a call does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Do {
    Open {
        path: PathBuf,
        truncate: bool,
        append: bool,
    },
    Close {
        file: i64,
    },
    /// A second number for an open file; the call answers it.
    Duplicate {
        file: i64,
    },
    /// At a place, or where the file stands.
    Write {
        file: i64,
        bytes: Vec<u8>,
        at: Option<u64>,
    },
    /// The call answers where the file stands then.
    Seek {
        file: i64,
    },
    Resize {
        file: i64,
        size: u64,
    },
    /// `fallocate`: only ever makes it longer.
    Reserve {
        file: i64,
        size: u64,
    },
    Sync {
        file: i64,
    },
    /// `syncfs`, of the file system that holds the folder.
    SyncAll,
    MakeFolder {
        path: PathBuf,
    },
    Link {
        from: PathBuf,
        to: PathBuf,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
}

/// A call that was made, by its place on the tape.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) what: Do,
    /// What it answered: the number of a file, how many bytes. None if the program died before.
    pub(super) answer: Option<i64>,
    pub(super) begins: usize,
    pub(super) ends: usize,
}

/// What the tape shows at one place.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// Another program begins: no file is open.
    Run,
    Begin(usize, &'a Call),
    End(usize, &'a Call),
}
