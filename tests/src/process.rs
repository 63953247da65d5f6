//! What the system says about a process.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};

/// The most memory it has had so far; nothing once it is gone.
pub(crate) fn peak_memory_bytes(process: &Child) -> Option<u64> {
    status_bytes(process, "VmHWM:")
}

/// The memory that it has now.
pub(crate) fn memory_bytes(process: &Child) -> Option<u64> {
    status_bytes(process, "VmRSS:")
}

/// How many files and sockets it has open.
pub(crate) fn open_files(process: &Child) -> Option<usize> {
    let files = fs::read_dir(format!("/proc/{}/fd", process.id())).ok()?;
    Some(files.count())
}

/// Has it crash with leave to write down its memory; true if the system did.
pub fn crash_writes_memory(process: &mut Child) -> bool {
    let pid = process.id().to_string();
    for command in [
        &["prlimit", "--pid", &pid, "--core=unlimited:unlimited"][..],
        &["kill", "-ABRT", &pid],
    ] {
        let done = Command::new(command[0]).args(&command[1..]).status();
        assert!(done.expect("it can be started").success(), "{command:?}");
    }
    process.wait().expect("it was started").core_dumped()
}

/// Hands over all that it has in its memory and could write there, piece by piece.
pub(crate) fn read_memory(process: &Child, mut each: impl FnMut(&[u8])) {
    let folder = PathBuf::from(format!("/proc/{}", process.id()));
    let maps = fs::read_to_string(folder.join("maps")).expect("it runs");
    let memory = File::open(folder.join("mem")).expect("root may read it");
    for (start, end) in maps.lines().filter_map(writable) {
        let mut piece = vec![0; end - start];
        // Some of it is reserved only.
        if memory.read_exact_at(&mut piece, start as u64).is_ok() {
            each(&piece);
        }
    }
}

/// Where a line of `/proc/…/maps` says that memory is which can be written: `start-end rw-p …`.
fn writable(line: &str) -> Option<(usize, usize)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let place = |text| usize::from_str_radix(text, 16).ok();
    rest.starts_with("rw").then_some((place(start)?, place(end)?))
}

fn status_bytes(process: &Child, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
