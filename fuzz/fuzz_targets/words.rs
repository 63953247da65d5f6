//! Pieces of an index, and what is looked for in them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| postern_fuzz_targets::run("words", data));
