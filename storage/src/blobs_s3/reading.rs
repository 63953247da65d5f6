//! A range as it comes from the store, held to its length.

use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use postern_domain::store::{ReadStream, Result, StoreError};
use s3::error::S3Error;

use super::answers::{failed, in_time};
use crate::error::damaged;

const PIECE_TIMEOUT: Duration = Duration::from_secs(30);

/// The pieces, which must come to exactly `bytes`, each in time.
pub(super) fn exactly<E: Into<S3Error>>(
    bytes: u64,
    pieces: impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
) -> ReadStream {
    futures::stream::try_unfold((pieces, bytes), |(mut pieces, left)| async move {
        match in_time(PIECE_TIMEOUT, pieces.next()).await? {
            Some(piece) => {
                let piece = piece.map_err(failed)?;
                let left = left
                    .checked_sub(piece.len() as u64)
                    .ok_or_else(|| damaged("the store sent more than was asked for"))?;
                Ok(Some((piece, (pieces, left))))
            }
            None if left == 0 => Ok(None),
            None => Err(StoreError::Unavailable("the store stopped in the middle".into())),
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    #[tokio::test]
    async fn a_range_that_comes_short_or_long_ends_with_an_error() {
        for announced in [2, 4] {
            let pieces = futures::stream::iter([Ok::<_, S3Error>(Bytes::from_static(b"abc"))]);
            let all: Result<Vec<Bytes>> = exactly(announced, pieces).try_collect().await;
            assert!(all.is_err(), "{announced}");
        }
    }
}
