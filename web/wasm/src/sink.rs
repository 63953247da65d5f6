//! Where downloads go: an object of JavaScript's that writes to a file, a stream or a private folder.

use async_trait::async_trait;
use bytes::Bytes;
use js_sys::Uint8Array;
use postern_client::Result;
use postern_client::transfer::Sink;
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
}

impl BrowserSink {
    pub(crate) fn new(object: SinkObject) -> Self {
        Self {
            object,
            under_way: None,
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
            None => match self.object.write(Uint8Array::from(&bytes[..])) {
                Ok(begun) => self.under_way.insert(begun.into()).await,
                Err(thrown) => Err(thrown),
            },
        };
        self.under_way = None;
        written.map(drop).map_err(|thrown| from_js_error(&thrown))
    }
}
