//! Trying again, in one place: only what may be repeated, only when the way to the server failed.
//!
//! A refusal is an answer, and so is something that does not open: neither is ever tried again (`G-ORACLE`: a server
//! must not learn from what a client does next).

use std::rc::Rc;

use async_trait::async_trait;

use super::{Fault, Http, Request, Response};
use crate::{Clock, Entropy, Patience};

const TRIES: u32 = 7;
const PATIENCE: Patience = Patience {
    first_ms: 250,
    longest_ms: 15_000,
};
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
}

#[async_trait(?Send)]
impl<H: Http> Http for Retry<H> {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        for attempt in 0..TRIES - 1 {
            let outcome = self.inner.send(request.clone()).await;
            let Some(wish_ms) = wish_to_retry(&request, &outcome) else {
                return outcome;
            };
            PATIENCE
                .wait(attempt, wish_ms, &*self.clock, &*self.entropy)
                .await;
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

/// 429 and 503 say that nothing was done; 408 (a line that stood still) and a proxy's 502 and 504 leave that open.
fn is_passing(status: u16, repeatable: bool) -> bool {
    matches!(status, 429 | 503) || (repeatable && matches!(status, 408 | 502 | 504))
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use bytes::Bytes;
    use futures::executor::block_on;
    use postern_protocol::TimeMs;

    use super::super::Method;
    use super::*;

    /// Answers with what it was given, in order, and counts how often it was asked.
    #[derive(Default)]
    struct Script {
        answers: RefCell<Vec<Result<Response, Fault>>>,
        asked: Cell<usize>,
    }

    #[async_trait(?Send)]
    impl Http for Script {
        async fn send(&self, _: Request) -> Result<Response, Fault> {
            self.asked.set(self.asked.get() + 1);
            self.answers.borrow_mut().pop().unwrap_or(Err(Fault::NoAnswer))
        }
    }

    #[derive(Default)]
    struct Waits(RefCell<Vec<u64>>);

    #[async_trait(?Send)]
    impl Clock for Waits {
        fn now(&self) -> TimeMs {
            TimeMs(0)
        }
        async fn sleep_ms(&self, ms: u64) {
            self.0.borrow_mut().push(ms);
        }
    }

    struct Highest;

    impl Entropy for Highest {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    fn answer(status: u16, retry_after_s: Option<u64>) -> Result<Response, Fault> {
        Ok(Response {
            status,
            content_range: None,
            retry_after_s,
            body: Bytes::new(),
        })
    }

    /// How often it was asked, how long was waited, and what came of it.
    fn send(
        request: Request,
        answers: Vec<Result<Response, Fault>>,
    ) -> (usize, Vec<u64>, Result<u16, Fault>) {
        let script = Rc::new(Script {
            answers: RefCell::new(answers),
            asked: Cell::new(0),
        });
        let waits = Rc::new(Waits::default());
        let retry = Retry::new(Rc::clone(&script), waits.clone(), Rc::new(Highest));
        let outcome = block_on(retry.send(request)).map(|answer| answer.status);
        (script.asked.get(), waits.0.take(), outcome)
    }

    #[test]
    fn what_may_be_repeated_is_tried_again_with_growing_pauses() {
        let (asked, waits, outcome) = send(Request::new(Method::Get, "/"), Vec::new());
        assert_eq!((asked, outcome), (7, Err(Fault::NoAnswer)));
        assert!(
            waits.is_sorted() && waits.iter().all(|wait| *wait <= PATIENCE.longest_ms),
            "{waits:?}"
        );
    }

    #[test]
    fn what_may_not_be_repeated_is_sent_once() {
        assert_eq!(send(Request::new(Method::Post, "/"), Vec::new()).0, 1);
        for status in [408, 502] {
            let (asked, ..) = send(Request::new(Method::Post, "/"), vec![answer(status, None)]);
            assert_eq!(asked, 1, "{status}");
        }
    }

    #[test]
    fn a_refusal_is_an_answer() {
        for status in [200, 400, 401, 403, 404, 409, 410, 422, 500, 507] {
            assert_eq!(
                send(Request::new(Method::Get, "/"), vec![answer(status, None)]).0,
                1,
                "{status}"
            );
        }
        assert_eq!(
            send(Request::new(Method::Get, "/"), vec![Err(Fault::TooLong)]).0,
            1
        );
    }

    #[test]
    fn a_short_wish_is_granted_and_a_long_one_is_told() {
        let (asked, waits, outcome) = send(
            Request::new(Method::Post, "/"),
            vec![answer(200, None), answer(429, Some(3))],
        );
        assert_eq!((asked, outcome), (2, Ok(200)));
        assert!(waits[0] >= 3_000);
        assert_eq!(
            send(Request::new(Method::Get, "/"), vec![answer(429, Some(600))]).0,
            1
        );
    }
}
