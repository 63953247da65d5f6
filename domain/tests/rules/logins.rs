use postern_crypto::opaque::{ATTEMPT_LIFETIME_MS, ClientLogin, RECOVERY_LIFETIME_MS};
use postern_crypto::password::Password;
use postern_domain::Error;
use postern_domain::device::{Device, PASSWORD};
use postern_domain::session::{FRESH_MS, RECOVERY_SESSION_MS, SESSION_MS};
use postern_protocol::account::{RecoveryFinish, RecoveryStart, SlotKind};
use postern_protocol::session::{LoginFinish, LoginStart, Scope, SessionBody};
use postern_protocol::time::{DAY_MS, MINUTE_MS};
use postern_protocol::{AccountName, Bytes};

use crate::world::{World, refusal};

impl World {
    /// Signs up with a registration of its own, at Argon2id's full cost.
    pub(crate) async fn registered(&self, name: &str) -> (Device, SessionBody) {
        let mut device = Device::new(name);
        let (state, start) = device.start_sign_up();
        let answer = self
            .postern
            .start_sign_up(&start)
            .await
            .expect("the name is free");
        let registered = state
            .finish(answer.response.as_slice(), name, &mut device.rng)
            .expect("the server speaks OPAQUE");
        let sign_up = device.sign_up_with(registered.upload.into());
        let session = self.postern.sign_up(sign_up, self.now, &mut device.rng).await;
        (device, session.expect("the name is free"))
    }

    /// Both messages of a login, with the client's half in between.
    pub(crate) async fn log_in(&self, name: &AccountName, password: &str) -> Result<SessionBody, Error> {
        let finish = self.answer_challenge(name, password).await?;
        self.postern
            .finish_login(&finish, self.now, &mut Device::new("rng").rng)
            .await
    }

    pub(crate) async fn answer_challenge(
        &self,
        name: &AccountName,
        password: &str,
    ) -> Result<LoginFinish, Error> {
        let mut rng = Device::new("client").rng;
        let (state, request) = ClientLogin::start(&Password::new(password), &mut rng);
        let start = LoginStart {
            name: name.clone(),
            request: request.into(),
        };
        let answer = self.postern.start_login(&start, self.now, &mut rng).await?;
        // A wrong password shows on the client already; it sends something all the same.
        let finalization = state
            .finish(answer.response.as_slice(), name.as_str(), &mut rng)
            .map_or(vec![7; 64], |logged_in| logged_in.finalization);
        Ok(LoginFinish {
            attempt: answer.attempt,
            finalization: finalization.into(),
            device: String::new(),
        })
    }
}

#[tokio::test]
async fn the_right_password_signs_in_and_the_wrong_one_does_not() {
    let world = World::new().await;
    let (alice, _) = world.registered("alice").await;
    let session = world
        .log_in(&alice.name, PASSWORD)
        .await
        .expect("it is the right password");
    assert_eq!((session.account, session.scope), (alice.account, Scope::Full));
    let user = world.signed_in(&session).await;
    assert_eq!(
        user.sessions(world.now)
            .await
            .expect("memory is always there")
            .sessions
            .len(),
        2
    );
    assert!(matches!(
        refusal(world.log_in(&alice.name, "wrong").await),
        Error::LoginFailed
    ));
}

#[tokio::test]
async fn a7_an_unknown_name_is_answered_like_a_known_one() {
    let world = World::new().await;
    let (alice, _) = world.registered("alice").await;
    let nobody = "clive".parse().expect("well-formed");
    let mut rng = Device::new("client").rng;
    let (_, request) = ClientLogin::start(&Password::new(PASSWORD), &mut rng);
    let mut lengths = Vec::new();
    for name in [&alice.name, &nobody] {
        let start = LoginStart {
            name: name.clone(),
            request: request.clone().into(),
        };
        let answer = world
            .postern
            .start_login(&start, world.now, &mut rng)
            .await
            .expect("both are answered");
        let recovery = RecoveryStart { name: name.clone() };
        let recovery = world.postern.start_recovery(&recovery, world.now, &mut rng).await;
        let recovery = recovery.expect("both are answered");
        lengths.push([
            answer.response.len(),
            answer.attempt.len(),
            recovery.attempt.len(),
            recovery.challenge.len(),
        ]);
    }
    assert_eq!(lengths[0], lengths[1]);
    let known = refusal(world.log_in(&alice.name, "wrong").await).to_string();
    let unknown = refusal(world.log_in(&nobody, "wrong").await).to_string();
    assert_eq!(known, unknown);
}

