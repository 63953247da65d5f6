//! A whole stream, pushed in pieces, under a key that did not make it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_crypto::ContentKey;
use postern_crypto::stream::ContentOpener;

fuzz_target!(|data: &[u8]| {
    let mut opener = ContentOpener::new(&ContentKey::from_bytes([1; 32]), &[2; 16]);
    let mut out = Vec::new();
    let pushed = data.chunks(7).try_for_each(|piece| opener.push(piece, &mut out));
    assert!(pushed.and(opener.finish(&mut out)).is_err() && out.is_empty());
});
