//! Time and randomness of a browser.

use std::pin::pin;

use async_trait::async_trait;
use futures::future::select;
use js_sys::{Function, Promise, global};
use postern_client::protocol::TimeMs;
use postern_client::{Clock, Entropy};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

use crate::listening::Listening;

#[wasm_bindgen]
extern "C" {
    /// Workers have it as well as pages; `web-sys` knows it of windows only.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(then: &Function, ms: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// A timer that ends with the wait for it.
struct Timer(JsValue);

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.0);
    }
}

/// The browser's clock.
pub struct BrowserClock;

/// The browser's randomness.
pub struct BrowserEntropy;

#[async_trait(?Send)]
impl Clock for BrowserClock {
    fn now(&self) -> TimeMs {
        TimeMs(whole_ms(js_sys::Date::now()))
    }

    async fn sleep_ms(&self, ms: u64) {
        sleep_ms(ms).await;
    }

    async fn await_line_ms(&self, ms: u64) {
        let scope: EventTarget = global().unchecked_into();
        let (_listening, online) = Listening::to(&scope, "online");
        select(pin!(sleep_ms(ms)), online).await;
    }
}

impl Entropy for BrowserEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("every browser that runs this has crypto.getRandomValues");
    }
}

/// Browsers take a longer wait, of 25 days, for none at all.
const LONGEST_MS: u64 = i32::MAX as u64;

/// Waits.
#[expect(clippy::cast_precision_loss, reason = "at most 2^31")]
pub(crate) async fn sleep_ms(ms: u64) {
    let mut timer = Timer(JsValue::UNDEFINED);
    let waited = Promise::new(&mut |resolve, _| {
        timer.0 = set_timeout(&resolve, ms.min(LONGEST_MS) as f64);
    });
    // A promise that nothing rejects.
    let _ = JsFuture::from(waited).await;
}

/// A JavaScript number of milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and dates are below 2^53 ms"
)]
pub(crate) fn whole_ms(ms: f64) -> i64 {
    ms as i64
}
