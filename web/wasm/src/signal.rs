//! `AbortSignal`: how JavaScript stops what is under way. Stopping drops the future, and with it its requests.

use std::future::Future;
use std::pin::pin;

use futures::future::{Either, select};
use postern_client::{Error, Result};
use wasm_bindgen::JsValue;
use web_sys::{AbortController, AbortSignal};

use crate::listening::Listening;

/// Runs `work` until the signal fires.
pub(crate) async fn until_aborted<T>(
    signal: &AbortSignal,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    if signal.aborted() {
        return Err(Error::Cancelled);
    }
    let (_listening, fired) = Listening::to(signal, "abort");
    match select(pin!(work), fired).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => Err(Error::Cancelled),
    }
}

/// A signal that fires when its owner is dropped, so that a worker stops when nobody waits for it any more.
pub(crate) struct DropSignal(AbortController);

impl DropSignal {
    pub(crate) fn new() -> std::result::Result<Self, JsValue> {
        AbortController::new().map(Self)
    }

    pub(crate) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for DropSignal {
    fn drop(&mut self) {
        self.0.abort();
    }
}
