//! Files and folders, as they come out of node records.

#![no_main]

use libfuzzer_sys::fuzz_target;
fuzz_target!(|data: &[u8]| postern_crypto::fuzzing::node(data));
