use actix_web::http::Method;
use postern_crypto::opaque::{ClientLogin, ClientRegistration};
use postern_crypto::password::Password;
use postern_domain::device::{Device, PASSWORD, sealed};
use postern_protocol::account::{
    AccountBody, ObjectKind, PasswordChange, PasswordChanged, PasswordStart, PutObject, RecoveryChallenge,
    RecoveryFinish, RecoveryStart, RegistrationAnswer, Rotation, SlotKind,
};
use postern_protocol::directory::DirectoryLog;
use postern_protocol::error::ErrorCode;
use postern_protocol::session::{LoginAnswer, LoginFinish, LoginStart, Scope, SessionBody, Sessions};
use postern_protocol::time::MINUTE_MS;
use postern_protocol::{Bytes, SessionId};

use crate::server::{Answer, Server, User};

#[actix_web::test]
async fn an_account_is_made_left_and_entered_again() {
    for server in Server::both().await {
        let alice = registered(&server, "alice").await;
        let body: AccountBody = server.get("/account", &alice).await.json();
        assert_eq!(body.account, alice.device.account);
        let left = server
            .request(Method::DELETE, "/sessions/current")
            .by(&alice)
            .send()
            .await;
        assert_eq!(left.status, 204);
        server
            .get("/account", &alice)
            .await
            .refused(401, ErrorCode::NotSignedIn);

        let session: SessionBody = log_in(&server, "alice", PASSWORD).await.json();
        assert_eq!(
            (session.account, session.scope),
            (alice.device.account, Scope::Full)
        );
        log_in(&server, "alice", "wrong")
            .await
            .refused(401, ErrorCode::LoginFailed);
    }
}

#[actix_web::test]
async fn a_name_or_an_id_that_is_taken_is_refused() {
    let server = Server::start().await;
    server.user("alice").await;
    let (_, start) = Device::new("alice").start_sign_up();
    let taken = server
        .request(Method::POST, "/signup/start")
        .json(&start)
        .send()
        .await;
    taken.refused(409, ErrorCode::NameTaken);
    let again = server
        .request(Method::POST, "/signup")
        .json(&Device::new("alice").sign_up())
        .send()
        .await;
    again.refused(409, ErrorCode::NameTaken);
    let mut renamed = Device::new("alice").start_sign_up().1;
    renamed.name = "bob".parse().expect("well-formed");
    let taken = server
        .request(Method::POST, "/signup/start")
        .json(&renamed)
        .send()
        .await;
    taken.refused(409, ErrorCode::Conflict);
}

#[actix_web::test]
async fn a7_known_and_unknown_names_get_answers_of_one_status_shape_and_length() {
    let server = Server::start().await;
    registered(&server, "alice").await;
    let mut answers = Vec::new();
    for name in ["alice", "clive"] {
        let (state, start) = start_login(name, "wrong");
        let started = server
            .request(Method::POST, "/login/start")
            .json(&start)
            .send()
            .await;
        let answer: LoginAnswer = started.json();
        drop(state);
        let finish = LoginFinish {
            attempt: answer.attempt,
            finalization: Bytes(vec![7; 64]),
            device: String::new(),
        };
        let finished = server
            .request(Method::POST, "/login/finish")
            .json(&finish)
            .send()
            .await;
        finished.refused(401, ErrorCode::LoginFailed);
        let recovery = RecoveryStart {
            name: name.parse().expect("well-formed"),
        };
        let challenged = server
            .request(Method::POST, "/recovery/start")
            .json(&recovery)
            .send()
            .await;
        let challenge: RecoveryChallenge = challenged.json();
        let finish = RecoveryFinish {
            attempt: challenge.attempt,
            signature: Bytes(vec![7; 64]),
            device: String::new(),
        };
        let failed = server
            .request(Method::POST, "/recovery/finish")
            .json(&finish)
            .send()
            .await;
        failed.refused(401, ErrorCode::LoginFailed);
        answers.push([
            (started.status, started.body.len(), header_names(&started)),
            (finished.status, finished.body.len(), header_names(&finished)),
            (
                challenged.status,
                challenged.body.len(),
                header_names(&challenged),
            ),
            (failed.status, failed.body.len(), header_names(&failed)),
        ]);
    }
    assert_eq!(answers[0], answers[1]);
}

