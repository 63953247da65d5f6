//! Where downloads go: an object of JavaScript's that writes to a file, a stream or a private folder.

use async_trait::async_trait;
use postern_client::transfer::Sink;
use postern_client::{Lent, Result};

use crate::buffer::PIECE_BYTES;
use crate::errors::from_js_error;
use crate::host::SinkObject;

/// [`Sink`] over JavaScript's.
pub(crate) struct BrowserSink<'a>(pub(crate) &'a SinkObject);

#[async_trait(?Send)]
impl Sink for BrowserSink<'_> {
    async fn write(&mut self, bytes: Lent) -> Result<()> {
        for piece in bytes.chunks(PIECE_BYTES as usize) {
            let written = self.0.write(piece.into()).await;
            written.map_err(|thrown| from_js_error(&thrown))?;
        }
        Ok(())
    }
}
