//! What nobody needs any more.
//!
//! One sweep: give up what is left lying ([`GarbageStore::drop_abandoned_uploads`],
//! [`GarbageStore::drop_unattached_contents`]), condemn listed blobs that have no row
//! ([`GarbageStore::condemn_unknown_blobs`]), then delete the blobs of [`GarbageStore::garbage`] and say so
//! ([`GarbageStore::note_swept`]). Several nodes may sweep at the same time, and may stop at any point.

use async_trait::async_trait;
use postern_protocol::TimeMs;

use super::{BlobKey, Result, UploadHandle};

/// A blob to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GarbageRow {
    /// Which.
    pub key: BlobKey,
    /// The upload under which it was arriving, if it was never complete.
    pub upload: Option<UploadHandle>,
}

/// How many of each went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Sessions.
    pub sessions: u64,
    /// Leases.
    pub leases: u64,
    /// Invitations.
    pub invites: u64,
    /// Rows of contents that were swept long ago.
    pub contents: u64,
}

/// Finds what nobody needs any more. Everything here may be repeated.
#[async_trait]
pub trait GarbageStore: Send + Sync {
    /// Gives up uploads that began before `before`, at most `limit`; says how many. As
    /// [`super::ContentStore::abort_upload`].
    async fn drop_abandoned_uploads(&self, before: TimeMs, now: TimeMs, limit: u32) -> Result<u32>;

    /// Removes contents that were complete before `before` and that no record names, at most `limit`; says how many. What
    /// they used is free again.
    async fn drop_unattached_contents(&self, before: TimeMs, now: TimeMs, limit: u32) -> Result<u32>;

    /// Makes garbage of those keys that have no row at all; says how many. One that gets its row at the same moment is
    /// either left alone, or the row is refused with `Gone`.
    async fn condemn_unknown_blobs(&self, keys: &[BlobKey], now: TimeMs) -> Result<u32>;

    /// At most `limit` blobs to delete that became garbage before `before`, oldest first.
    async fn garbage(&self, before: TimeMs, limit: u32) -> Result<Vec<GarbageRow>>;

    /// Notes that these blobs are deleted. Keys that are not garbage are left alone.
    async fn note_swept(&self, keys: &[BlobKey], now: TimeMs) -> Result<()>;

    /// Forgets sessions, leases and invitations that ended before `now`, and contents swept before `forget_before`.
    async fn drop_expired(&self, now: TimeMs, forget_before: TimeMs) -> Result<Swept>;
}
