//! A body of which the length and the hash are told before it comes.

use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use postern_crypto::hash::{Hasher, equal};

use crate::error::Result;
use crate::store::{Body, BodyError, BodyStream, Digest};

/// A body as it arrives, and what was said about it before.
pub struct Announced {
    /// How many bytes there will be.
    pub size_bytes: u64,
    /// Their BLAKE3.
    pub checksum: Digest,
    /// The bytes.
    pub pieces: BodyStream,
}

impl Announced {
    /// The body, ending with an error if it is not what was announced. It is hashed as it passes.
    pub(crate) fn checked(self) -> Body {
        Body::stream(self.size_bytes, hashed(self.pieces, self.checksum).boxed())
    }

    /// Reads it to its end without keeping it, and says whether it was what was announced.
    pub(crate) async fn drain(self) -> Result<()> {
        let mut pieces = self.checked().into_stream();
        while pieces.try_next().await?.is_some() {}
        Ok(())
    }
}

fn hashed(pieces: BodyStream, checksum: Digest) -> impl Stream<Item = Result<Bytes, BodyError>> + Send {
    let start = (pieces, Hasher::default());
    stream::try_unfold(start, move |(mut pieces, mut hasher)| async move {
        match pieces.try_next().await? {
            Some(piece) => {
                hasher.update(&piece);
                Ok(Some((piece, (pieces, hasher))))
            }
            None if equal(&hasher.finish(), &checksum) => Ok(None),
            None => Err(BodyError::WrongChecksum),
        }
    })
}
