//! The bytes of contents.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use postern_protocol::{AccountId, ContentId, TimeMs};

use super::{BodyError, Result, StoreError};

/// So many small blobs are on their way at once, where a store takes one at a time.
const AT_ONCE: usize = 16;

/// Which blob: a content of an account.
///
/// The account is part of the key, so that no account can ever reach, overwrite or delete a blob of another, even if it
/// knows that one's content id (everybody who was sent a link does).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub content: ContentId,
}

/// What a blob store needs to find an upload again. The caller keeps it with the upload's row and shows it with each
/// part; only the store that made it understands it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UploadHandle(pub String);

/// The pieces of a body that is arriving.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// The pieces of a blob that is being read.
pub type ReadStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// Bytes to be stored, with their length.
///
/// Whoever knows their checksum lets the stream end with [`BodyError::WrongChecksum`] when it does not hold: a store
/// keeps nothing of a body that ends with an error.
pub struct Body {
    size_bytes: u64,
    pieces: Pieces,
}

enum Pieces {
    Whole(Bytes),
    Stream(BodyStream),
}

/// What has become of a [`BlobStore::put`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// The blob is there now.
    Stored,
    /// It was there before, with this size, and has been left as it was.
    AlreadyThere {
        /// Its size.
        size_bytes: u64,
    },
}

/// One thing that a blob store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobEntry {
    /// Which.
    pub key: BlobKey,
    /// When it was last written to, by the store's own clock.
    pub modified: TimeMs,
}

/// Where a listing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFrom(pub String);

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobPage {
    /// What is there.
    pub entries: Vec<BlobEntry>,
    /// Where to go on, unless this was all.
    pub next: Option<ListFrom>,
}

/// Keeps blobs. A blob appears whole or not at all, and never changes after that.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores a blob of at most one part, whole or not at all; it is durable when this returns.
    ///
    /// The first one wins: a blob that is there is never replaced, so that repeating this is harmless. (A store
    /// without a conditional write may let the last of several that run at the same moment win.)
    async fn put(&self, key: BlobKey, body: Body) -> Result<Put>;

    /// Stores small blobs, each as [`BlobStore::put`] does, and answers for each in their order; all are durable when this
    /// returns. If it fails, some may be there.
    async fn put_all(&self, blobs: Vec<(BlobKey, Bytes)>) -> Result<Vec<Put>> {
        let puts = blobs
            .into_iter()
            .map(|(key, bytes)| self.put(key, Body::whole(bytes)));
        stream::iter(puts).buffered(AT_ONCE).try_collect().await
    }

    /// Begins a blob that arrives in parts. Repeating it before any part has come is harmless: it may make another
    /// upload, and the handle that the caller keeps is the one that counts. (One that nobody keeps holds no bytes.)
    async fn begin(&self, key: BlobKey) -> Result<UploadHandle>;

    /// Stores part `part` of an upload, at the place that `postern_protocol::parts` gives it; durable when this returns.
    ///
    /// Parts come in any order and at the same time. Repeating one with the same bytes is harmless; what two writers
    /// of one part with different bytes leave is one of both or a mixture. `None` if there is no such upload.
    async fn put_part(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        part: u32,
        body: Body,
    ) -> Result<Option<()>>;

    /// Makes the upload a blob of `size_bytes`; durable when this returns, and to be seen only from then on. The caller
    /// has made sure that all parts are there. Repeating it after success is harmless and answers alike. `None` if
    /// there is neither such an upload nor such a blob, or parts are missing, or are not as long as their numbers say.
    async fn complete(&self, key: BlobKey, upload: &UploadHandle, size_bytes: u64) -> Result<Option<()>>;

    /// The bytes of `range` in pieces, read as the stream is polled. `range` lies within the blob and is not empty.
    /// `None` if there is no such blob. A stream that cannot yield the whole range ends with an error.
    async fn read(&self, key: BlobKey, range: Range<u64>) -> Result<Option<ReadStream>>;

    /// The bytes of small blobs of these sizes, end to end. `None` if one of them is not there.
    async fn read_all(&self, blobs: &[(BlobKey, u64)]) -> Result<Option<Bytes>> {
        let read = |(key, size_bytes): (BlobKey, u64)| async move {
            match self.read(key, 0..size_bytes).await? {
                Some(pieces) => pieces.try_collect::<Vec<Bytes>>().await.map(Some),
                None => Ok(None),
            }
        };
        let blobs = stream::iter(blobs.to_vec()).map(read).buffered(AT_ONCE);
        let blobs: Vec<Option<Vec<Bytes>>> = blobs.try_collect().await?;
        let blobs: Option<Vec<Vec<Bytes>>> = blobs.into_iter().collect();
        Ok(blobs.map(|blobs| blobs.concat().concat().into()))
    }

    /// The size of a blob. `None` if there is none, and also while it is still arriving.
    async fn size(&self, key: BlobKey) -> Result<Option<u64>>;

    /// Removes the blob, and with `upload` all that has arrived under that handle. Repeating it, or asking for what was
    /// never there, is harmless. Streams that are being read may end with an error.
    async fn delete(&self, key: BlobKey, upload: Option<&UploadHandle>) -> Result<()>;

    /// Lists all blobs in pages, each at least once if it is there from the first page to the last. (A store may list
    /// uploads too.)
    async fn list(&self, from: Option<ListFrom>) -> Result<BlobPage>;

    /// For stores with which a client can speak directly.
    fn direct(&self) -> Option<&dyn DirectBlobs> {
        None
    }
}

