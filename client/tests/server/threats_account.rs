//! A server that lies about keys. Rows A3, A5, A6, A10, A12, C5, D1.

use std::cell::RefCell;
use std::rc::Rc;

use postern_client::protocol::{AccountId, Bytes};
use postern_client::{Account, Drive, Error, PreparedSignUp, Stay};
use postern_crypto::account::{Keyring, Root};
use postern_crypto::directory::Log;
use postern_crypto::identity::IdentityKey;
use postern_crypto::sealing::{Letter, SealingKey};
use postern_crypto::{AccountKey, FolderKey};
use serde_json::{Value, json};

use crate::evil::edit_json;
use crate::stories::sign_up_with_words;
use crate::world::{PASSWORD, Phone, Server, chosen, put};

cases!(
    a3_objects_that_are_authentic_and_wrong_are_refused_alike,
    c5_keys_that_the_server_sealed_are_no_keys_of_the_account,
    a5_keys_of_somebody_else_are_refused,
    a5_an_object_in_the_place_of_another_is_refused,
    a10_a_slot_that_this_account_did_not_fill_is_refused,
    d1_a_directory_that_was_changed_is_refused,
    a6_a_login_answer_that_was_changed_ends_the_login,
    a12_a_device_that_saw_the_new_keys_refuses_the_old_ones,
    a12_an_older_state_of_the_account_is_refused,
    a12_a_password_that_would_open_nothing_is_registered_again,
    a12_a_password_that_opens_nothing_is_told_and_the_words_open,
    words_are_answered_with_a_session_for_a_new_password_and_no_other,
    an_answer_of_another_shape_is_not_believed,
    a_version_that_no_server_can_keep_is_not_believed,
);

/// What the server says of an account, as one of its devices gets it.
async fn account_body(phone: &Phone, drive: &Drive) -> Value {
    let seen = Rc::new(RefCell::new(Value::Null));
    let keep = Rc::clone(&seen);
    phone
        .evil
        .edits("/account", move |body| *keep.borrow_mut() = body.clone());
    drive.account().usage().await.expect("asked");
    phone.evil.tells_the_truth();
    seen.take()
}

/// Signs in on a new device while `/account` is answered with a lie. Nothing may be asked after that.
async fn refuses(server: &Server, what: &str, lie: impl Fn(&mut Value) + 'static) {
    let phone = server.phone();
    phone.evil.edits("/account", lie);
    let outcome = phone.sign_in("alice").await;
    assert!(matches!(outcome, Err(Error::NotAuthentic)), "{what}");
    let asked = phone.evil.asked_paths();
    assert_eq!(asked, ["/login/start", "/login/finish", "/account"], "{what}");
}

/// The keys of an account as its device keeps them: what no server ever learns.
async fn keyring(phone: &Phone) -> Keyring {
    let kept = phone.around.device.get("session").await.expect("read");
    let kept: Value = serde_json::from_slice(&kept.expect("it stays signed in")).expect("JSON");
    let account: AccountId = serde_json::from_value(kept["account"].clone()).expect("an id");
    let generation = serde_json::from_value(kept["generation"].clone()).expect("a number");
    let key = serde_json::from_value(kept["key"].clone()).expect("32 bytes");
    Keyring::new(account.0, generation, AccountKey::from_bytes(key))
}

/// The index of an object among those of an account.
fn position(body: &Value, kind: &str) -> usize {
    let objects = body["objects"].as_array().expect("a list");
    let found = objects.iter().position(|object| object["kind"] == kind);
    found.expect("every account has all kinds")
}

