//! Volume heads, with and without their signature.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_crypto::head::Head;
use postern_crypto::identity::IdentityKey;

fuzz_target!(|data: &[u8]| {
    postern_crypto::fuzzing::head(data);
    assert!(Head::verify(data, &IdentityKey::from_bytes([1; 32]).public()).is_err());
});