/// URLs that let their holder speak with the blob store itself for a while.
#[async_trait]
pub trait DirectBlobs: Send + Sync {
    /// Where to `PUT` part `part`.
    async fn put_part_url(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        part: u32,
        valid_s: u32,
    ) -> Result<String>;

    /// Where to `GET` the blob, with ranges.
    async fn get_url(&self, key: BlobKey, valid_s: u32) -> Result<String>;
}

impl Body {
    /// A body that arrives piece by piece. It must come to exactly `size_bytes`, else it ends with
    /// [`BodyError::WrongLength`].
    #[must_use]
    pub fn stream(size_bytes: u64, pieces: BodyStream) -> Self {
        Self {
            size_bytes,
            pieces: Pieces::Stream(pieces),
        }
    }

    /// A body that is in memory.
    #[must_use]
    pub fn whole(bytes: Bytes) -> Self {
        Self {
            size_bytes: bytes.len() as u64,
            pieces: Pieces::Whole(bytes),
        }
    }

    /// Its announced length.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The bytes, if they are all in memory already.
    #[must_use]
    pub fn as_whole(&self) -> Option<&Bytes> {
        match &self.pieces {
            Pieces::Whole(bytes) => Some(bytes),
            Pieces::Stream(_) => None,
        }
    }

    /// The pieces. Ends with [`BodyError::WrongLength`] as soon as they cannot come to the announced length any more.
    #[must_use]
    pub fn into_stream(self) -> BodyStream {
        let pieces = match self.pieces {
            Pieces::Whole(bytes) => stream::iter([Ok(bytes)]).boxed(),
            Pieces::Stream(pieces) => pieces,
        };
        exactly(self.size_bytes, pieces)
    }

    /// All bytes in one buffer.
    ///
    /// # Errors
    /// [`StoreError::Body`] if they do not all arrive.
    pub async fn collect(self) -> Result<Bytes> {
        if let Pieces::Whole(bytes) = self.pieces {
            return Ok(bytes);
        }
        let capacity = usize::try_from(self.size_bytes).map_err(|_| BodyError::WrongLength)?;
        let mut all = Vec::with_capacity(capacity);
        let mut pieces = self.into_stream();
        while let Some(piece) = pieces.next().await {
            all.extend_from_slice(&piece.map_err(StoreError::Body)?);
        }
        Ok(all.into())
    }
}

/// `pieces`, with an error in place of the first byte too many, or at the end if bytes are missing.
fn exactly(size_bytes: u64, pieces: BodyStream) -> BodyStream {
    let end = stream::iter([None]);
    pieces
        .map(Some)
        .chain(end)
        .scan(Some(size_bytes), |left, piece| {
            std::future::ready(left.map(|bytes| match count_down(bytes, piece) {
                Ok((rest, piece)) => {
                    *left = Some(rest);
                    Ok(piece)
                }
                Err(error) => {
                    *left = None;
                    Err(error)
                }
            }))
        })
        .filter(|piece| std::future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty())))
        .boxed()
}

fn count_down(left: u64, piece: Option<Result<Bytes, BodyError>>) -> Result<(u64, Bytes), BodyError> {
    let Some(piece) = piece.transpose()? else {
        return if left == 0 {
            Ok((0, Bytes::new()))
        } else {
            Err(BodyError::WrongLength)
        };
    };
    let rest = left
        .checked_sub(piece.len() as u64)
        .ok_or(BodyError::WrongLength)?;
    Ok((rest, piece))
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.size_bytes)
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    fn body(size_bytes: u64, pieces: &[&'static [u8]]) -> Body {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from_static(piece))).collect();
        Body::stream(size_bytes, stream::iter(pieces).boxed())
    }

    #[test]
    fn a_body_of_the_announced_length_is_collected_whole() {
        let all = block_on(body(5, &[b"ab", b"", b"cde"]).collect()).expect("the length holds");
        assert_eq!(&all[..], b"abcde");
    }

    #[test]
    fn a_body_that_is_too_short_or_too_long_is_refused() {
        for size_bytes in [0, 4, 6] {
            let outcome = block_on(body(size_bytes, &[b"ab", b"cde"]).collect());
            assert!(
                matches!(outcome, Err(StoreError::Body(BodyError::WrongLength))),
                "{size_bytes}"
            );
        }
    }

    #[test]
    fn an_endless_body_is_cut_off_at_its_length() {
        let endless = stream::repeat_with(|| Ok(Bytes::from_static(b"abc"))).boxed();
        let outcome = block_on(Body::stream(100, endless).collect());
        assert!(matches!(outcome, Err(StoreError::Body(BodyError::WrongLength))));
    }
}
