//! One event of JavaScript's, awaited.

use futures::channel::oneshot;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::EventTarget;

/// Waits for an event for as long as it is kept.
pub(crate) struct Listening {
    target: EventTarget,
    event: &'static str,
    listener: Closure<dyn FnMut()>,
}

impl Listening {
    /// Listens for the next `event` of `target`.
    pub(crate) fn to(target: &EventTarget, event: &'static str) -> (Self, oneshot::Receiver<()>) {
        let (fire, fired) = oneshot::channel();
        let mut fire = Some(fire);
        let listener = Closure::new(move || {
            // Nobody waits any more once the work is done.
            let _ = fire.take().map(|fire| fire.send(()));
        });
        target
            .add_event_listener_with_callback(event, listener.as_ref().unchecked_ref())
            .expect("targets of events take listeners");
        let listening = Self {
            target: target.clone(),
            event,
            listener,
        };
        (listening, fired)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // What was added is there to be removed.
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, self.listener.as_ref().unchecked_ref());
    }
}
