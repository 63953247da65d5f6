//! What uploads read: a `Blob`, most often a file that somebody dropped.

use async_trait::async_trait;
use js_sys::Uint8Array;
use postern_client::transfer::Source;
use postern_client::{Error, Result};
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
        if bytes.len() as f64 == end - start {
            Ok(Some(bytes))
        } else {
            Err(unreadable())
        }
    }
}

fn unreadable() -> Error {
    Error::Unreadable(String::new())
}
