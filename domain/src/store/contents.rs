//! Contents: those that are arriving, and those that are there.
//!
//! A content's row is in one of four states: arriving, there, garbage (its blob is to be removed), swept (its blob is
//! removed; the row stays for a while). As long as a row is there in whatever state, its id cannot be begun again: so
//! a sweeper that is late can never remove the blob of a newer content.

use async_trait::async_trait;
use postern_protocol::{AccountId, ContentId, TimeMs, parts};

use super::{BlobKey, Digest, Result, UploadHandle};

/// An upload, as it begins.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Which content.
    pub key: BlobKey,
    /// Where the blob store finds it.
    pub handle: UploadHandle,
    /// Now.
    pub now: TimeMs,
}

/// What has become of a new upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It has begun.
    New,
    /// It had begun before, and goes on under the handle in here: the new handle is not kept.
    UnderWay(UploadRow),
    /// The content is there already.
    Complete(ContentRow),
    /// The content was removed; its id cannot be used again.
    Gone,
}

/// An upload that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Which content.
    pub key: BlobKey,
    /// Where the blob store finds it.
    pub handle: UploadHandle,
    /// When it began.
    pub created: TimeMs,
    /// The parts that are there, by number.
    pub parts: Vec<PartRow>,
}

/// A part that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartRow {
    /// Its number.
    pub part: u32,
    /// Its size.
    pub size_bytes: u64,
    /// Its BLAKE3.
    pub checksum: Digest,
}

impl PartRow {
    /// Whether these, ordered by number, are exactly the parts of a stream of `size_bytes`.
    #[must_use]
    pub fn are_whole(there: &[Self], size_bytes: u64) -> bool {
        parts::are_whole(there.iter().map(|row| (row.part, row.size_bytes)), size_bytes)
    }
}

/// An upload that is under way, as far as one of its parts goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadPartRow {
    /// Where the blob store finds the upload.
    pub handle: UploadHandle,
    /// The part, if it is there already.
    pub noted: Option<PartRow>,
}

/// What has become of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It is noted, by this call or before.
    Done,
    /// A part of that number, but with another checksum, is noted already.
    Differs,
    /// The account has no room for it.
    QuotaExceeded,
    /// There is no such upload (any more).
    NoUpload,
}

/// What has become of completing an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completed {
    /// The content is there, by this call or before.
    Done(ContentRow),
    /// Not all parts are noted, or they do not come to that size, each as long as its number says.
    PartsMissing,
    /// There is no such upload (any more).
    NoUpload,
}

/// A content that came whole.
#[derive(Debug, Clone, Copy)]
pub struct NewContent {
    /// Which.
    pub key: BlobKey,
    /// Its size.
    pub size_bytes: u64,
    /// Now.
    pub now: TimeMs,
}

impl NewContent {
    /// Its row once it is there; no record names it yet.
    #[must_use]
    pub fn row(&self) -> ContentRow {
        ContentRow {
            key: self.key,
            size_bytes: self.size_bytes,
            completed: self.now,
            records: 0,
        }
    }
}

/// What has become of a content that came whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Done(ContentRow),
    /// One of that id was there before, perhaps by this very request.
    Already(ContentRow),
    /// An upload of that id is under way.
    UnderWay,
    /// The content was removed; its id cannot be used again.
    Gone,
    /// The account has no room for it, or not for all that came with it. Its blob becomes garbage.
    QuotaExceeded,
}

/// A content that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRow {
    /// Which.
    pub key: BlobKey,
    /// The size of the sealed stream.
    pub size_bytes: u64,
    /// When it was complete.
    pub completed: TimeMs,
    /// How many records name it.
    pub records: u64,
}

/// Keeps what is known of contents. None of this makes a feed entry: what no record names, nobody sees.
#[async_trait]
pub trait ContentStore: Send + Sync {
    /// Begins an upload. Repeating it is harmless. Of several at the same moment, one handle is kept.
    async fn begin_upload(&self, upload: &NewUpload) -> Result<Begun>;

    /// An upload that is under way, with its parts, read in one moment.
    async fn upload(&self, key: BlobKey) -> Result<Option<UploadRow>>;

    /// An upload that is under way, without its other parts: what is needed to take part `part`, however many there
    /// are.
    async fn upload_part(&self, key: BlobKey, part: u32) -> Result<Option<UploadPartRow>>;

    /// Notes a part whose bytes are durable, and counts them as used. Repeating it is harmless and counts once.
    async fn note_part(&self, key: BlobKey, part: &PartRow) -> Result<Noted>;

    /// Makes an upload a content: all parts up to `size_bytes` are noted and their blob is complete. The notes of its
    /// parts go. Repeating it is harmless.
    async fn complete_upload(&self, key: BlobKey, size_bytes: u64, now: TimeMs) -> Result<Completed>;

    /// Gives up an upload: what it used is free again, what has arrived is given to the sweeper. `None` if there is no
    /// such upload.
    async fn abort_upload(&self, key: BlobKey, now: TimeMs) -> Result<Option<()>>;

    /// Notes contents of one account, each of another id, whose blobs are there whole, and counts them as used; answers
    /// for each in their order. Of those that are new, all fit into the quota or none is kept. Repeating it is harmless
    /// and counts once.
    async fn add_contents(&self, contents: &[NewContent]) -> Result<Vec<Added>>;

    /// Those of these contents of an account that are there, in any order.
    async fn contents(&self, account: AccountId, contents: &[ContentId]) -> Result<Vec<ContentRow>>;

    /// [`ContentStore::add_contents`] of one.
    async fn add_content(&self, content: &NewContent) -> Result<Added> {
        let added = self.add_contents(std::slice::from_ref(content)).await?;
        Ok(added.into_iter().next().expect("an answer for each"))
    }

    /// A content that is there.
    async fn content(&self, key: BlobKey) -> Result<Option<ContentRow>> {
        Ok(self.contents(key.account, &[key.content]).await?.pop())
    }
}
