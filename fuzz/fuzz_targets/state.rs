//! The state and root objects of an account.

#![no_main]

use libfuzzer_sys::fuzz_target;
fuzz_target!(|data: &[u8]| postern_crypto::fuzzing::account_objects(data));
