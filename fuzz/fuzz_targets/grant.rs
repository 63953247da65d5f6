//! What a link grants, and what its owner keeps.

#![no_main]

use libfuzzer_sys::fuzz_target;
fuzz_target!(|data: &[u8]| postern_crypto::fuzzing::grant(data));
