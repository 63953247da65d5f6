//! What the system says about a process.

use std::fs;
use std::process::Child;

/// The most memory it has had so far; nothing once it is gone.
pub(crate) fn peak_memory_bytes(process: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