#[tokio::test]
async fn a7_an_unknown_name_has_the_same_account_each_time() {
    let world = World::new().await;
    let start = RecoveryStart {
        name: "nobody".parse().expect("well-formed"),
    };
    let mut rng = Device::new("client").rng;
    let first = world
        .postern
        .start_recovery(&start, world.now, &mut rng)
        .await
        .expect("answered");
    let second = world
        .postern
        .start_recovery(&start, world.now, &mut rng)
        .await
        .expect("answered");
    assert_eq!(first.account, second.account);
    assert_ne!(first.challenge, second.challenge);
}

#[tokio::test]
async fn a_login_that_takes_too_long_fails_like_every_other() {
    let mut world = World::new().await;
    let (alice, _) = world.registered("alice").await;
    let finish = world
        .answer_challenge(&alice.name, PASSWORD)
        .await
        .expect("answered");
    world.wait(ATTEMPT_LIFETIME_MS);
    let failed = world
        .postern
        .finish_login(&finish, world.now, &mut Device::new("rng").rng)
        .await;
    assert!(matches!(refusal(failed), Error::LoginFailed));
}

#[tokio::test]
async fn a_login_state_of_another_making_fails_like_every_other() {
    let world = World::new().await;
    let (alice, _) = world.registered("alice").await;
    let finish = world
        .answer_challenge(&alice.name, PASSWORD)
        .await
        .expect("answered");
    for byte in [0, 1, 30, finish.attempt.len() - 1] {
        let mut forged = finish.clone();
        forged.attempt.0[byte] ^= 1;
        let failed = world
            .postern
            .finish_login(&forged, world.now, &mut Device::new("rng").rng)
            .await;
        assert!(matches!(refusal(failed), Error::LoginFailed), "{byte}");
    }
}

#[tokio::test]
async fn a_session_lasts_as_long_as_it_is_used() {
    let mut world = World::new().await;
    let (_, session) = world.registered("alice").await;
    for _ in 0..3 {
        world.wait(SESSION_MS - DAY_MS);
        world.signed_in(&session).await;
    }
    world.wait(SESSION_MS);
    assert!(matches!(
        refusal(world.try_signed_in(&session).await),
        Error::NotSignedIn
    ));
}

#[tokio::test]
async fn a_token_that_is_none_is_not_signed_in() {
    let world = World::new().await;
    for token in ["", "AAAA", &"A".repeat(43), &"A".repeat(44), "not base64 !"] {
        assert!(matches!(
            refusal(world.postern.session(token, world.now).await),
            Error::NotSignedIn
        ));
    }
}

#[tokio::test]
async fn a_session_that_was_ended_elsewhere_is_worth_nothing() {
    let world = World::new().await;
    let (alice, first) = world.registered("alice").await;
    let second = world
        .log_in(&alice.name, PASSWORD)
        .await
        .expect("the right password");
    let user = world.signed_in(&first).await;
    user.end_session(second.id).await.expect("it is there");
    assert!(matches!(
        refusal(world.try_signed_in(&second).await),
        Error::NotSignedIn
    ));
    assert!(matches!(
        refusal(user.end_session(second.id).await),
        Error::NotFound(_)
    ));
    user.session().end().await.expect("it is there");
    assert!(matches!(
        refusal(world.try_signed_in(&first).await),
        Error::NotSignedIn
    ));
}