#[actix_web::test]
async fn devices_are_listed_and_signed_out() {
    for server in Server::both().await {
        let alice = registered(&server, "alice").await;
        let other: SessionBody = log_in(&server, "alice", PASSWORD).await.json();
        let listed: Sessions = server.get("/sessions", &alice).await.json();
        assert_eq!(listed.sessions.len(), 2);
        assert_eq!(listed.sessions.iter().filter(|entry| entry.current).count(), 1);
        let end = |id: SessionId| {
            server
                .request(Method::DELETE, &format!("/sessions/{id}"))
                .by(&alice)
                .send()
        };
        assert_eq!(end(other.id).await.status, 204);
        end(other.id).await.refused(404, ErrorCode::NotFound);
        let other = User {
            device: Device::new("alice"),
            session: other,
        };
        server
            .get("/account", &other)
            .await
            .refused(401, ErrorCode::NotSignedIn);
    }
}

#[actix_web::test]
async fn a_password_is_changed_while_the_session_is_fresh() {
    for server in Server::both().await {
        let mut alice = registered(&server, "alice").await;
        let change = new_password(&server, &mut alice, "another").await;
        let changed = server
            .request(Method::PUT, "/account/password")
            .by(&alice)
            .json(&change)
            .send()
            .await;
        alice.session = changed.json::<PasswordChanged>().session;
        server.get("/account", &alice).await.json::<AccountBody>();
        log_in(&server, "alice", PASSWORD)
            .await
            .refused(401, ErrorCode::LoginFailed);

        server.wait(10 * MINUTE_MS);
        let (_, request) = ClientRegistration::start(&Password::new("x"), &mut alice.device.rng);
        let start = PasswordStart {
            request: request.into(),
        };
        let stale = server.post("/account/password/start", &alice, &start).await;
        stale.refused(403, ErrorCode::NotFresh);
        let stale = server
            .request(Method::PUT, "/account/password")
            .by(&alice)
            .json(&change)
            .send()
            .await;
        stale.refused(403, ErrorCode::NotFresh);
    }
}

#[actix_web::test]
async fn the_recovery_words_lead_to_a_new_password() {
    for server in Server::both().await {
        let mut alice = registered(&server, "alice").await;
        let start = RecoveryStart {
            name: alice.device.name.clone(),
        };
        let challenged = server
            .request(Method::POST, "/recovery/start")
            .json(&start)
            .send()
            .await;
        let challenge: RecoveryChallenge = challenged.json();
        let auth = alice.device.recovery.auth(&challenge.account.0);
        let text = challenge
            .challenge
            .as_slice()
            .try_into()
            .expect("a challenge has 32 bytes");
        let finish = RecoveryFinish {
            attempt: challenge.attempt,
            signature: auth.answer(&challenge.account.0, text).into(),
            device: String::new(),
        };
        let finished = server
            .request(Method::POST, "/recovery/finish")
            .json(&finish)
            .send()
            .await;
        alice.session = finished.json();
        assert_eq!(alice.session.scope, Scope::Recovery);
        server
            .get("/sessions", &alice)
            .await
            .refused(403, ErrorCode::NotFresh);

        let change = new_password(&server, &mut alice, "another").await;
        let changed = server
            .request(Method::PUT, "/account/password")
            .by(&alice)
            .json(&change)
            .send()
            .await;
        alice.session = changed.json::<PasswordChanged>().session;
        assert_eq!(alice.session.scope, Scope::Full);
        server.get("/sessions", &alice).await.json::<Sessions>();
        log_in(&server, "alice", "another").await.json::<SessionBody>();
    }
}

