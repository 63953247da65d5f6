//! What uploads read: a `Blob`, most often a file that somebody dropped.

use async_trait::async_trait;
use js_sys::{Function, Reflect, Uint8Array};
use postern_client::transfer::Source;
use postern_client::{Error, Result};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// [`Source`] over a `Blob`.
pub(crate) struct BlobSource(pub(crate) Blob);

#[async_trait(?Send)]
impl Source for BlobSource {
    #[expect(clippy::cast_precision_loss, reason = "no file is longer than 2^53 bytes")]
    async fn read(&self, offset: u64, len: usize) -> Result<Option<Vec<u8>>> {
        let (start, size) = (offset as f64, self.0.size());
        if start > size {
            return Ok(None);
        }
        let end = (start + len as f64).min(size);
        let slice = self
            .0
            .slice_with_f64_and_f64(start, end)
            .map_err(|_| unreadable())?;
        // The one copy into this module's memory. A file that was changed on the disk is refused here by the browser.
        let buffer = JsFuture::from(slice.array_buffer())
            .await
            .map_err(|_| unreadable())?;
        let bytes = Uint8Array::new(&buffer).to_vec();
        release(&buffer);
        if bytes.len() as f64 == end - start {
            Ok(Some(bytes))
        } else {
            Err(unreadable())
        }
    }
}

/// Gives a buffer's memory back at once. Left to the collector, which counts objects and not their buffers, dozens of
/// them lie about. An older browser, which cannot, takes longer.
fn release(buffer: &JsValue) {
    let transfer = Reflect::get(buffer, &JsValue::from_str("transfer")).map(JsCast::dyn_into::<Function>);
    if let Ok(Ok(transfer)) = transfer {
        let _ = transfer.call1(buffer, &JsValue::from_f64(0.0));
    }
}

fn unreadable() -> Error {
    Error::Unreadable(String::new())
}
