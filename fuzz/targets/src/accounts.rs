//! Accounts: boxes, the directory, letters, logins, recovery words, the account's own objects.

use std::sync::LazyLock;

use postern_crypto::directory::Log;
use postern_crypto::identity::IdentityKey;
use postern_crypto::opaque::LoginServer;
use postern_crypto::recovery::RecoveryKey;
use postern_crypto::sealing::{Letter, SealingKey};
use postern_crypto::slots::{Slot, SlotKind};
use postern_crypto::{Kek, fuzzing};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

static SERVER: LazyLock<LoginServer> =
    LazyLock::new(|| LoginServer::generate(&mut ChaCha20Rng::seed_from_u64(1)));

/// Boxes: the shape that a server checks, and opening under a key that did not make them.
pub(crate) fn cbox(data: &[u8]) {
    let slot = Slot {
        account: [1; 16],
        kind: SlotKind::Password,
        id: [2; 16],
        generation: 1,
    };
    let _ = postern_crypto::cbox::check_shape(data);
    assert!(slot.open(&Kek::from_bytes([3; 32]), data).is_err());
}

/// Directory statements and logs of them, cut at a statement's length.
pub(crate) fn directory(data: &[u8]) {
    fuzzing::statement(data);
    let statements: Vec<&[u8]> = data.chunks(1400).collect();
    let _ = Log::verify(&statements);
}

/// Letters that nobody wrote.
pub(crate) fn letter(data: &[u8]) {
    let identity = IdentityKey::from_bytes([1; 32]).public();
    let sealing = SealingKey::from_bytes([2; 32]);
    let letter = Letter {
        sender: identity,
        recipient: identity,
        sealing: sealing.public(),
        context: &[],
    };
    assert!(letter.open(&sealing, data).is_err());
}

/// What a server reads from clients before it knows who they are.
pub(crate) fn login(data: &[u8]) {
    let _ = LoginServer::from_bytes(data);
    let _ = SERVER.register(data, &[1; 16]);
    let _ = SERVER.record(data);
    let _ = SERVER.challenge("ada", None, data, 0, &mut ChaCha20Rng::seed_from_u64(2));
    assert!(SERVER.verify(data, data, 0).is_err());
    assert!(SERVER.open_recovery(data, 0).is_err());
}

/// Recovery words, as a person typed them.
pub(crate) fn recovery_words(data: &[u8]) {
    if let Ok(key) = RecoveryKey::from_words(super::typed(data)) {
        assert_eq!(RecoveryKey::from_words(&key.words()), Ok(key));
    }
}

/// The state and root objects of an account.
pub(crate) fn state(data: &[u8]) {
    fuzzing::account_objects(data);
}