#[actix_web::test]
async fn an_account_key_is_rotated_with_all_that_it_wraps() {
    for server in Server::both().await {
        let mut alice = registered(&server, "alice").await;
        let change = new_password(&server, &mut alice, "another").await;
        let rotation = Rotation {
            record: change.record,
            slots: [SlotKind::Password, SlotKind::Recovery]
                .map(|kind| alice.device.slot(kind, 2))
                .to_vec(),
            recovery_key: Bytes(vec![9; 32]),
            objects: ObjectKind::ALL
                .map(|kind| PutObject {
                    kind,
                    version: 2,
                    sealed: sealed(),
                })
                .to_vec(),
            archives: vec![],
            device: String::new(),
        };
        let rotated = server.post("/account/rotation", &alice, &rotation).await;
        alice.session = rotated.json::<PasswordChanged>().session;
        let body: AccountBody = server.get("/account", &alice).await.json();
        assert_eq!(body.slots[0].generation, 2);
        server
            .post("/account/rotation", &alice, &rotation)
            .await
            .refused(409, ErrorCode::Conflict);
    }
}

#[actix_web::test]
async fn an_object_is_replaced_by_who_has_seen_the_one_before() {
    for server in Server::both().await {
        let alice = server.user("alice").await;
        let put = |version| {
            let object = PutObject {
                kind: ObjectKind::State,
                version,
                sealed: sealed(),
            };
            server
                .request(Method::PUT, "/account/objects")
                .by(&alice)
                .json(&object)
                .send()
        };
        assert_eq!(put(2).await.status, 204);
        let late = put(2).await;
        late.refused(409, ErrorCode::Conflict);
        assert_eq!(late.error().present, Some(2));
    }
}

#[actix_web::test]
async fn the_directory_answers_those_who_are_signed_in() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    let log: DirectoryLog = server.get("/directory/alice", &alice).await.json();
    assert_eq!(log.account, alice.device.account);
    server
        .get("/directory/nobody", &alice)
        .await
        .refused(404, ErrorCode::NotFound);
    server
        .get("/directory/no..body", &alice)
        .await
        .refused(400, ErrorCode::BadRequest);
    let stranger = server.request(Method::GET, "/directory/alice").send().await;
    stranger.refused(401, ErrorCode::NotSignedIn);
}

/// Signs up with a registration of its own, at Argon2id's full cost.
async fn registered(server: &Server, name: &str) -> User {
    let mut device = Device::new(name);
    let (state, start) = device.start_sign_up();
    let answer: RegistrationAnswer = server
        .request(Method::POST, "/signup/start")
        .json(&start)
        .send()
        .await
        .json();
    let registered = state
        .finish(answer.response.as_slice(), name, &mut device.rng)
        .expect("it speaks OPAQUE");
    let sign_up = device.sign_up_with(registered.upload.into());
    let session = server
        .request(Method::POST, "/signup")
        .json(&sign_up)
        .send()
        .await
        .json();
    User { device, session }
}

fn start_login(name: &str, password: &str) -> (ClientLogin, LoginStart) {
    let (state, request) = ClientLogin::start(&Password::new(password), &mut Device::new("client").rng);
    (
        state,
        LoginStart {
            name: name.parse().expect("well-formed"),
            request: request.into(),
        },
    )
}

async fn log_in(server: &Server, name: &str, password: &str) -> Answer {
    let (state, start) = start_login(name, password);
    let answer: LoginAnswer = server
        .request(Method::POST, "/login/start")
        .json(&start)
        .send()
        .await
        .json();
    let finalization = state
        .finish(answer.response.as_slice(), name, &mut Device::new("client").rng)
        .map_or(vec![7; 64], |logged_in| logged_in.finalization);
    let finish = LoginFinish {
        attempt: answer.attempt,
        finalization: finalization.into(),
        device: String::new(),
    };
    server
        .request(Method::POST, "/login/finish")
        .json(&finish)
        .send()
        .await
}

async fn new_password(server: &Server, user: &mut User, password: &str) -> PasswordChange {
    let (state, request) = ClientRegistration::start(&Password::new(password), &mut user.device.rng);
    let start = PasswordStart {
        request: request.into(),
    };
    let answer: RegistrationAnswer = server.post("/account/password/start", user, &start).await.json();
    let name = user.device.name.clone();
    let registered = state.finish(answer.response.as_slice(), name.as_str(), &mut user.device.rng);
    PasswordChange {
        record: registered.expect("it speaks OPAQUE").upload.into(),
        slot: user.device.slot(SlotKind::Password, 1),
        device: String::new(),
    }
}

fn header_names(answer: &Answer) -> Vec<String> {
    let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
    names.sort();
    names
}
