//! The folder in which everything is kept, and the lock that keeps a second server out of it.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, bail};

/// Held as long as the server runs. The system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct DataLock {
    _file: File,
}

/// Makes the folder if it is missing, for its owner only. It is durable then: what is acknowledged lies in it.
pub(crate) fn make(folder: &Path) -> anyhow::Result<()> {
    postern_disk::make_private_folder(folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))
}

/// Takes the folder for this server alone.
pub(crate) fn lock(folder: &Path) -> anyhow::Result<DataLock> {
    let path = folder.join("lock");
    let held = postern_disk::lock(&path).with_context(|| format!("cannot lock {}", path.display()))?;
    match held {
        Some(file) => Ok(DataLock { _file: file }),
        None => bail!("another server is using the data folder {}", folder.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
