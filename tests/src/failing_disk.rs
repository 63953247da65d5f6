//! A disk that fails when a test says so: a library that a server is started with, which answers for the system.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A disk that works until it is told otherwise. See [`crate::Setup::on_a_disk_that_may_fail`].
pub struct FailingDisk {
    folder: TempDir,
    page: File,
}

/// What may fail, several together by `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calls(i32);

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Errno(i32);

impl Calls {
    /// Reading files, and opening them for that.
    pub const READ: Self = Self(1);
    /// Writing into files.
    pub const WRITE: Self = Self(2);
    /// `fsync` and `fdatasync`.
    pub const SYNC: Self = Self(4);
    /// Making, opening for writing, renaming and removing files.
    pub const NAME: Self = Self(8);
}

impl std::ops::BitOr for Calls {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Errno {
    /// The disk is broken.
    pub const EIO: Self = Self(5);
    /// Too many files are open.
    pub const EMFILE: Self = Self(24);
    /// The disk is full.
    pub const ENOSPC: Self = Self(28);
    /// The file system is read-only.
    pub const EROFS: Self = Self(30);
}

/// Where in the page what is; the same in `failing_disk.c`.
const CALLS: u64 = 0;
const ERROR: u64 = 4;
const LEFT: u64 = 8;
const FAILED: u64 = 12;
const BEFORE: u64 = 16;
const PATH: u64 = 20;
const PATH_BYTES: usize = 240;

impl FailingDisk {
    /// One that works.
    pub fn healthy() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        compile(&folder.path().join("library.so"));
        let page = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(folder.path().join("page"))
            .expect("a new file");
        page.set_len(PATH + PATH_BYTES as u64).expect("a small file");
        Self { folder, page }
    }

    /// From now on these calls fail, where the path contains `path`; without `times`, until [`Self::heals`]. What is done
    /// on such paths is noted from now on.
    pub fn fails(&self, calls: Calls, error: Errno, path: &str, times: Option<i32>) {
        self.fails_after(0, calls, error, path, times);
    }

    /// The same, after `before` of these calls that work.
    pub fn fails_after(&self, before: i32, calls: Calls, error: Errno, path: &str, times: Option<i32>) {
        let mut padded = [0; PATH_BYTES];
        padded[..path.len()].copy_from_slice(path.as_bytes());
        self.heals();
        self.page.write_all_at(&padded, PATH).expect("the page is there");
        self.set(ERROR, error.0);
        self.set(LEFT, times.unwrap_or(-1));
        self.set(BEFORE, before);
        self.set(CALLS, calls.0);
    }

    /// Nothing fails any more.
    pub fn heals(&self) {
        self.set(CALLS, 0);
    }

    /// How many calls have failed so far.
    pub fn failures(&self) -> i32 {
        let mut number = [0; 4];
        self.page
            .read_exact_at(&mut number, FAILED)
            .expect("the page is there");
        i32::from_ne_bytes(number)
    }

    /// What was done on the paths that [`Self::fails`] was told: `open`, `write`, `sync`, `name`…, each `done` or `failed`, and the path.
    pub fn notes(&self) -> Vec<[String; 3]> {
        let notes = fs::read_to_string(self.notes_path()).unwrap_or_default();
        let parts = |line: &str| {
            let mut parts = line.splitn(3, ' ').map(str::to_owned);
            std::array::from_fn(|_| parts.next().unwrap_or_default())
        };
        notes.lines().map(parts).collect()
    }

    /// What makes a program use this disk.
    pub(crate) fn variables(&self) -> [(String, String); 3] {
        let path = |path: PathBuf| {
            path.into_os_string()
                .into_string()
                .expect("temporary folders have plain names")
        };
        let inside = |name| path(self.folder.path().join(name));
        [
            ("LD_PRELOAD".to_owned(), inside("library.so")),
            ("FAILING_DISK".to_owned(), inside("page")),
            ("FAILING_DISK_NOTES".to_owned(), path(self.notes_path())),
        ]
    }

    fn notes_path(&self) -> PathBuf {
        self.folder.path().join("notes")
    }

    fn set(&self, place: u64, value: i32) {
        self.page
            .write_all_at(&value.to_ne_bytes(), place)
            .expect("the page is there");
    }
}

/// Rust links with the same compiler, so it is there.
fn compile(library: &PathBuf) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/failing_disk.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .arg(library)
        .arg(source)
        .status();
    assert!(
        compiled.expect("cc can be started").success(),
        "{source} does not compile"
    );
}
