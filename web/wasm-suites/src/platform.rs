//! What differs between these suites as a native program and in a browser: here every server is a process behind the
//! address that served this module.

use std::cell::Cell;
use std::panic;
use std::time::Duration;

use futures::future::FutureExt as _;
use js_sys::global;
use postern_client::protocol::TimeMs;
use postern_client::{Clock as _, Entropy};
pub(crate) use postern_wasm::Network;
use postern_wasm::{BrowserClock, BrowserEntropy};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

use crate::world::Server;

/// Of the changes that a native run tries, one in so many: a browser is slower, and runs the same code.
pub(crate) const ONE_IN: usize = 16;

thread_local! {
    static LONG: Cell<bool> = const { Cell::new(false) };
    static SERVERS: Cell<u32> = const { Cell::new(0) };
}

/// Lets a panic be known.
pub(crate) fn prepare(long: bool) {
    LONG.set(long);
    panic::set_hook(Box::new(|info| say(&format!("panic: {info}"))));
}

/// Whether everything is tried, or a sample.
pub(crate) fn is_long() -> bool {
    LONG.get()
}

pub(crate) fn say(text: &str) {
    worker()
        .post_message(&JsValue::from_str(text))
        .expect("a text can be posted");
}

pub(crate) fn now() -> TimeMs {
    BrowserClock.now()
}

pub(crate) fn entropy() -> impl Entropy {
    BrowserEntropy
}

/// Lets others go on.
pub(crate) async fn pause() {
    BrowserClock.sleep_ms(0).await;
}

/// The server is elsewhere, and sweeps by itself.
pub(crate) async fn sweep(_server: &Server) {}

pub(crate) fn sleep(time: Duration) -> impl Future<Output = ()> {
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    async move { BrowserClock.sleep_ms(ms).await }.boxed_local()
}

pub(crate) fn network(origin: &str) -> Network {
    Network::new(origin)
}

/// The origin of a server that is started when it is first asked for something.
pub(crate) fn start_server() -> String {
    SERVERS.set(SERVERS.get() + 1);
    let here = worker().location().origin();
    format!("{here}/server/{}", SERVERS.get())
}

pub(crate) fn worker() -> DedicatedWorkerGlobalScope {
    global().unchecked_into()
}
