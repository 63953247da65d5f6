//! Where Postern's server keeps its records and blobs.
//!
//! Implements the contracts of [`postern_domain::store`] and nothing beyond them: no rule of the service lives here
//! (those that only a transaction can check are [`postern_domain::store::batch`]), and nothing here can read what it stores.
//!
//! | contract | one machine | many | tests |
//! |---|---|---|---|
//! | blobs | [`FolderBlobs`] | [`Buffered`] over [`Retry`] over [`S3Blobs`] | [`MemoryBlobs`] |
//! | records | [`SqlRecords`] on SQLite | [`SqlRecords`] on Postgres | [`MemoryRecords`] |
//!
//! Read in this order: the contracts, `blobs_folder`, `records_sql` (`schema` first); then, with the feature
//! `contract`, the suite that every backend passes.

mod answers;
mod blobs_folder;
mod blobs_memory;
mod blobs_s3;
mod buffered;
mod error;
mod records_memory;
mod records_sql;
mod retry;
mod steps;

#[cfg(feature = "contract")]
pub mod contract;

pub use blobs_folder::FolderBlobs;
pub use blobs_memory::MemoryBlobs;
pub use blobs_s3::{S3Blobs, S3Settings};
pub use buffered::Buffered;
pub use error::OpenError;
pub use records_memory::MemoryRecords;
pub use records_sql::SqlRecords;
pub use retry::{Patience, Retry};
