//! [`Http`] over the network, by reqwest and rustls. A browser brings its own.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use postern_protocol::API_ROOT;

use super::{Fault, Http, Method, Request, Response};
use crate::{Buffers, Error, Result};

/// A server, by its origin.
pub struct Network {
    client: reqwest::Client,
    root: String,
    /// For long answers.
    buffers: Buffers,
}

impl Network {
    /// The server at `origin` ("https://host" or "http://127.0.0.1:8080").
    ///
    /// # Errors
    /// [`Error::Internal`] if the origin is no HTTP address.
    pub fn new(origin: &str) -> Result<Self> {
        let origin = origin.trim_end_matches('/');
        let known = origin.starts_with("https://") || origin.starts_with("http://");
        if !known || reqwest::Url::parse(origin).is_err() {
            return Err(Error::Internal(
                "a server's address begins with https:// or http://",
            ));
        }
        Ok(Self {
            client: client()?,
            root: format!("{origin}{API_ROOT}"),
            buffers: Buffers::default(),
        })
    }

    fn build(&self, request: Request) -> reqwest::RequestBuilder {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let timeout = request.time_limit();
        let builder = self
            .client
            .request(method, format!("{}{}", self.root, request.path))
            .timeout(timeout);
        let builder = request
            .headers
            .into_iter()
            .fold(builder, |builder, (name, value)| builder.header(name, value));
        with_body(builder, request.body)
    }

    async fn body_up_to(&self, answer: reqwest::Response, max: usize) -> std::result::Result<Bytes, Fault> {
        let announced = answer.content_length().unwrap_or(0);
        if announced > max as u64 {
            return Err(Fault::TooLong);
        }
        // No more is reserved than was announced, and no more is taken in than was allowed.
        let announced = usize::try_from(announced).unwrap_or(0);
        if announced < LONG_BYTES {
            let mut body = Vec::with_capacity(announced);
            collect(answer, max, &mut body).await?;
            return Ok(body.into());
        }
        let mut body = self.buffers.lend();
        body.clear();
        body.reserve_exact(announced);
        collect(answer, max, &mut body).await?;
        Ok(body.into())
    }
}

#[async_trait(?Send)]
impl Http for Network {
    async fn send(&self, request: Request) -> std::result::Result<Response, Fault> {
        let max = request.max_answer_bytes;
        let answer = self.build(request).send().await.map_err(|_| Fault::NoAnswer)?;
        Ok(Response {
            status: answer.status().as_u16(),
            content_range: header(&answer, "content-range"),
            retry_after_s: header(&answer, "retry-after").and_then(|seconds| seconds.parse().ok()),
            body: self.body_up_to(answer, max).await?,
        })
    }
}

fn with_body(builder: reqwest::RequestBuilder, body: Bytes) -> reqwest::RequestBuilder {
    if body.is_empty() {
        builder
    } else {
        builder.body(body)
    }
}

fn header(answer: &reqwest::Response, name: &str) -> Option<String> {
    answer.headers().get(name)?.to_str().ok().map(str::to_owned)
}

async fn collect(
    answer: reqwest::Response,
    max: usize,
    body: &mut Vec<u8>,
) -> std::result::Result<(), Fault> {
    let mut stream = answer.bytes_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| Fault::NoAnswer)?;
        if piece.len() > max - body.len() {
            return Err(Fault::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(())
}

/// Answers that announce so much are segments, of which more will come.
const LONG_BYTES: usize = 1 << 20;

/// Shorter than any server keeps a connection on which nothing happens (ours: 5 seconds). A request that meets the end of
/// its connection gets no answer; after the seconds that Argon2 takes on a slow device that would be the second half of
/// a login, which is not repeated.
const IDLE: Duration = Duration::from_secs(3);

fn client() -> Result<reqwest::Client> {
    // A second call finds the provider installed already, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(15))
        // A server must not be able to send a client, and its token, somewhere else.
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true)
        .pool_idle_timeout(IDLE)
        .build()
        .map_err(|_| Error::Internal("no TLS certificates are installed"))
}
