//! Why a store cannot be opened, and what its failures mean to the rules.

use std::io;

use postern_domain::store::StoreError;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data was written by a newer release, which an older one must not touch.
    #[error(
        "the data is in format {found}, but this release knows formats up to {known} only: start a newer one"
    )]
    TooNew {
        /// The format of the data.
        found: i64,
        /// The newest that this release knows.
        known: i64,
    },
    /// The address of a database or an S3 endpoint, or its credentials, cannot be understood.
    #[error("this setting cannot be understood: {0}")]
    Setting(String),
    /// The database cannot be opened.
    #[error("the database cannot be opened")]
    Database(#[from] sqlx::Error),
    /// The folder cannot be used.
    #[error("the folder cannot be used")]
    Folder(#[from] io::Error),
}

/// What an error of the operating system means.
pub(crate) fn from_io(error: io::Error) -> StoreError {
    use io::ErrorKind::{
        ConnectionRefused, ConnectionReset, Interrupted, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
        TimedOut,
    };
    match error.kind() {
        StorageFull | QuotaExceeded => StoreError::Full(error.into()),
        TimedOut | Interrupted | ConnectionRefused | ConnectionReset => StoreError::Unavailable(error.into()),
        // What file systems turn into when their disk fails; it ends when somebody has seen to the disk.
        ReadOnlyFilesystem => StoreError::Unavailable(error.into()),
        _ if is_passing(&error) => StoreError::Unavailable(error.into()),
        _ => StoreError::Failed(error.into()),
    }
}

/// EIO, ENFILE and EMFILE, which the standard library has no names for. The latter pass as soon as others close their
/// files; the first may, and nothing is repeated on top of what failed: whoever tries again writes all of it again.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(5 | 23 | 24)) && cfg!(unix)
}

/// A failure that can only be a mistake of ours, or damaged data.
pub(crate) fn damaged(what: &'static str) -> StoreError {
    StoreError::Failed(what.into())
}
