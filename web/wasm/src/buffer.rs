//! Bytes from JavaScript into this module's memory, without litter.
//!
//! Engines collect garbage when they have made many objects, and know little of what hangs on them: dozens of dead
//! buffers of 8 MiB lie about before anybody looks. So a stream is read through one buffer where the engine allows that
//! (BYOB, "bring your own buffer"), and elsewhere each piece is given back by hand.

use js_sys::{ArrayBuffer, Function, Reflect, Uint8Array, global};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader};

/// How much crosses at once.
pub(crate) const PIECE_BYTES: u32 = 1 << 20;

/// A stream that is being read.
pub(crate) enum Pieces {
    /// Through one buffer, which goes there and back.
    Reusing(ReadableStreamByobReader, ArrayBuffer),
    /// Each piece in a buffer of its own.
    Fresh(ReadableStreamDefaultReader),
}

impl Pieces {
    pub(crate) fn of(stream: &ReadableStream) -> Result<Self, JsValue> {
        // Refused where the stream is none of bytes.
        match ReadableStreamByobReader::new(stream) {
            Ok(reader) => Ok(Self::Reusing(reader, ArrayBuffer::new(PIECE_BYTES))),
            Err(_) => ReadableStreamDefaultReader::new(stream).map(Self::Fresh),
        }
    }

    /// Hands the next piece to `take`; answers what that answers, or `None` at the end.
    pub(crate) async fn next<T>(
        &mut self,
        take: impl FnOnce(&Uint8Array) -> T,
    ) -> Result<Option<T>, JsValue> {
        let read = match self {
            Self::Reusing(reader, buffer) => reader.read_with_array_buffer_view(&Uint8Array::new(buffer)),
            Self::Fresh(reader) => reader.read(),
        };
        let read = JsFuture::from(read).await?;
        let piece = Reflect::get(&read, &"value".into())?;
        let ended = Reflect::get(&read, &"done".into())?.is_truthy();
        let Ok(piece) = piece.dyn_into::<Uint8Array>() else {
            return Ok(None);
        };
        let taken = (!ended).then(|| take(&piece));
        match self {
            Self::Reusing(_, buffer) => *buffer = piece.buffer(),
            Self::Fresh(_) => release(&piece),
        }
        Ok(taken)
    }
}

/// Gives a view's memory back at once, if it is a view of a whole buffer. An older browser, which cannot, takes longer.
pub(crate) fn release(view: &Uint8Array) {
    let buffer = view.buffer();
    if buffer.byte_length() != view.byte_length() {
        return;
    }
    let transfer = Reflect::get(&buffer, &JsValue::from_str("transfer")).map(JsValue::dyn_into::<Function>);
    if let Ok(Ok(transfer)) = transfer {
        let _ = transfer.call1(&buffer, &JsValue::from_f64(0.0));
    }
}

/// Chromium keeps its own copy of each body that was sent until it collects garbage, and does not count it. What it
/// counts is a buffer, even one that nobody has touched, which costs no memory there; in other engines it may.
pub(crate) fn hasten_collection(sent_bytes: usize) {
    const COUNTED_BYTES: u32 = 32 << 20;
    if sent_bytes >= PIECE_BYTES as usize && is_chromium() {
        drop(ArrayBuffer::new(COUNTED_BYTES));
    }
}

/// No other engine has this interface.
fn is_chromium() -> bool {
    let navigator = Reflect::get(&global(), &JsValue::from_str("navigator"));
    navigator
        .and_then(|navigator| Reflect::has(&navigator, &JsValue::from_str("userAgentData")))
        .unwrap_or(false)
}