fn with_object(kind: &'static str, sealed: Vec<u8>) -> impl Fn(&mut Value) + 'static {
    let sealed = json!(Bytes::from(sealed));
    move |body| {
        let index = position(body, kind);
        body["objects"][index]["sealed"] = sealed.clone();
    }
}

async fn a3_objects_that_are_authentic_and_wrong_are_refused_alike() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let (keyring, mut rng) = (keyring(&phone).await, phone.around.rng());
    let body = account_body(&phone, &drive).await;
    let state = &body["objects"][position(&body, "state")];
    let version = state["version"].as_u64().expect("a number");
    let sealed: Bytes = serde_json::from_value(state["sealed"].clone()).expect("bytes");
    let state = keyring.open_state(version, sealed.as_slice()).expect("the truth");

    // As a server that can overwrite part of a key would make them (eprint 2023/329), and better: they open.
    let identity = keyring.seal_identity(&IdentityKey::generate(&mut rng), &mut rng);
    let sealing = keyring.seal_sealing(&SealingKey::generate(&mut rng), &mut rng);
    refuses(&server, "another identity", with_object("identity", identity)).await;
    refuses(&server, "another sealing key", with_object("sealing", sealing)).await;
    let mut wrong = [state.clone(), state.clone(), state.clone(), state.clone()];
    wrong[0].counter += 1;
    wrong[1].generation += 1;
    wrong[2].min_suite += 1;
    wrong[3].directory.hash[0] ^= 1;
    for state in wrong {
        let sealed = keyring.seal_state(&state, &mut rng);
        refuses(&server, &format!("{state:?}"), with_object("state", sealed)).await;
    }
}

async fn c5_keys_that_the_server_sealed_are_no_keys_of_the_account() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let body = account_body(&phone, &drive).await;
    let log: Vec<Bytes> = serde_json::from_value(body["directory"].clone()).expect("a list");
    let log = Log::verify(&log).expect("the truth");
    let mut rng = phone.around.rng();

    // All that a server knows of Alice: her public keys. It seals a tree of its own to them, in her name or in its own.
    let mine = IdentityKey::generate(&mut rng);
    let folder_key = FolderKey::generate(&mut rng);
    for sender in [log.current().identity, mine.public()] {
        let letter = Letter {
            sender,
            recipient: log.current().identity,
            sealing: &log.current().sealing,
            context: &[b"root"],
        };
        if let Ok(sealed) = letter.seal(&mine, folder_key.expose(), &mut rng) {
            refuses(&server, "a letter", with_object("root", sealed)).await;
        }
    }
    // Or under an account key of its own, as a whole or beside the right one.
    let keyring = Keyring::new(drive.account().id().0, 1, AccountKey::generate(&mut rng));
    let root = Root {
        volume: [1; 16],
        node: [2; 16],
        key: folder_key,
        generation: 1,
    };
    let sealed = keyring.seal_root(&root, &mut rng);
    let beside = json!({"kind": "root", "version": 1, "sealed": Bytes::from(sealed.clone())});
    refuses(&server, "a root of its own", with_object("root", sealed)).await;
    for first in [true, false] {
        let beside = beside.clone();
        refuses(&server, "one root more", move |body| {
            let objects = body["objects"].as_array_mut().expect("a list");
            objects.insert(if first { 0 } else { objects.len() }, beside.clone());
        })
        .await;
    }
}

async fn a5_keys_of_somebody_else_are_refused() {
    let server = Server::start();
    server.sign_up("alice").await;
    let (phone, drive) = server.sign_up("mallory").await;
    let mallory = account_body(&phone, &drive).await;
    for field in ["slots", "objects", "directory"] {
        let theirs = mallory[field].clone();
        refuses(&server, field, move |body| body[field] = theirs.clone()).await;
        refuses(&server, field, move |body| body[field] = json!([])).await;
    }
    for index in 0..4 {
        let theirs = mallory["objects"][index].clone();
        refuses(&server, "one object", move |body| {
            body["objects"][index] = theirs.clone();
        })
        .await;
    }
    for field in ["account", "name"] {
        let theirs = mallory[field].clone();
        refuses(&server, field, move |body| body[field] = theirs.clone()).await;
    }
}

async fn a5_an_object_in_the_place_of_another_is_refused() {
    let server = Server::start();
    server.sign_up("alice").await;
    for (one, other) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
        refuses(&server, "swapped", move |body| {
            let objects = body["objects"].as_array_mut().expect("a list");
            let sealed = objects[one]["sealed"].clone();
            objects[one]["sealed"] = objects[other]["sealed"].take();
            objects[other]["sealed"] = sealed;
        })
        .await;
    }
}

