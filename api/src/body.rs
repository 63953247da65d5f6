//! Bodies on their way in: chunk by chunk, no longer than announced, and no slower than the settings allow.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::settings::Pace;

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
    pace: Pace,
    started: Instant,
    deadline: Pin<Box<Sleep>>,
}

impl<S> GuardedBody<S> {
    pub(crate) fn new(body: S, limit: u64, pace: Pace) -> Self {
        let started = Instant::now();
        Self {
            body,
            limit,
            received: 0,
            pace,
            started,
            deadline: Box::pin(sleep_until(started + pace.body_grace)),
        }
    }

    fn take(&mut self, chunk: Bytes) -> Result<Bytes, BodyError> {
        self.received += chunk.len() as u64;
        if self.received > self.limit {
            return Err(BodyError::TooLarge);
        }
        Ok(chunk)
    }

    /// Whether the body is late. The timer is moved only when it rings, not with each chunk.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        while self.deadline.as_mut().poll(cx).is_ready() {
            let earned = Duration::from_secs(self.received / u64::from(self.pace.body_bytes_per_s.max(1)));
            let due = self.started + self.pace.body_grace + earned;
            if due <= Instant::now() {
                return true;
            }
            self.deadline.as_mut().reset(due);
        }
        false
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
            Poll::Pending if this.is_late(cx) => Poll::Ready(Some(Err(BodyError::TooSlow))),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// The whole body, where it is small.
pub(crate) async fn read_whole<S>(mut body: GuardedBody<S>) -> Result<Vec<u8>, BodyError>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    use futures::StreamExt as _;
    let mut whole = Vec::new();
    while let Some(chunk) = body.next().await {
        whole.extend_from_slice(&chunk?);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt as _, stream};

    use super::*;

    const PACE: Pace = Pace {
        head: Duration::from_secs(1),
        body_grace: Duration::from_secs(10),
        body_bytes_per_s: 10,
        stall: Duration::from_secs(10),
    };

    fn chunk(bytes: &'static [u8]) -> Result<Bytes, PayloadError> {
        Ok(Bytes::from_static(bytes))
    }

    #[tokio::test]
    async fn a_body_as_long_as_allowed_arrives_whole() {
        let body = GuardedBody::new(stream::iter([chunk(b"abc"), chunk(b"de")]), 5, PACE);
        assert_eq!(read_whole(body).await.expect("allowed"), b"abcde");
    }

    #[tokio::test]
    async fn a_body_that_is_longer_than_allowed_is_refused_at_the_first_byte_too_many() {
        let body = GuardedBody::new(stream::iter([chunk(b"abc"), chunk(b"def"), chunk(b"g")]), 5, PACE);
        assert!(matches!(read_whole(body).await, Err(BodyError::TooLarge)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stands_still_is_given_up_after_the_grace() {
        let started = Instant::now();
        let body = GuardedBody::new(stream::iter([chunk(b"abc")]).chain(stream::pending()), 5, PACE);
        assert!(matches!(read_whole(body).await, Err(BodyError::TooSlow)));
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
        assert!(matches!(read_whole(body).await, Err(BodyError::TooSlow)));
        // Five bytes a second earn half a second each: the grace of ten seconds lasts for twenty.
        assert!((19..=21).contains(&started.elapsed().as_secs()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_keeps_up_may_take_as_long_as_it_needs() {
        let steady = stream::unfold(0, |n| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (n < 100).then(|| (chunk(b"1234567890"), n + 1))
        });
        let body = GuardedBody::new(Box::pin(steady), 1 << 20, PACE);
        assert_eq!(read_whole(body).await.expect("fast enough").len(), 1_000);
    }
}
