use postern_crypto::opaque::{
    ATTEMPT_LIFETIME_MS, Challenge, ClientLogin, ClientRegistration, ExportKey, LoggedIn, LoginServer,
    Verified,
};
use postern_crypto::password::{AccountSecret, Password};
use postern_crypto::{Error, Id, Result};
use rand_chacha::ChaCha20Rng;

use crate::rng;

const ACCOUNT: Id = [1; 16];
const NOW: i64 = 1_700_000_000_000;

struct Scene {
    server: LoginServer,
    record: Vec<u8>,
    export_key: ExportKey,
    rng: ChaCha20Rng,
}

fn scene(password: &Password) -> Scene {
    let mut rng = rng(1);
    let server = LoginServer::generate(&mut rng);
    let (client, request) = ClientRegistration::start(password, &mut rng);
    let answer = server.register(&request, &ACCOUNT).expect("a request");
    let registered = client.finish(&answer, "ada", &mut rng).expect("an answer");
    let record = server.record(&registered.upload).expect("an upload");
    Scene {
        server,
        record,
        export_key: registered.export_key,
        rng,
    }
}

impl Scene {
    fn challenge(&mut self, known: bool, name: &str, request: &[u8]) -> Challenge {
        let known = known.then_some((&ACCOUNT, self.record.as_slice()));
        self.server
            .challenge(name, known, request, NOW, &mut self.rng)
            .expect("a request")
    }

    fn log_in(&mut self, password: &Password) -> Result<(LoggedIn, Verified)> {
        let (client, request) = ClientLogin::start(password, &mut self.rng);
        let challenge = self.challenge(true, "ada", &request);
        let logged_in = client.finish(&challenge.message, "ada", &mut self.rng)?;
        let verified = self
            .server
            .verify(&challenge.attempt, &logged_in.finalization, NOW + 1)?;
        Ok((logged_in, verified))
    }
}

#[test]
fn a_login_with_the_password_gives_both_sides_the_same_keys() {
    let password = Password::new("correct horse battery staple");
    let mut scene = scene(&password);
    let (logged_in, verified) = scene.log_in(&password).expect("the right password");
    assert_eq!(verified.account, ACCOUNT);
    assert_eq!(verified.name, "ada");
    assert!(logged_in.session_key == verified.session_key);
    assert_eq!(logged_in.export_key.kek(&ACCOUNT), scene.export_key.kek(&ACCOUNT));
    assert_ne!(
        logged_in.export_key.kek(&ACCOUNT),
        logged_in.export_key.kek(&[2; 16])
    );
}

#[test]
fn a_password_in_another_spelling_of_unicode_is_the_same() {
    let mut scene = scene(&Password::new("ÅngstrÖm"));
    assert!(
        scene
            .log_in(&Password::new(
                "A\u{30a}ngstro\u{308}m".replace('o', "O").as_str()
            ))
            .is_ok()
    );
    assert!(scene.log_in(&Password::new("Angstrom")).is_err());
}

#[test]
fn a9_with_an_account_secret_the_record_and_the_password_are_not_enough() {
    let password = Password::new("hunter2");
    let secret = AccountSecret::generate(&mut rng(7));
    let mut scene = scene(&password.with_account_secret(&secret));
    let kept = AccountSecret::from_bytes(*secret.expose());
    assert!(scene.log_in(&password.with_account_secret(&kept)).is_ok());
    assert!(scene.log_in(&password).is_err());
    assert!(
        scene
            .log_in(&password.with_account_secret(&AccountSecret::generate(&mut rng(8))))
            .is_err()
    );
}

