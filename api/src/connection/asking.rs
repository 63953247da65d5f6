//! That the next question comes in time.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::attending::Attending;

/// A connection between two questions, if it is between two.
pub(super) struct Asking {
    longest: Duration,
    attending: Attending,
    idle: Option<Idle>,
}

/// No question is under way, since there have been so many.
struct Idle {
    since: u64,
    until: Pin<Box<Sleep>>,
}

impl Asking {
    /// Nobody is idle for longer than `longest`.
    pub(super) fn within(longest: Duration) -> Self {
        Self {
            longest,
            attending: Attending::default(),
            idle: None,
        }
    }

    /// What is to be told of the questions.
    pub(super) fn attending(&self) -> Attending {
        self.attending.clone()
    }

    /// Ready when the next question has not come in time. The end of an answer that waits for its taker (`is_taking`)
    /// belongs to its question.
    pub(super) fn poll_late(&mut self, is_taking: bool, cx: &mut Context<'_>) -> Poll<()> {
        let idle_since = self.attending.idle_since().filter(|_| !is_taking);
        let Some(since) = idle_since else {
            self.idle = None;
            return Poll::Pending;
        };
        let idle = match self.idle.take().filter(|idle| idle.since == since) {
            Some(idle) => idle,
            None => Idle {
                since,
                until: Box::pin(sleep_until(Instant::now() + self.longest)),
            },
        };
        self.idle.insert(idle).until.as_mut().poll(cx)
    }
}
