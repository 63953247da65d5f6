//! What can go wrong with a store that is no one's mistake.

/// Why a store failed, for the log.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The result of every contract.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The outcome is unknown: the change may have been made, or not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no room, until somebody makes some.
    #[error("the store is full")]
    Full(#[source] Cause),
    /// Trying again later may help: no connection, too busy.
    #[error("the store cannot do this now")]
    Unavailable(#[source] Cause),
    /// Trying again will not help: damaged data, missing rights, a mistake of ours.
    #[error("the store failed")]
    Failed(#[source] Cause),
    /// The bytes that were to be stored did not all arrive, or were not those announced. Nothing is stored.
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// Why the bytes of a body are not to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Whoever sent them stopped before the end.
    #[error("the sender stopped before the end")]
    Interrupted,
    /// There are more or fewer of them than announced.
    #[error("the body is not as long as announced")]
    WrongLength,
    /// Their hash is not the one announced.
    #[error("the body does not have the announced checksum")]
    WrongChecksum,
}
