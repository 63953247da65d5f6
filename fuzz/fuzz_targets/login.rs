//! What a server reads from clients before it knows who they are.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

use postern_crypto::opaque::LoginServer;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

static SERVER: LazyLock<LoginServer> =
    LazyLock::new(|| LoginServer::generate(&mut ChaCha20Rng::seed_from_u64(1)));

fuzz_target!(|data: &[u8]| {
    let _ = LoginServer::from_bytes(data);
    let _ = SERVER.register(data, &[1; 16]);
    let _ = SERVER.record(data);
    let _ = SERVER.challenge("ada", None, data, 0, &mut ChaCha20Rng::seed_from_u64(2));
    assert!(SERVER.verify(data, data, 0).is_err());
    assert!(SERVER.open_recovery(data, 0).is_err());
});
