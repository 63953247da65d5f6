//! Whole transfers, tried again for as long as it takes: the client tries each request a few times, and a line may stay
//! away for longer.

use postern_client::Patience;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use crate::clock::{BrowserClock, BrowserEntropy};
use crate::errors::{from_js_error, to_js_error};
use crate::signal::until_aborted;

const PATIENCE: Patience = Patience {
    first_ms: 2_000,
    longest_ms: 30_000,
};

/// Whether the same may go well a while after this was thrown.
#[must_use]
#[wasm_bindgen]
pub fn passes(thrown: &JsValue) -> bool {
    from_js_error(thrown).passes()
}

/// Waits before what threw this is tried again, after `attempt` tries before it.
///
/// # Errors
/// `EngineError`, when the signal fires.
#[wasm_bindgen]
pub async fn wait_out(thrown: JsValue, attempt: u32, signal: AbortSignal) -> Result<(), JsValue> {
    let why = from_js_error(&thrown);
    let waiting = async {
        PATIENCE
            .wait_out(&why, attempt, &BrowserClock, &BrowserEntropy)
            .await;
        Ok(())
    };
    until_aborted(&signal, waiting)
        .await
        .map_err(|error| to_js_error(&error))
}
