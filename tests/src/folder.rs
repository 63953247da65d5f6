//! Files: all that lie in a folder, and bytes to fill new ones with.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file below `folder`, in the order of their paths.
pub fn every_file(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    files
}

/// `length` bytes that look random, do not repeat, and are the same for the same `seed`.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64*: a few lines and fast, which is all that test data asks for.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    // A file may vanish while a server goes on working; what is gone holds nothing.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_the_length_asked_for_and_depends_on_the_seed() {
        assert_eq!(noise(1, 13).len(), 13);
        assert_eq!(noise(1, 100), noise(1, 100));
        assert_ne!(noise(1, 100), noise(2, 100));
    }

    #[test]
    fn every_file_is_found_at_any_depth() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("a/b")).expect("folders");
        fs::write(folder.path().join("a/b/c"), "x").expect("a file");
        fs::write(folder.path().join("d"), "x").expect("a file");
        assert_eq!(
            every_file(folder.path()),
            [folder.path().join("a/b/c"), folder.path().join("d")]
        );
    }
}