#[tokio::test]
async fn nobody_ends_somebody_elses_session() {
    let world = World::new().await;
    let (_, mallory) = world.account("mallory").await;
    let (_, alice) = world.account("alice").await;
    assert!(matches!(
        refusal(mallory.end_session(alice.session().id()).await),
        Error::NotFound(_)
    ));
}

#[tokio::test]
async fn a_session_is_fresh_for_a_while() {
    let mut world = World::new().await;
    let (_, session) = world.registered("alice").await;
    let at = |world: &World| {
        let (postern, now, token) = (world.postern.clone(), world.now, session.token.clone());
        async move { postern.session(&token, now).await.expect("in force").fresh(now) }
    };
    world.wait(FRESH_MS - 1);
    assert!(at(&world).await.is_ok());
    world.wait(1);
    assert!(matches!(refusal(at(&world).await), Error::NotFresh(_)));
}

#[tokio::test]
async fn the_recovery_words_open_a_session_that_may_only_set_a_password() {
    let mut world = World::new().await;
    let (mut alice, _) = world.registered("alice").await;
    let session = recover(&world, &mut alice).await.expect("the words are right");
    assert_eq!(session.scope, Scope::Recovery);
    let recovered = world
        .postern
        .session(&session.token, world.now)
        .await
        .expect("in force");
    let body = recovered.account_body().await.expect("it is there");
    assert_eq!(
        body.slots.iter().map(|slot| slot.kind).collect::<Vec<_>>(),
        [SlotKind::Recovery]
    );
    assert!(matches!(
        refusal(recovered.clone().signed_in()),
        Error::NotFresh(_)
    ));
    assert!(recovered.fresh(world.now).is_ok());
    world.wait(RECOVERY_SESSION_MS - MINUTE_MS);
    assert!(world.postern.session(&session.token, world.now).await.is_ok());
    world.wait(MINUTE_MS);
    let ended = world.postern.session(&session.token, world.now).await;
    assert!(
        matches!(refusal(ended), Error::NotSignedIn),
        "using it does not make it last"
    );
}

#[tokio::test]
async fn a10_only_the_accounts_own_recovery_key_recovers_it() {
    let mut world = World::new().await;
    let (mut alice, _) = world.registered("alice").await;
    let mallory = Device::new("mallory");
    let own = std::mem::replace(&mut alice.recovery, mallory.recovery);
    assert!(matches!(
        refusal(recover(&world, &mut alice).await),
        Error::LoginFailed
    ));
    alice.recovery = own;
    alice.name = "nobody".parse().expect("well-formed");
    assert!(matches!(
        refusal(recover(&world, &mut alice).await),
        Error::LoginFailed
    ));
    alice.name = "alice".parse().expect("well-formed");
    let finish = answer_recovery(&world, &mut alice).await;
    world.wait(RECOVERY_LIFETIME_MS);
    let late = world
        .postern
        .finish_recovery(&finish, world.now, &mut alice.rng)
        .await;
    assert!(matches!(refusal(late), Error::LoginFailed));
}

async fn recover(world: &World, device: &mut Device) -> Result<SessionBody, Error> {
    let finish = answer_recovery(world, device).await;
    world
        .postern
        .finish_recovery(&finish, world.now, &mut device.rng)
        .await
}

async fn answer_recovery(world: &World, device: &mut Device) -> RecoveryFinish {
    let start = RecoveryStart {
        name: device.name.clone(),
    };
    let challenge = world
        .postern
        .start_recovery(&start, world.now, &mut device.rng)
        .await;
    let challenge = challenge.expect("every name is answered");
    let auth = device.recovery.auth(&challenge.account.0);
    let text = challenge
        .challenge
        .as_slice()
        .try_into()
        .expect("a challenge has 32 bytes");
    RecoveryFinish {
        attempt: challenge.attempt,
        signature: Bytes::from(auth.answer(&challenge.account.0, text)),
        device: String::new(),
    }
}
