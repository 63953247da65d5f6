//! Bodies on their way in: chunk by chunk, no longer than announced, and no slower than the settings allow.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures::Stream;

use crate::error::ApiError;
use crate::room::Reserved;
use crate::settings::Pace;
use crate::span::Span;

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// There is more of it than allowed.
    #[error("the body is larger than allowed here")]
    TooLarge,
    /// It came too slowly.
    #[error("the body came too slowly")]
    TooSlow,
    /// The connection broke, or the framing is wrong.
    #[error("the body broke off")]
    Broken(#[source] PayloadError),
}

/// A body that is guarded while it is read. Reading it is what lets the sender go on: nothing piles up here.
pub(crate) struct GuardedBody<S> {
    body: S,
    limit: u64,
    received: u64,
    span: Span,
}

impl<S> GuardedBody<S> {
    pub(crate) fn new(body: S, limit: u64, pace: Pace) -> Self {
        Self {
            body,
            limit,
            received: 0,
            span: Span::begin(pace.body_grace, pace.body_bytes_per_s),
        }
    }

    fn take(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        self.received += chunk.len() as u64;
        self.span.passed(chunk.len());
        if self.received > self.limit {
            return Err(BodyError::TooLarge);
        }
        Ok(chunk)
    }
}

impl<S> Stream for GuardedBody<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    type Item = Result<Bytes, BodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        match Pin::new(&mut this.body).poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => Poll::Ready(Some(this.take(chunk))),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(BodyError::Broken(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if this.span.poll_late(cx).is_ready() => Poll::Ready(Some(Err(BodyError::TooSlow))),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// What a body becomes when it is understood takes about twice its own length again.
const UNDERSTOOD: usize = 3;

/// The whole body, in memory that is counted in `reserved` as it comes.
pub(crate) async fn read_whole<S>(
    mut body: GuardedBody<S>,
    reserved: &mut Reserved,
) -> Result<Vec<u8>, ApiError>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    use futures::StreamExt as _;
    let mut whole = Vec::new();
    while let Some(chunk) = body.next().await {
        whole.extend_from_slice(&chunk?);
        reserved.grow_to(whole.len() * UNDERSTOOD)?;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;
    use std::time::Duration;

    use futures::{StreamExt as _, stream};
    use tokio::time::Instant;

    use super::*;
    use crate::address::Origin;
    use crate::room::Room;

    const PACE: Pace = Pace {
        head: Duration::from_secs(1),
        body_grace: Duration::from_secs(10),
        body_bytes_per_s: 10,
        stall: Duration::from_secs(10),
    };

    async fn read<S>(body: GuardedBody<S>) -> Result<Vec<u8>, ApiError>
    where
        S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    {
        let nowhere = Origin::from(IpAddr::from([0; 4]));
        read_whole(body, &mut Arc::new(Room::default()).reserve(nowhere)).await
    }

    fn chunk(bytes: &'static [u8]) -> Result<Bytes, PayloadError> {
        Ok(Bytes::from_static(bytes))
    }

    #[tokio::test]
    async fn a_body_as_long_as_allowed_arrives_whole() {
        let body = GuardedBody::new(stream::iter([chunk(b"abc"), chunk(b"de")]), 5, PACE);
        assert_eq!(read(body).await.expect("allowed"), b"abcde");
    }

    #[tokio::test]
    async fn a_body_that_is_longer_than_allowed_is_refused_at_the_first_byte_too_many() {
        let body = GuardedBody::new(stream::iter([chunk(b"abc"), chunk(b"def"), chunk(b"g")]), 5, PACE);
        assert!(matches!(read(body).await, Err(ApiError::TooLarge)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stands_still_is_given_up_after_the_grace() {
        let started = Instant::now();
        let body = GuardedBody::new(stream::iter([chunk(b"abc")]).chain(stream::pending()), 5, PACE);
        assert!(matches!(read(body).await, Err(ApiError::TooSlow)));
        assert_eq!(started.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_given_up_when_it_falls_behind() {
        let trickle = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((chunk(b"12345"), ()))
        });
        let started = Instant::now();
        let body = GuardedBody::new(Box::pin(trickle), 1 << 20, PACE);
        assert!(matches!(read(body).await, Err(ApiError::TooSlow)));
        assert_eq!(started.elapsed().as_secs(), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_came_fast_at_first_has_not_earned_the_right_to_stand_still() {
        let burst = stream::iter([chunk(&[7; 10_000])]).chain(stream::pending());
        let started = Instant::now();
        assert!(matches!(
            read(GuardedBody::new(burst, 1 << 20, PACE)).await,
            Err(ApiError::TooSlow)
        ));
        assert_eq!(started.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_keeps_up_may_take_as_long_as_it_needs() {
        let steady = stream::unfold(0, |n| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (n < 100).then(|| (chunk(b"1234567890"), n + 1))
        });
        let body = GuardedBody::new(Box::pin(steady), 1 << 20, PACE);
        assert_eq!(read(body).await.expect("fast enough").len(), 1_000);
    }
}
