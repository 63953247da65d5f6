//! The recovery words on their way to a safe place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::target::{folder_of, sync_names};

/// A file for recovery words that nobody but its owner can read.
pub(crate) struct RecoveryFile {
    path: PathBuf,
    file: File,
}

impl RecoveryFile {
    /// Makes it. What is there already is left alone without `force`: it may hold the words of another account.
    pub(crate) fn create(path: &Path, force: bool) -> Result<Self> {
        if force {
            // Made anew rather than emptied: the one that is there may be readable by others.
            let _ = fs::remove_file(path);
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| not_made(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Writes the words; they are on the disk when this returns.
    pub(crate) fn write(&mut self, words: &str) -> Result<()> {
        writeln!(self.file, "{words}")
            .and_then(|()| self.file.sync_all())
            .and_then(|()| sync_names(folder_of(&self.path)))
            .map_err(|error| Failure::told(format!("{} cannot be written: {error}", self.path.display())))
    }

    /// Takes it away again: its words open nothing.
    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn not_made(path: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::usage(format!("{} exists already", path.display()))
            .advise("Choose another file for the recovery words, or replace it with --force."),
        _ => Failure::told(format!("{} cannot be made: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_owner_can_read_the_words_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("words");
        let mut file = RecoveryFile::create(&path, false).expect("made");
        file.write("one two").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("there"), "one two\n");
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o600
        );

        assert!(RecoveryFile::create(&path, false).is_err());
        assert_eq!(fs::read_to_string(&path).expect("there"), "one two\n");
        RecoveryFile::create(&path, true).expect("replaced").remove();
        assert!(!path.exists());
    }
}
