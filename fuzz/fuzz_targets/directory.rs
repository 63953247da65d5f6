//! Directory statements and logs of them. Statements are separated by their lengths.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_crypto::directory::Log;

fuzz_target!(|data: &[u8]| {
    postern_crypto::fuzzing::statement(data);
    let statements: Vec<&[u8]> = data.chunks(1400).collect();
    let _ = Log::verify(&statements);
});
