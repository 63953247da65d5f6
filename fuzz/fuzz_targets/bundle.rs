//! Small contents that come together.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postern_fuzz_targets::run("bundle", data));
