//! `AbortSignal`: how JavaScript stops what is under way. Stopping drops the future, and with it its requests.

use std::future::Future;
use std::pin::pin;

use futures::channel::oneshot;
use futures::future::{Either, select};
use postern_client::{Error, Result};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{AbortController, AbortSignal};

/// Runs `work` until the signal fires.
pub(crate) async fn until_aborted<T>(
    signal: &AbortSignal,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    if signal.aborted() {
        return Err(Error::Cancelled);
    }
    let (fire, fired) = oneshot::channel();
    let _listening = Listening::new(signal, fire);
    match select(pin!(work), fired).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => Err(Error::Cancelled),
    }
}

struct Listening<'a> {
    signal: &'a AbortSignal,
    listener: Closure<dyn FnMut()>,
}

impl<'a> Listening<'a> {
    fn new(signal: &'a AbortSignal, fire: oneshot::Sender<()>) -> Self {
        let mut fire = Some(fire);
        let listener = Closure::new(move || {
            // Nobody listens any more once the work is done.
            let _ = fire.take().map(|fire| fire.send(()));
        });
        signal
            .add_event_listener_with_callback("abort", listener.as_ref().unchecked_ref())
            .expect("signals take listeners");
        Self { signal, listener }
    }
}

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        // What was added is there to be removed.
        let _ = self
            .signal
            .remove_event_listener_with_callback("abort", self.listener.as_ref().unchecked_ref());
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
