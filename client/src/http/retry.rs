//! Trying again, in one place: only what may be repeated, only when the way to the server failed.
//!
//! A refusal is an answer, and so is something that does not open: neither is ever tried again (`G-ORACLE`: a server
//! must not learn from what a client does next).

use std::rc::Rc;

use async_trait::async_trait;

use super::{Fault, Http, Request, Response};
use crate::{Clock, Entropy};

const TRIES: u32 = 7;
const FIRST_PAUSE_MS: u64 = 250;
const LONGEST_PAUSE_MS: u64 = 15_000;
/// Who asks for a longer pause is told to the person instead.
const LONGEST_WISH_S: u64 = 20;

/// [`Http`] that tries again.
pub struct Retry<H> {
    inner: H,
    clock: Rc<dyn Clock>,
    entropy: Rc<dyn Entropy>,
}

impl<H: Http> Retry<H> {
    /// Wraps `inner`.
    pub fn new(inner: H, clock: Rc<dyn Clock>, entropy: Rc<dyn Entropy>) -> Self {
        Self {
            inner,
            clock,
            entropy,
        }
    }

    /// Exponential, with full jitter: many clients that lost one server must not come back at the same moment.
    fn pause_ms(&self, attempt: u32) -> u64 {
        let ceiling = LONGEST_PAUSE_MS.min(FIRST_PAUSE_MS << attempt.min(16));
        let mut random = [0; 8];
        self.entropy.fill(&mut random);
        u64::from_le_bytes(random) % ceiling
    }
}

#[async_trait(?Send)]
impl<H: Http> Http for Retry<H> {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        for attempt in 0..TRIES - 1 {
            let outcome = self.inner.send(request.clone()).await;
            let Some(wish_ms) = wish_to_retry(&request, &outcome) else {
                return outcome;
            };
            self.clock.sleep_ms(wish_ms.max(self.pause_ms(attempt))).await;
        }
        self.inner.send(request).await
    }
}

/// How long to wait at least before another try, if another try makes sense.
fn wish_to_retry(request: &Request, outcome: &Result<Response, Fault>) -> Option<u64> {
    match outcome {
        Err(Fault::NoAnswer) if request.repeatable => Some(0),
        Ok(answer) if is_passing(answer.status, request.repeatable) => {
            let wish_s = answer.retry_after_s.unwrap_or(0);
            (wish_s <= LONGEST_WISH_S).then_some(wish_s * 1_000)
        }
        _ => None,
    }
}

/// 429 and 503 say that nothing was done; a proxy's 502 and 504 leave that open.
fn is_passing(status: u16, repeatable: bool) -> bool {
    matches!(status, 429 | 503) || (repeatable && matches!(status, 502 | 504))
}
