//! What uploads read: a `Blob`, most often a file that somebody dropped.

use async_trait::async_trait;
use js_sys::Uint8Array;
use postern_client::transfer::Source;
use postern_client::{Error, Lent};
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
    async fn read(&self, offset: u64, len: usize, mut buffer: Lent) -> postern_client::Result<Option<Lent>> {
        let (start, size) = (offset as f64, self.0.size());
        if start > size {
            return Ok(None);
        }
        let len = (size - start).min(len as f64) as usize;
        buffer.set_len(len);
        // A file that was changed on the disk is refused here by the browser.
        let filled = self.read_into(&mut buffer, start).await;
        if filled.map_err(|_| unreadable())? == len {
            Ok(Some(buffer))
        } else {
            Err(unreadable())
        }
    }
}

impl BlobSource {
    #[expect(clippy::cast_precision_loss, reason = "no longer than a segment")]
    async fn read_into(&self, buffer: &mut [u8], start: f64) -> Result<usize, JsValue> {
        let slice = self
            .0
            .slice_with_f64_and_f64(start, start + buffer.len() as f64)?;
        let mut pieces = Pieces::of(&slice.stream())?;
        let mut filled = 0;
        let mut take = |piece: &Uint8Array| {
            let end = filled + piece.length() as usize;
            if let Some(room) = buffer.get_mut(filled..end) {
                piece.copy_to(room);
            }
            filled = end;
        };
        while pieces.next(&mut take).await?.is_some() {}
        Ok(filled)
    }
}

fn unreadable() -> Error {
    Error::Unreadable(String::new())
}