#[test]
fn a7_an_unknown_name_looks_like_a_known_one_with_a_wrong_password() {
    let mut scene = scene(&Password::new("one"));
    let (client, request) = ClientLogin::start(&Password::new("two"), &mut scene.rng);
    let known = scene.challenge(true, "ada", &request);
    let unknown = scene.challenge(false, "eve", &request);
    assert_eq!(known.message.len(), unknown.message.len());
    assert_eq!(known.attempt.len(), unknown.attempt.len());
    // The OPRF's answer, the first 32 bytes, must be the same for a name each time it is asked about.
    let again = scene.challenge(false, "eve", &request);
    assert_eq!(unknown.message[..32], again.message[..32]);
    assert_ne!(
        unknown.message[..32],
        scene.challenge(false, "bob", &request).message[..32]
    );
    assert_eq!(
        client
            .finish(&unknown.message, "eve", &mut scene.rng)
            .expect_err("fake"),
        Error::CannotOpen
    );
    let guess = [0; 64];
    assert_eq!(
        scene
            .server
            .verify(&unknown.attempt, &guess, NOW)
            .expect_err("fake"),
        Error::CannotOpen
    );
    assert_eq!(
        scene
            .server
            .verify(&known.attempt, &guess, NOW)
            .expect_err("a guess"),
        Error::CannotOpen
    );
}

#[test]
fn an_attempt_ends_with_its_time_and_cannot_be_changed() {
    let password = Password::new("one");
    let mut scene = scene(&password);
    let (client, request) = ClientLogin::start(&password, &mut scene.rng);
    let challenge = scene.challenge(true, "ada", &request);
    let finalization = client
        .finish(&challenge.message, "ada", &mut scene.rng)
        .expect("right")
        .finalization;
    let verify = |attempt: &[u8], now| scene.server.verify(attempt, &finalization, now).is_ok();
    assert!(verify(&challenge.attempt, NOW + ATTEMPT_LIFETIME_MS - 1));
    assert!(!verify(&challenge.attempt, NOW + ATTEMPT_LIFETIME_MS));
    let mut touched = challenge.attempt.clone();
    touched[100] ^= 1;
    assert!(!verify(&touched, NOW));
    assert!(!verify(&[], NOW));
}

#[test]
fn a6_a_name_or_a_server_that_differs_is_noticed() {
    let password = Password::new("one");
    let mut scene = scene(&password);
    let (client, request) = ClientLogin::start(&password, &mut scene.rng);
    let challenge = scene.challenge(true, "ada", &request);
    assert!(client.finish(&challenge.message, "eve", &mut scene.rng).is_err());
    let other = LoginServer::generate(&mut scene.rng);
    let (client, request) = ClientLogin::start(&password, &mut scene.rng);
    let known = Some((&ACCOUNT, scene.record.as_slice()));
    let challenge = other
        .challenge("ada", known, &request, NOW, &mut scene.rng)
        .expect("a request");
    assert!(client.finish(&challenge.message, "ada", &mut scene.rng).is_err());
}

#[test]
fn the_secrets_of_a_server_can_be_kept_and_read_again() {
    let password = Password::new("one");
    let mut scene = scene(&password);
    let kept = scene.server.to_bytes();
    scene.server = LoginServer::from_bytes(&kept).expect("what was kept");
    assert!(scene.log_in(&password).is_ok());
    assert!((0..kept.len()).all(|len| LoginServer::from_bytes(&kept[..len]).is_err()));
}

#[test]
fn messages_that_are_not_messages_are_refused() {
    let mut scene = scene(&Password::new("one"));
    for bytes in [&[][..], &[0; 32], &[0xff; 96], &[7; 1000]] {
        assert!(scene.server.register(bytes, &ACCOUNT).is_err());
        assert!(scene.server.record(bytes).is_err());
        assert!(
            scene
                .server
                .challenge("ada", None, bytes, NOW, &mut scene.rng)
                .is_err()
        );
        let (client, _) = ClientLogin::start(&Password::new("one"), &mut scene.rng);
        assert!(client.finish(bytes, "ada", &mut scene.rng).is_err());
        let (client, _) = ClientRegistration::start(&Password::new("one"), &mut scene.rng);
        assert!(client.finish(bytes, "ada", &mut scene.rng).is_err());
    }
}