async fn a10_a_slot_that_this_account_did_not_fill_is_refused() {
    let server = Server::start();
    server.sign_up("alice").await;
    refuses(&server, "two password slots", |body| {
        let slots = body["slots"].as_array_mut().expect("a list");
        slots.push(slots[0].clone());
    })
    .await;
    refuses(&server, "another generation", |body| {
        body["slots"][0]["generation"] = json!(2);
    })
    .await;
    refuses(&server, "another id", |body| {
        body["slots"][0]["id"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    })
    .await;
}

async fn d1_a_directory_that_was_changed_is_refused() {
    let server = Server::start();
    server.sign_up("alice").await;
    refuses(&server, "a statement twice", |body| {
        let log = body["directory"].as_array_mut().expect("a list");
        log.push(log[0].clone());
    })
    .await;
    for position in [10, 200, 1_500] {
        refuses(&server, "a changed byte", move |body| {
            let mut text = body["directory"][0]
                .as_str()
                .expect("text")
                .to_owned()
                .into_bytes();
            text[position] = if text[position] == b'A' { b'B' } else { b'A' };
            body["directory"][0] = String::from_utf8(text).expect("ASCII").into();
        })
        .await;
    }
}

async fn a6_a_login_answer_that_was_changed_ends_the_login() {
    let server = Server::start();
    server.sign_up("alice").await;
    for position in 0..3 {
        let phone = server.phone();
        phone.evil.edits("/login/start", move |body| {
            let mut text = body["response"].as_str().expect("text").to_owned().into_bytes();
            let at = text.len() * position / 3;
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            body["response"] = String::from_utf8(text).expect("ASCII").into();
        });
        assert!(matches!(phone.sign_in("alice").await, Err(Error::WrongPassword)));
        assert_eq!(
            phone.evil.asked_paths(),
            ["/login/start"],
            "nothing that depends on the password has left"
        );
    }
}

async fn a12_a_device_that_saw_the_new_keys_refuses_the_old_ones() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let old = account_body(&phone, &drive).await;
    let prepared = drive.account().prepare_keys(PASSWORD, &chosen("new")).await;
    prepared.expect("prepared").complete().await.expect("replaced");
    phone.evil.edits("/account", move |body| *body = old.clone());
    let resumed = Account::resume(phone.around.clone()).await;
    assert!(matches!(resumed, Err(Error::NotAuthentic)));
    phone.evil.tells_the_truth();
    let signed_in = Account::sign_in(phone.around.clone(), "alice", "new", Stay::SignedIn).await;
    assert!(signed_in.is_ok(), "the truth still works");
}

async fn a12_an_older_state_of_the_account_is_refused() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let old = account_body(&phone, &drive).await;
    put(&drive, drive.account().root(), "letter", b"words")
        .await
        .expect("put");
    let laptop = server.phone();
    laptop.sign_in("alice").await.expect("signed in");
    // Whether a device has made what is newer, or only seen it.
    for device in [phone, laptop] {
        let objects = old["objects"].clone();
        device
            .evil
            .edits("/account", move |body| body["objects"] = objects.clone());
        let resumed = Account::resume(device.around.clone()).await;
        assert!(matches!(resumed, Err(Error::NotAuthentic)));
    }
}

/// From now on some answers to registrations hold another point of the group: no password opens what becomes of them, and
/// nothing in them shows it.
fn registers_falsely(phone: &Phone, mut times: usize) {
    phone.evil.tells(move |request, response| {
        let registers = ["/signup/start", "/account/password/start"].contains(&request.path.as_str());
        if registers && times > 0 {
            times -= 1;
            edit_json(response, |body| {
                let answer: Bytes = serde_json::from_value(body["response"].clone()).expect("bytes");
                let key = &answer.0[32..];
                body["response"] = json!(Bytes::from([key, key].concat()));
            });
        }
    });
}

