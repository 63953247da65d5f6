//! A server that lies about keys. Rows A5, A6, A10, A12, D1.

use std::cell::RefCell;
use std::rc::Rc;

use postern_client::{Account, Drive, Error, Stay};
use serde_json::{Value, json};

use crate::evil::edit_json;
use crate::world::{PASSWORD, Phone, Server, put};

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

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
async fn a12_a_device_that_saw_the_new_keys_refuses_the_old_ones() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let old = account_body(&phone, &drive).await;
    drive
        .account()
        .replace_keys(PASSWORD, "new")
        .await
        .expect("replaced");
    phone.evil.edits("/account", move |body| *body = old.clone());
    let resumed = Account::resume(phone.around.clone()).await;
    assert!(matches!(resumed, Err(Error::NotAuthentic)));
    phone.evil.tells_the_truth();
    let signed_in = Account::sign_in(phone.around.clone(), "alice", "new", Stay::SignedIn).await;
    assert!(signed_in.is_ok(), "the truth still works");
}

#[tokio::test]
async fn a12_an_older_state_of_the_account_is_refused() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let old = account_body(&phone, &drive).await;
    put(&drive, drive.account().root(), "letter", b"words")
        .await
        .expect("put");
    phone
        .evil
        .edits("/account", move |body| body["objects"] = old["objects"].clone());
    assert!(matches!(
        Account::resume(phone.around.clone()).await,
        Err(Error::NotAuthentic)
    ));
}

#[tokio::test]
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

#[tokio::test]
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
