//! Bulk bytes on their way out, with ranges (RFC 9110, 14) and an exact count of deliveries.
//!
//! A download counts when the connection has taken its last byte and asks for more: not when it begins, not when
//! somebody looks at the head of an answer, not when it breaks off.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody, SizedStream};
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use postern_domain::Error;
use postern_domain::bundles::Bundle;
use postern_domain::contents::{Delivery, Readable, Reading};
use postern_domain::store::{ReadStream, StoreError};
use postern_protocol::range;

use crate::address::origin_of;
use crate::error::ApiError;
use crate::extract::state;
use crate::held::PIECE_BYTES;

/// Answers with what `request` asks for of a content.
pub(crate) async fn send(request: &HttpRequest, content: &Readable) -> Result<HttpResponse, ApiError> {
    let size_bytes = content.size_bytes();
    let asked = asked_for(request, size_bytes)?;
    let wanted = asked.clone().unwrap_or(0..size_bytes);
    let length = wanted.end - wanted.start;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/octet-stream");
    if let Some(range) = asked {
        response
            .status(StatusCode::PARTIAL_CONTENT)
            .insert_header((header::CONTENT_RANGE, range::format_content(&range, size_bytes)));
    }
    if request.method() == Method::HEAD {
        return Ok(response.body(NoBody(length)));
    }
    let reading = content.read(wanted).await?;
    Ok(response.body(SizedStream::new(length, Outgoing::from(reading))))
}

/// Answers with all of a bundle, in memory that is counted until it has gone.
pub(crate) async fn send_bundle(request: &HttpRequest, bundle: &Bundle) -> Result<HttpResponse, ApiError> {
    let (state, length) = (state(request), bundle.size_bytes());
    let origin = origin_of(request, &state.settings.trusted_proxies);
    let mut reserved = state.room.reserve(origin);
    reserved.grow_to(usize::try_from(length).unwrap_or(usize::MAX))?;
    let (bytes, delivery) = bundle.read().await?;
    let pieces = stream::unfold((bytes, reserved), |(mut left, reserved)| async move {
        let piece = left.split_to(left.len().min(PIECE_BYTES));
        (!piece.is_empty()).then_some((Ok(piece), (left, reserved)))
    });
    let outgoing = Outgoing {
        pieces: pieces.boxed(),
        delivery,
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/octet-stream")
        .body(SizedStream::new(length, outgoing)))
}

/// The one range that is asked for, if any.
fn asked_for(request: &HttpRequest, size_bytes: u64) -> Result<Option<Range<u64>>, ApiError> {
    let Some(value) = request.headers().get(header::RANGE) else {
        return Ok(None);
    };
    let outside = || ApiError::Domain(Error::RangeOutside { size_bytes });
    let text = value.to_str().map_err(|_| outside())?;
    range::parse(text, size_bytes).map(Some).map_err(|_| outside())
}

/// The bytes of a download, and what is to be done after the last.
struct Outgoing {
    pieces: ReadStream,
    delivery: Option<Delivery>,
}

impl From<Reading> for Outgoing {
    fn from(reading: Reading) -> Self {
        Self {
            pieces: reading.pieces,
            delivery: reading.delivery,
        }
    }
}

impl Stream for Outgoing {
    type Item = Result<Bytes, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.pieces.as_mut().poll_next(cx);
        match &polled {
            Poll::Ready(None) => self.delivery.take().into_iter().for_each(count),
            Poll::Ready(Some(Err(error))) => {
                tracing::error!(cause = %error, "a download broke off");
                self.delivery = None;
            }
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }
}

/// Counts on its own: the connection may be gone before the store has answered.
fn count(delivery: Delivery) {
    actix_web::rt::spawn(async move {
        if let Err(error) = delivery.done().await {
            tracing::error!(cause = %error, "a download was not counted");
        }
    });
}

/// The answer to HEAD: the length, and no bytes.
struct NoBody(u64);

impl MessageBody for NoBody {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Poll::Ready(None)
    }
}