/// All that puts a password in force, one after the other, each on a device to which the server lies about so many
/// registrations. Answers how each went.
async fn put_passwords_in_force(server: &Server, lies: usize) -> Vec<(&'static str, Result<(), Error>)> {
    let phone = || {
        let phone = server.phone();
        registers_falsely(&phone, lies);
        phone
    };
    let prepared = PreparedSignUp::new(phone().around, "alice", &chosen("first")).expect("a name");
    let mut words = prepared.words();
    let signed_up = prepared.complete(None, Stay::SignedIn).await.map(drop);
    let mut present = settle(server, &words, "first", signed_up.is_ok()).await;

    let honest = server.phone();
    let account = Account::sign_in(honest.around.clone(), "alice", &present, Stay::SignedIn).await;
    let account = account.expect("signed in");
    registers_falsely(&honest, lies);
    let changed = account.change_password(&present, &chosen("second")).await;
    present = settle(server, &words, "second", changed.is_ok()).await;

    let honest = server.phone();
    let account = Account::sign_in(honest.around.clone(), "alice", &present, Stay::SignedIn).await;
    let keys = Rc::new(account.expect("signed in"))
        .prepare_keys(&present, &chosen("third"))
        .await;
    let keys = keys.expect("prepared");
    registers_falsely(&honest, lies);
    let replaced = keys.complete().await;
    words = keys.words();
    settle(server, &words, "third", replaced.is_ok()).await;

    let around = phone().around;
    let recovered = Account::recover(around, "alice", &words, &chosen("fourth"), Stay::SignedIn).await;
    let recovered = recovered.map(drop);
    settle(server, &words, "fourth", recovered.is_ok()).await;
    vec![
        ("sign-up", signed_up),
        ("a change", changed),
        ("new keys", replaced),
        ("recovery", recovered),
    ]
}

/// The password opens the account if that was said, and the words do otherwise. Answers the password in force then.
async fn settle(server: &Server, words: &str, password: &str, said: bool) -> String {
    let around = server.phone().around;
    let opened = Account::sign_in(around, "alice", password, Stay::UntilTheEnd).await;
    assert_eq!(opened.is_ok(), said, "{password}");
    if said {
        return password.to_owned();
    }
    let (around, next) = (server.phone().around, chosen("by words"));
    let recovered = Account::recover(around, "alice", words, &next, Stay::UntilTheEnd).await;
    assert!(recovered.is_ok(), "{password}: the words open");
    "by words".to_owned()
}

async fn a12_a_password_that_would_open_nothing_is_registered_again() {
    let server = Server::start();
    for (what, outcome) in put_passwords_in_force(&server, 1).await {
        assert_eq!(outcome, Ok(()), "{what}");
    }
}

async fn a12_a_password_that_opens_nothing_is_told_and_the_words_open() {
    let server = Server::start();
    for (what, outcome) in put_passwords_in_force(&server, 2).await {
        assert_eq!(outcome, Err(Error::PasswordOpensNothing), "{what}");
    }
}

async fn words_are_answered_with_a_session_for_a_new_password_and_no_other() {
    let server = Server::start();
    let (_, words) = sign_up_with_words(&server).await;
    let somebody = AccountId([7; 16]);
    for (field, lie) in [("scope", json!("full")), ("account", json!(somebody))] {
        let phone = server.phone();
        phone
            .evil
            .edits("/recovery/finish", move |body| body[field] = lie.clone());
        let (around, next) = (phone.around.clone(), chosen("third"));
        let recovered = Account::recover(around, "alice", &words, &next, Stay::SignedIn);
        assert!(matches!(recovered.await, Err(Error::NotAuthentic)), "{field}");
    }
}

async fn an_answer_of_another_shape_is_not_believed() {
    let server = Server::start();
    server.sign_up("alice").await;
    let phone = server.phone();
    phone.evil.tells(|request, response| {
        if request.path == "/account" {
            edit_json(response, |body| *body = json!({"signed_in": true}));
        }
    });
    assert!(matches!(phone.sign_in("alice").await, Err(Error::NotAuthentic)));
}

async fn a_version_that_no_server_can_keep_is_not_believed() {
    let server = Server::start();
    server.sign_up("alice").await;
    for version in [0, i64::MAX as u64, u64::MAX] {
        for index in 0..4 {
            refuses(&server, "a version", move |body| {
                body["objects"][index]["version"] = json!(version);
            })
            .await;
        }
    }
}
