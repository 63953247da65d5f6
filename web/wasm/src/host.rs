//! What JavaScript brings. The shapes are those of `skin.ts`.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// What a client is given by its surroundings.
    pub type Host;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn origin(this: &Host) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn label(this: &Host) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn device(this: &Host) -> DeviceStore;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn lanes(this: &Host) -> LanePool;
    #[wasm_bindgen(method)]
    pub(crate) fn emit(this: &Host, event: &JsValue);

    /// A small durable key-value store.
    pub type DeviceStore;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn get(this: &DeviceStore, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn put(this: &DeviceStore, key: &str, value: Uint8Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn delete(this: &DeviceStore, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn list(this: &DeviceStore, prefix: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn lock(this: &DeviceStore, name: &str) -> Result<JsValue, JsValue>;

    /// The pool of workers.
    #[derive(Clone)]
    pub type LanePool;
    #[wasm_bindgen(method)]
    pub(crate) fn width(this: &LanePool) -> u32;
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn run(
        this: &LanePool,
        job: Uint8Array,
        source: &web_sys::Blob,
        sealed: &JsValue,
        signal: &web_sys::AbortSignal,
    ) -> Result<JsValue, JsValue>;

    /// Somewhere to write.
    pub type SinkObject;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn write(this: &SinkObject, chunk: Uint8Array) -> Result<Promise, JsValue>;
}
