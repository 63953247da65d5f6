//! What the server's rules need of whoever keeps its data: the contracts.
//!
//! A doc comment here *is* the contract, and each of its sentences is a test that every backend passes. What holds
//! throughout:
//!
//! - A method that changes something is one transaction, its entries in the change feed included: after a crash at
//!   any moment, all of it is there or nothing. It returns when the change is durable.
//! - What a caller must expect (gone, taken, too slow, over quota) is a value, never an error. A [`StoreError`] means that
//!   the outcome is unknown: the change may have been made. Methods say where repeating them is harmless.
//! - Conflicts between databases' transactions are retried inside the store. Nobody else retries.
//! - Nothing here looks at a clock: every moment is an argument.
//! - Checks that need no transaction (shapes, sizes, signatures, who may do it) are made before the call, by the rules.
//!
//! Bytes of contents live in a [`BlobStore`], everything else in [`Records`]. The order between the two: the blob is
//! there before a row says so, and a row stops saying so before the blob goes. So a blob without a row is garbage,
//! and a row without a blob cannot exist.

mod accounts;
mod addresses;
pub mod batch;
mod blobs;
mod contents;
mod error;
mod garbage;
mod links;
mod mail;
mod mail_index;
mod secrets;
mod sessions;
mod volumes;

pub use accounts::{
    AccountRow, AccountSnapshot, AccountStore, Created, DirectoryRow, FeedStore, NewAccount, NewInvite,
    NewPassword, NewRotation, ObjectPut, ObjectStore, PasswordSet, Rotated,
};
pub use addresses::{
    Address, AddressRow, AddressStore, DomainRow, Given, HeldAddress, NewAddress, RecipientRow,
};
pub use blobs::{
    BlobEntry, BlobKey, BlobPage, BlobStore, Body, BodyStream, DirectBlobs, ListFrom, Put, ReadStream,
    UploadHandle,
};
pub use contents::{
    Added, Begun, Completed, ContentRow, ContentStore, NewContent, NewUpload, Noted, PartRow, UploadPartRow,
    UploadRow,
};
pub use error::{BodyError, Cause, Result, StoreError};
pub use garbage::{GarbageRow, GarbageStore, Swept};
pub use links::{LeaseRow, Leased, LinkMade, LinkRow, LinkStore, LinkTarget, NewLease, NewLink, RecordPage};
pub use mail::{
    Delivered, Kept, MailEntry, MailEntryKind, MailStore, MessageRow, NewCopy, NewMail, NewestMessages,
};
pub use mail_index::{IndexPut, KeptIndex, MailIndexStore};
pub use secrets::SecretStore;
pub use sessions::{NewSession, SessionRow, SessionStore};
pub use volumes::{BatchOutcome, BatchRefusal, NewBatch, VolumeRow, VolumeStore};

/// A hash, a checksum or a public key: 32 bytes.
pub type Digest = [u8; 32];

/// Everything but the bytes of contents.
pub trait Records:
    AccountStore
    + AddressStore
    + SessionStore
    + ObjectStore
    + FeedStore
    + VolumeStore
    + ContentStore
    + LinkStore
    + MailStore
    + MailIndexStore
    + SecretStore
    + GarbageStore
{
}

impl<T> Records for T where
    T: AccountStore
        + AddressStore
        + SessionStore
        + ObjectStore
        + FeedStore
        + VolumeStore
        + ContentStore
        + LinkStore
        + MailStore
        + MailIndexStore
        + SecretStore
        + GarbageStore
{
}
