//! Why a message was not kept.

use std::io::{self, ErrorKind};

/// Why a message was not kept. Whoever sent it has to be told to try again later.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Disk or journal have no room left.
    #[error("there is no room left for mail")]
    Full,
    /// The disk does not do what it was asked to.
    #[error("the disk failed")]
    Disk(#[source] io::Error),
    /// It did not before, and what waits has to be handed on first.
    #[error("the journal has failed and is not renewed yet")]
    Broken,
}

/// What is read was not written like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a spooled message is damaged")]
pub struct Damaged;

impl From<io::Error> for SpoolError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full,
            _ => Self::Disk(error),
        }
    }
}
