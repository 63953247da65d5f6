//! Recovery words, as a person typed them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_crypto::recovery::RecoveryKey;

fuzz_target!(|typed: &str| {
    if let Ok(key) = RecoveryKey::from_words(typed) {
        assert_eq!(RecoveryKey::from_words(&key.words()), Ok(key));
    }
});
