//! The least pace of bytes, looked at again and again: who was fast at first has not earned the right to stand still.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A span of time after another, in each of which enough bytes have to pass.
pub(crate) struct Span {
    length: Duration,
    enough_bytes: u64,
    passed_bytes: u64,
    end: Pin<Box<Sleep>>,
}

impl Span {
    /// Begins now.
    pub(crate) fn begin(length: Duration, bytes_per_s: u32) -> Self {
        Self {
            length,
            enough_bytes: enough(length, bytes_per_s),
            passed_bytes: 0,
            end: Box::pin(sleep_until(Instant::now() + length)),
        }
    }

    /// So many bytes have passed.
    pub(crate) fn passed(&mut self, bytes: usize) {
        self.passed_bytes += bytes as u64;
    }

    /// Ready when a span has ended in which too few bytes passed. The timer is moved only when it rings, not with each
    /// byte.
    pub(crate) fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.end.as_mut().poll(cx));
            if self.passed_bytes < self.enough_bytes {
                return Poll::Ready(());
            }
            self.passed_bytes = 0;
            self.end.as_mut().reset(Instant::now() + self.length);
        }
    }
}

fn enough(length: Duration, bytes_per_s: u32) -> u64 {
    let bytes = length.as_millis() * u128::from(bytes_per_s) / 1000;
    u64::try_from(bytes).unwrap_or(u64::MAX).max(1)
}
