//! HTTP as this crate needs it: one request, one bounded answer.
//!
//! [`Http`] is the seam at which tests stand between client and server, and at which [`retry`] wraps [`network`].

mod api;
#[cfg(not(target_arch = "wasm32"))]
mod network;
mod refusal;
mod retry;

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use api::Api;
pub(crate) use api::Door;
#[cfg(not(target_arch = "wasm32"))]
pub use network::Network;
pub use retry::Retry;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Do.
    Post,
    /// Put in place.
    Put,
    /// Remove.
    Delete,
}

/// One request to the server's interface.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// Below the interface's root, with its query: `/volumes/…/changes?limit=1000`.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for none. Cheap to clone, so that a retry copies nothing.
    pub body: Bytes,
    /// The longest answer that is taken in: a server must not be able to fill a device's memory.
    pub max_answer_bytes: usize,
    /// Whether doing it twice is the same as doing it once.
    pub repeatable: bool,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header `Content-Range`.
    pub content_range: Option<String>,
    /// The header `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
    /// The body, at most as long as the request allowed.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection, a broken one, or nothing in time.
    #[error("no answer")]
    NoAnswer,
    /// The answer was longer than the request allowed.
    #[error("the answer is too long")]
    TooLong,
}

/// Carries requests to a server.
#[async_trait(?Send)]
pub trait Http {
    /// Sends `request` and waits for the whole answer.
    ///
    /// # Errors
    /// [`Fault`] if there is none. A refusal is an answer.
    async fn send(&self, request: Request) -> Result<Response, Fault>;
}

#[async_trait(?Send)]
impl<H: Http + ?Sized> Http for Rc<H> {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        (**self).send(request).await
    }
}

/// How long a small exchange may take.
const SHORT: Duration = Duration::from_secs(60);
/// How long a large body may take, for each MiB of it: 32 KiB a second is the slowest line that we serve.
const PER_MIB: Duration = Duration::from_secs(32);

/// Room for a page of full records and its JSON around them.
pub(crate) const MAX_JSON_ANSWER_BYTES: usize = 16 << 20;

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            max_answer_bytes: MAX_JSON_ANSWER_BYTES,
            repeatable: !matches!(method, Method::Post),
        }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Doing it twice is the same as doing it once, though it is a `POST`.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// How long the whole exchange may take.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        let bytes = self.body.len().max(self.max_answer_bytes);
        SHORT + PER_MIB * u32::try_from(bytes >> 20).unwrap_or(u32::MAX)
    }

    /// With another bound for the answer.
    #[must_use]
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.max_answer_bytes = bytes;
        self
    }
}

impl Response {
    /// Whether the status says success.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}
