//! [`Http`] by `fetch`.
//!
//! Our own, because memory decides here: what crosses is given back at once (`buffer`).

use std::pin::pin;

use async_trait::async_trait;
use futures::future::{Either, select};
use js_sys::{Uint8Array, global};
use postern_client::http::{Fault, Http, Method, Request, Response};
use postern_client::protocol::API_ROOT;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Headers, ReadableStream, ReferrerPolicy, RequestCache, RequestCredentials, RequestInit, RequestRedirect,
    WorkerGlobalScope,
};

use crate::buffer::{Pieces, hasten_collection, release};
use crate::clock::sleep_ms;
use crate::signal::DropSignal;

/// The server that served the page.
pub struct Network {
    root: String,
}

impl Network {
    /// The server at `origin`.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            root: format!("{origin}{API_ROOT}"),
        }
    }
}

#[async_trait(?Send)]
impl Http for Network {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        // A fetch that nobody waits for any more stops.
        let stop = DropSignal::new().map_err(no_answer)?;
        let time = u64::try_from(request.time_limit().as_millis()).unwrap_or(u64::MAX);
        let exchange = async {
            let answer = self.fetch(&request, &stop).await.map_err(no_answer)?;
            read(&answer, request.max_answer_bytes).await
        };
        match select(pin!(exchange), pin!(sleep_ms(time))).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => Err(Fault::NoAnswer),
        }
    }
}

impl Network {
    async fn fetch(&self, request: &Request, stop: &DropSignal) -> Result<web_sys::Response, JsValue> {
        let init = RequestInit::new();
        init.set_method(match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        });
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_referrer_policy(ReferrerPolicy::NoReferrer);
        // A server must not be able to send a client, and its token, somewhere else.
        init.set_redirect(RequestRedirect::Error);
        init.set_signal(Some(&stop.signal()));
        let headers = Headers::new()?;
        for (name, value) in &request.headers {
            headers.append(name, value)?;
        }
        init.set_headers(&headers);
        let body = (!request.body.is_empty()).then(|| Uint8Array::from(&request.body[..]));
        if let Some(body) = &body {
            init.set_body(body);
        }
        let scope: WorkerGlobalScope = global().unchecked_into();
        let answer = scope.fetch_with_str_and_init(&format!("{}{}", self.root, request.path), &init);
        // Fetch has taken its own copy when it returns.
        if let Some(body) = body {
            release(&body);
            hasten_collection(request.body.len());
        }
        JsFuture::from(answer).await?.dyn_into()
    }
}

async fn read(answer: &web_sys::Response, max: usize) -> Result<Response, Fault> {
    let header = |name| answer.headers().get(name).ok().flatten();
    let announced: usize = header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    if announced > max {
        return Err(Fault::TooLong);
    }
    let body = match answer.body() {
        Some(stream) => read_body(&stream, announced, max).await?,
        None => Vec::new(),
    };
    Ok(Response {
        status: answer.status(),
        content_range: header("content-range"),
        retry_after_s: header("retry-after").and_then(|seconds| seconds.parse().ok()),
        body: body.into(),
    })
}

/// No more is reserved than was announced, and no more is taken in than was allowed.
async fn read_body(stream: &ReadableStream, announced: usize, max: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::with_capacity(announced);
    let mut pieces = Pieces::of(stream).map_err(no_answer)?;
    loop {
        let fits = pieces.next(|piece| append(&mut body, piece, max)).await;
        match fits.map_err(no_answer)? {
            Some(true) => {}
            Some(false) => return Err(Fault::TooLong),
            None => return Ok(body),
        }
    }
}

fn append(body: &mut Vec<u8>, piece: &Uint8Array, max: usize) -> bool {
    let (start, len) = (body.len(), piece.length() as usize);
    if len > max - start {
        return false;
    }
    body.resize(start + len, 0);
    piece.copy_to(&mut body[start..]);
    true
}

fn no_answer(_: JsValue) -> Fault {
    Fault::NoAnswer
}
