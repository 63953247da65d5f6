//! What uploads read: a `Blob`, most often a file that somebody dropped.

use async_trait::async_trait;
use js_sys::Uint8Array;
use postern_client::Error;
use postern_client::transfer::Source;
use wasm_bindgen::JsValue;
use web_sys::Blob;

use crate::buffer::Pieces;

/// [`Source`] over a `Blob`.
pub(crate) struct BlobSource(pub(crate) Blob);

#[async_trait(?Send)]
impl Source for BlobSource {
    #[expect(clippy::cast_precision_loss, reason = "no file is longer than 2^53 bytes")]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and `len`"
    )]
    async fn read(&self, offset: u64, len: usize) -> postern_client::Result<Option<Vec<u8>>> {
        let (start, size) = (offset as f64, self.0.size());
        if start > size {
            return Ok(None);
        }
        let len = (size - start).min(len as f64) as usize;
        let mut bytes = Vec::with_capacity(len);
        // A file that was changed on the disk is refused here by the browser.
        self.read_into(&mut bytes, start, len)
            .await
            .map_err(|_| unreadable())?;
        if bytes.len() == len {
            Ok(Some(bytes))
        } else {
            Err(unreadable())
        }
    }
}

impl BlobSource {
    #[expect(clippy::cast_precision_loss, reason = "no longer than a segment")]
    async fn read_into(&self, bytes: &mut Vec<u8>, start: f64, len: usize) -> Result<(), JsValue> {
        let slice = self.0.slice_with_f64_and_f64(start, start + len as f64)?;
        let mut pieces = Pieces::of(&slice.stream())?;
        let mut append = |piece: &Uint8Array| {
            let (at, len) = (bytes.len(), piece.length() as usize);
            bytes.resize(at + len, 0);
            piece.copy_to(&mut bytes[at..]);
        };
        while pieces.next(&mut append).await?.is_some() {}
        Ok(())
    }
}

fn unreadable() -> Error {
    Error::Unreadable(String::new())
}
