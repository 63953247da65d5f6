//! Where downloads go: an object of JavaScript's that writes to a file, a stream or a private folder.

use async_trait::async_trait;
use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use postern_client::Result;
use postern_client::transfer::Sink;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;

use crate::buffer::PIECE_BYTES;
use crate::errors::from_js_error;
use crate::host::SinkObject;

/// [`Sink`] over JavaScript's.
pub(crate) struct BrowserSink {
    object: SinkObject,
    /// The write whose end nobody has seen yet. A promise goes on when its future is dropped: whoever goes on after that
    /// gives the same bytes again, and they are waited for and not written twice.
    under_way: Option<JsFuture>,
    /// What an earlier chunk was in, and the next may be.
    spare: Option<ArrayBuffer>,
}

impl BrowserSink {
    pub(crate) fn new(object: SinkObject) -> Self {
        Self {
            object,
            under_way: None,
            spare: None,
        }
    }
}

#[async_trait(?Send)]
impl Sink for BrowserSink {
    fn piece_bytes(&self) -> usize {
        PIECE_BYTES as usize
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let written = match &mut self.under_way {
            Some(begun) => begun.await,
            None => match self.object.write(chunk(&bytes, self.spare.take())) {
                Ok(begun) => self.under_way.insert(begun.into()).await,
                Err(thrown) => Err(thrown),
            },
        };
        self.under_way = None;
        self.spare = written.map_err(|thrown| from_js_error(&thrown))?.dyn_into().ok();
        Ok(())
    }
}

/// `bytes` in `spare`, if they fit, else in a buffer of their own.
fn chunk(bytes: &[u8], spare: Option<ArrayBuffer>) -> Uint8Array {
    let len = u32::try_from(bytes.len()).expect("a piece is small");
    match spare.filter(|buffer| buffer.byte_length() >= len) {
        Some(buffer) => {
            let chunk = Uint8Array::new_with_byte_offset_and_length(&buffer, 0, len);
            chunk.copy_from(bytes);
            chunk
        }
        None => Uint8Array::from(bytes),
    }
}
