//! The header of a stream, and the geometry that follows from it and from a length.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_crypto::stream::Header;

fuzz_target!(|data: &[u8]| {
    let Ok(header) = Header::parse(data.get(..80).unwrap_or(data)) else {
        return;
    };
    let Some(rest) = data.get(80..88) else { return };
    let sealed_len = u64::from_be_bytes(rest.try_into().expect("eight bytes"));
    if let Ok(plain_len) = header.layout().plain_len(sealed_len) {
        assert_eq!(header.layout().sealed_len(plain_len), sealed_len);
    }
});
