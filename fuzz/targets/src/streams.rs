//! Contents: headers, sealed streams, and what a device keeps of them.

use postern_crypto::ContentKey;
use postern_crypto::stream::{ContentOpener, Header};

/// The header of a stream, and the geometry that follows from it and from a length.
pub(crate) fn header(data: &[u8]) {
    let Ok(header) = Header::parse(data.get(..80).unwrap_or(data)) else {
        return;
    };
    let Some(rest) = data.get(80..88) else { return };
    let sealed_len = u64::from_be_bytes(rest.try_into().expect("eight bytes"));
    if let Ok(plain_len) = header.layout().plain_len(sealed_len) {
        assert_eq!(header.layout().sealed_len(plain_len), sealed_len);
    }
}

/// A whole stream, pushed in pieces, under a key that did not make it.
pub(crate) fn stream(data: &[u8]) {
    let mut opener = ContentOpener::new(&ContentKey::from_bytes([1; 32]), &[2; 16]);
    let mut out = Vec::new();
    let pushed = data.chunks(7).try_for_each(|piece| opener.push(piece, &mut out));
    assert!(pushed.and(opener.finish(&mut out)).is_err() && out.is_empty());
}

/// What workers tell each other, and what is noted of an upload.
pub(crate) fn kept(data: &[u8]) {
    postern_client::fuzzing::kept(data);
}
