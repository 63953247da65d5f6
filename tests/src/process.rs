//! What the system says about a process.

use std::fs;
use std::process::Child;

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

fn status_bytes(process: &Child, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
