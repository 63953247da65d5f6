//! The folder in which everything is kept, and the lock that keeps a second server out of it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};

/// Held as long as the server runs. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct DataLock {
    _file: File,
}

/// Makes the folder if it is missing, for its owner only. It is durable then: what is acknowledged lies in it.
pub(crate) fn make(folder: &Path) -> anyhow::Result<()> {
    make_durably(folder).with_context(|| format!("cannot make the data folder {}", folder.display()))
}

fn make_durably(folder: &Path) -> io::Result<()> {
    let missing: Vec<_> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let made = missing.into_iter().filter(|made| !made.as_os_str().is_empty());
    made.map(fs::canonicalize).try_for_each(|made| {
        let parent = made?.parent().map(File::open).transpose()?;
        parent.map_or(Ok(()), |parent| parent.sync_all())
    })
}

/// Takes the folder for this server alone.
pub(crate) fn lock(folder: &Path) -> anyhow::Result<DataLock> {
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("cannot write to the data folder {}", folder.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(DataLock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            bail!("another server is using the data folder {}", folder.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_data_folder_is_made_for_its_owner_only() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("a/b");
        make(&folder).expect("it can be made");
        let mode = fs::metadata(&folder).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        make(&folder).expect("and may be there already");
    }

    #[test]
    fn two_servers_never_share_a_data_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = lock(folder.path()).expect("it is free");
        let error = lock(folder.path()).expect_err("it is taken");
        assert!(error.to_string().contains("another server"), "{error}");
        drop(first);
        lock(folder.path()).expect("it is free again");
    }
}
