//! Letters that nobody wrote.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_crypto::identity::IdentityKey;
use postern_crypto::sealing::{Letter, SealingKey};

fuzz_target!(|data: &[u8]| {
    let (identity, sealing) = (
        IdentityKey::from_bytes([1; 32]).public(),
        SealingKey::from_bytes([2; 32]),
    );
    let public = sealing.public();
    let letter = Letter {
        sender: identity,
        recipient: identity,
        sealing: &public,
        context: &[],
    };
    assert!(letter.open(&sealing, data).is_err());
});
