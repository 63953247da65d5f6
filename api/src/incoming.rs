//! Bulk bytes on their way in, from a connection to a store.
//!
//! A connection belongs to one thread, a store may use others: between them lie a few chunks, no more. The store's
//! pace is the connection's pace.

use std::future::Future;
use std::pin::pin;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header;
use bytes::Bytes;
use futures::future::{Either, select};
use futures::{FutureExt as _, SinkExt as _, Stream, StreamExt as _};
use postern_domain::store::{BodyError as Interruption, Digest};
use postern_domain::uploads::Announced;
use postern_protocol::bytes::decode;
use postern_protocol::upload::CHECKSUM_HEADER;

use crate::address::origin_of;
use crate::body::{BodyError, GuardedBody, read_whole};
use crate::error::ApiError;
use crate::extract::state;
use crate::room::Reserved;

/// Chunks between connection and store, besides the one that each sender may always have there. A thousand uploads that
/// wait for one disk hold a thousand times as many.
const BUFFERED_CHUNKS: usize = 0;

/// Hands the body of `request` to `keep`, chunk by chunk. What the body itself did wrong is told rather than what
/// `keep` made of it.
pub(crate) async fn hand_over<S, T, F>(
    request: &HttpRequest,
    payload: S,
    keep: impl FnOnce(Announced) -> F,
) -> Result<T, ApiError>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    F: Future<Output = postern_domain::Result<T>>,
{
    let (size_bytes, checksum) = (length(request)?, checksum(request)?);
    let body = GuardedBody::new(payload, size_bytes, state(request).settings.pace);
    let (chunks, pieces) = futures::channel::mpsc::channel(BUFFERED_CHUNKS);
    let kept = keep(Announced {
        size_bytes,
        checksum,
        pieces: pieces.boxed(),
    });
    match select(pin!(kept), pin!(pump(body, chunks))).await {
        Either::Left((Ok(kept), _)) => Ok(kept),
        // The store may have heard that the body broke off before the pump could say why.
        Either::Left((Err(error), pump)) => match pump.now_or_never() {
            Some(Err(broken)) => Err(broken.into()),
            Some(Ok(())) | None => Err(error.into()),
        },
        Either::Right((Ok(()), kept)) => Ok(kept.await?),
        Either::Right((Err(broken), kept)) => {
            let _ = kept.await;
            Err(broken.into())
        }
    }
}

/// The whole body of `request` with the checksum that was announced, in memory that is counted as long as the last value
/// is kept.
pub(crate) async fn whole<S>(
    request: &HttpRequest,
    payload: S,
    limit: u64,
) -> Result<(Bytes, Digest, Reserved), ApiError>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    let (state, announced) = (state(request), checksum(request)?);
    let body = GuardedBody::new(payload, limit, state.settings.pace);
    let origin = origin_of(request, &state.settings.trusted_proxies);
    let mut reserved = state.room.reserve(origin);
    let body = read_whole(body, &mut reserved).await?;
    Ok((body.into(), announced, reserved))
}

type Chunks = futures::channel::mpsc::Sender<Result<Bytes, Interruption>>;

async fn pump<S>(mut body: GuardedBody<S>, mut chunks: Chunks) -> Result<(), BodyError>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    while let Some(chunk) = body.next().await {
        let (piece, outcome) = match chunk {
            Ok(chunk) => (Ok(chunk), Ok(())),
            Err(error) => (Err(Interruption::Interrupted), Err(error)),
        };
        // Nobody listens any more once the store has given up; it says why.
        let listens = chunks.send(piece).await.is_ok();
        outcome?;
        if !listens {
            return Ok(());
        }
    }
    Ok(())
}

fn length(request: &HttpRequest) -> Result<u64, ApiError> {
    let header = request.headers().get(header::CONTENT_LENGTH);
    let length = header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    length.ok_or_else(|| ApiError::Malformed("the body's length must be announced".to_owned()))
}

fn checksum(request: &HttpRequest) -> Result<Digest, ApiError> {
    let header = request.headers().get(CHECKSUM_HEADER);
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let checksum = decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    checksum.ok_or_else(|| {
        ApiError::Malformed(format!(
            "the header {CHECKSUM_HEADER} must hold the body's BLAKE3 as base64url"
        ))
    })
}
