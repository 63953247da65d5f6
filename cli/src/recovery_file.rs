//! The recovery words on their way to a safe place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use postern_client::Error;
use postern_disk::{folder_of, put_in_place, sync_names};

use crate::failure::{Failure, Result};
use crate::say::Say;

/// A file with recovery words that nobody but its owner can read.
///
/// The words are written beside its place (`FILE.new`) before they are in force, and get there when they are: whoever
/// is cut off in between has the old ones and the new ones, of which one opens the account.
pub(crate) struct RecoveryFile {
    path: PathBuf,
    beside: PathBuf,
}

impl RecoveryFile {
    /// Writes the words; they are on the disk when this returns. What is there already is left alone without `force`: it
    /// may hold the words of another account.
    pub(crate) fn write(path: &Path, force: bool, words: &str) -> Result<Self> {
        if !force && path.symlink_metadata().is_ok() {
            return Err(not_made(path, &io::ErrorKind::AlreadyExists.into()));
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .map_err(|error| not_made(&beside, &error))?;
        fill(&file, words, path).map_err(|error| {
            // Half of them would be taken for all of them.
            let _ = fs::remove_file(&beside);
            Failure::told(format!("{} cannot be written: {error}", beside.display()))
        })?;
        Ok(Self {
            path: path.to_owned(),
            beside,
        })
    }

    /// Its words are in force: puts it in its place.
    pub(crate) fn finish(self) -> Result<()> {
        put_in_place(&self.beside, &self.path).map_err(|error| {
            let (path, beside) = (self.path.display(), self.beside.display());
            Failure::told(format!(
                "{path} cannot be written ({error}): the words are in {beside}"
            ))
        })
    }

    /// Takes it away again if its words open nothing. Where that is not known, says so.
    pub(crate) fn give_up(self, error: &Error, say: &Say) {
        if error.leaves_open() {
            say.warn(&format!(
                "it may have been done all the same: keep the recovery words in {} until you know",
                self.beside.display()
            ));
        } else {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

fn fill(mut file: &File, words: &str, path: &Path) -> io::Result<()> {
    writeln!(file, "{words}")?;
    file.sync_all()?;
    sync_names(folder_of(path))
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
        let file = RecoveryFile::write(&path, false, "one two").expect("written");
        file.finish().expect("moved");
        assert_eq!(fs::read_to_string(&path).expect("there"), "one two\n");
        assert_eq!(
            fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o600
        );
        assert!(RecoveryFile::write(&path, false, "three four").is_err());
        assert_eq!(fs::read_to_string(&path).expect("there"), "one two\n");
    }

    #[test]
    fn old_words_stay_until_the_new_ones_are_in_force() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, beside) = (folder.path().join("words"), folder.path().join("words.new"));
        let say = Say::new(false, true);
        fs::write(&path, "old").expect("a file");
        let anew = || RecoveryFile::write(&path, true, "new").expect("written");
        anew().give_up(&Error::WrongPassword, &say);
        assert!(!beside.exists(), "the server has refused them");
        anew().give_up(&Error::Offline, &say);
        assert_eq!(fs::read_to_string(&beside).expect("kept"), "new\n");
        assert!(
            RecoveryFile::write(&path, true, "newer").is_err(),
            "they may be the right ones"
        );
        assert_eq!(fs::read_to_string(&path).expect("there"), "old");
        fs::remove_file(&beside).expect("there");
        anew().finish().expect("moved");
        assert_eq!(fs::read_to_string(&path).expect("there"), "new\n");
    }
}
