//! A server, or somebody who can write to its stores, that lies about mail. Row F9, and what B8 and C1 are for mail.

use std::rc::Rc;

use postern_client::http::{Method, Request};
use postern_client::mail::{Mark, Origin, Worth};
use postern_client::transfer::Checkpoint;
use postern_client::{Error, Mailbox};
use serde_json::{Value, json};

use crate::gateway::{Gateway, Letter};
use crate::platform;
use crate::world::{Buffer, Phone, Server};

async fn alice(server: &Server) -> (Phone, Mailbox) {
    let (phone, drive) = server.sign_up("alice").await;
    (phone, Mailbox::new(Rc::clone(drive.account())))
}

/// Where the newest message comes from, says a device that loads it anew.
async fn origin(phone: &Phone) -> Option<Origin> {
    let drive = phone.sign_in("alice").await.expect("the password is right");
    let mailbox = Mailbox::new(Rc::clone(drive.account()));
    mailbox.refresh().await.expect("it is listed all the same");
    let entry = mailbox.entries().remove(0);
    entry.opened.as_ref().map(|opened| opened.origin)
}

#[tokio::test]
async fn f9_what_somebody_else_sealed_did_not_come_through_the_gateway() {
    let server = Server::start();
    let (phone, _) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    gateway.bring(&Letter::to("alice", "Tea")).await;
    assert_eq!(origin(&phone).await, Some(Origin::Gateway));
    // Whoever has the stores knows everybody's public keys.
    let forger = Gateway::new(platform::postern(&server));
    let late = Letter {
        received: postern_protocol::TimeMs(1_795_000_000_001),
        ..Letter::to("alice", "Your account")
    };
    forger.bring(&late).await;
    assert_eq!(origin(&phone).await, Some(Origin::Unknown));
}

#[tokio::test]
async fn f9_a_server_cannot_put_another_gateway_in_the_place_of_the_one_that_is_known() {
    let server = Server::start();
    let (phone, _) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    gateway.bring(&Letter::to("alice", "Tea")).await;
    assert_eq!(origin(&phone).await, Some(Origin::Gateway));

    let forger = Gateway::new(platform::postern(&server));
    let late = Letter {
        received: postern_protocol::TimeMs(1_795_000_000_001),
        ..Letter::to("alice", "Your account")
    };
    forger.bring(&late).await;
    let statement = postern_protocol::bytes::encode(forger.statement());
    // Also to a device that never saw the first one: the account did.
    for phone in [phone, server.phone()] {
        let statement = statement.clone();
        phone
            .evil
            .edits("/mail/home", move |home| home["gateway"] = json!(statement));
        let drive = phone.sign_in("alice").await.expect("the password is right");
        let mailbox = Mailbox::new(Rc::clone(drive.account()));
        mailbox.refresh().await.expect("it is listed");
        let origins: Vec<_> = mailbox
            .entries()
            .iter()
            .map(|entry| entry.opened.as_ref().expect("sealed to alice").origin)
            .collect();
        assert_eq!(origins, [Origin::Unknown, Origin::Gateway]);
        assert!(mailbox.home().await.expect("known").is_gateway_changed);
    }
}

#[tokio::test]
async fn f9_what_is_no_statement_of_a_gateway_is_refused() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    let mut damaged = gateway.statement().to_vec();
    damaged[40] ^= 1;
    for statement in [postern_protocol::bytes::encode(&damaged), String::new()] {
        phone
            .evil
            .edits("/mail/home", move |home| home["gateway"] = json!(statement));
        assert_eq!(mailbox.refresh().await, Err(Error::NotAuthentic));
    }
}

#[tokio::test]
async fn f9_no_part_of_a_message_can_be_swapped_with_that_of_another() {
    let server = Server::start();
    let (phone, _) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    for at in [1, 2] {
        let letter = Letter {
            received: postern_protocol::TimeMs(at),
            ..Letter::to("alice", &format!("{at}"))
        };
        gateway.bring(&letter).await;
    }
    for part in ["envelope", "summary", "message"] {
        phone.evil.edits("/mail?", move |page| {
            let other = page["messages"][1][part].clone();
            page["messages"][0][part] = other;
            if part == "message" {
                page["messages"].as_array_mut().expect("a list").truncate(1);
            }
        });
        assert_eq!(origin(&phone).await, None, "{part}");
    }
}

#[tokio::test]
async fn f9_when_a_message_came_is_what_the_gateway_signed() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    gateway.bring(&Letter::to("alice", "Tea")).await;
    phone
        .evil
        .edits("/mail?", |page| page["messages"][0]["received"] = json!(7));
    mailbox.refresh().await.expect("it is listed");
    assert_eq!(mailbox.entries()[0].received.0, 1_795_000_000_000);
}

#[tokio::test]
async fn b3_a_body_that_was_changed_or_is_anothers_is_not_shown() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    let tea = gateway.bring(&Letter::to("alice", "Tea")).await;
    mailbox.refresh().await.expect("it is listed");
    let content = mailbox.content(tea).await.expect("it is there");
    let len = Letter::to("alice", "Tea").text.len() + 96;
    for at in (0..len).step_by(7) {
        phone.evil.tells(move |request, response| {
            if request.path.starts_with("/mail/") && request.path.len() > 20 {
                let mut body = response.body.to_vec();
                body[at] ^= 1;
                response.body = body.into();
            }
        });
        let mut sink = Buffer::default();
        let read = mailbox
            .download(&content, &mut Checkpoint::start(), &mut sink, &|_| {})
            .await;
        assert_eq!(
            (read, sink.take()),
            (Err(Error::NotAuthentic), Vec::new()),
            "byte {at}"
        );
    }
}

#[tokio::test]
async fn c1_a_mark_of_another_message_or_another_version_is_as_good_as_none() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    let mut all = Vec::new();
    for subject in ["one", "two"] {
        all.push(gateway.bring(&Letter::to("alice", subject)).await);
    }
    mailbox.refresh().await.expect("two messages");
    mailbox
        .note(&all[..1], |mark| mark.is_starred = true)
        .await
        .expect("noted");
    let lies: [fn(&mut Value); 3] = [
        |page| {
            let marked = usize::from(page["messages"][0]["mark"].is_null());
            page["messages"][1 - marked]["mark"] = page["messages"][marked]["mark"].take();
        },
        |page| {
            for message in page["messages"].as_array_mut().expect("a list") {
                if let Some(version) = message.pointer_mut("/mark/version") {
                    *version = json!(2);
                }
            }
        },
        |page| {
            for message in page["messages"].as_array_mut().expect("a list") {
                message["mark"] = Value::Null;
            }
        },
    ];
    for lie in lies {
        phone.evil.edits("/mail?", lie);
        let drive = phone.sign_in("alice").await.expect("the password is right");
        let mailbox = Mailbox::new(Rc::clone(drive.account()));
        mailbox.refresh().await.expect("it is listed");
        let entries = mailbox.entries();
        assert!(entries.iter().all(|entry| entry.noted.mark == Mark::default()));
    }
}

#[tokio::test]
async fn c3_a_device_that_saw_a_later_mark_keeps_it() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    let message = gateway.bring(&Letter::to("alice", "Tea")).await;
    mailbox.refresh().await.expect("one message");
    for is_starred in [true, false] {
        let star = |mark: &mut Mark| mark.is_starred = is_starred;
        mailbox.note(&[message], star).await.expect("noted");
    }
    let page = phone.evil.asked();
    assert!(!page.is_empty());
    let older = json!([]);
    phone
        .evil
        .edits("/mail/changes", move |changes| changes["changes"] = older.clone());
    assert_eq!(mailbox.refresh().await, Ok(()));
    assert_eq!(mailbox.entries()[0].noted.version, 2);
}

/// What somebody without keys can make of a mark.
fn forged(version: u64) -> Value {
    json!({"version": version, "sealed": postern_protocol::bytes::encode(&[7; 200]), "expires": 1})
}

#[tokio::test]
async fn c3_a_mark_that_does_not_open_takes_the_place_of_none() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    let message = gateway.bring(&Letter::to("alice", "Tea")).await;
    mailbox.refresh().await.expect("one message");
    let star = |mark: &mut Mark| mark.is_starred = true;
    mailbox.note(&[message], star).await.expect("noted");
    for version in [2, 9, i64::MAX as u64 - 1, u64::MAX] {
        let id = message.to_string();
        phone.evil.edits("/mail/changes", move |body| {
            let marked = json!({"change": "marked", "message": id, "mark": forged(version)});
            body["changes"] = json!([marked]);
            let next = body["next"]["change"].as_u64().expect("a number") + 1;
            (body["next"], body["more"]) = (json!({"change": next, "message": id}), json!(false));
        });
        mailbox.refresh().await.expect("it leads on");
        let noted = mailbox.entries()[0].noted.clone();
        assert!(noted.mark.is_starred && noted.version == 1 && noted.expires.is_none());
    }
    phone.evil.tells_the_truth();
    let read = mailbox.note(&[message], |mark| mark.is_read = true).await;
    assert_eq!(read.map(|before| before.len()), Ok(1), "nothing is frozen");
}

#[tokio::test]
async fn c3_nothing_is_noted_over_a_mark_that_does_not_open() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    let [tea, cake] = ["Tea", "Cake"].map(|subject| Letter::to("alice", subject));
    let (tea, cake) = (gateway.bring(&tea).await, gateway.bring(&cake).await);
    mailbox.refresh().await.expect("two messages");
    let star = |mark: &mut Mark| mark.is_starred = true;
    mailbox.note(&[tea], star).await.expect("noted");
    for version in [1, 9, u64::MAX] {
        let id = tea.to_string();
        phone.evil.edits("/mail", move |body| {
            let messages = body["messages"].as_array_mut();
            for message in messages.into_iter().flatten() {
                if message["message"] == json!(id) {
                    message["mark"] = forged(version);
                }
            }
        });
        let drive = phone.sign_in("alice").await.expect("the password is right");
        let deceived = Mailbox::new(Rc::clone(drive.account()));
        deceived.refresh().await.expect("it is listed");
        let read = |mark: &mut Mark| mark.is_read = !mark.is_read;
        assert_eq!(
            deceived.note(&[cake, tea], read).await,
            Err(Error::NotAuthentic),
            "{version}"
        );
        phone.evil.tells_the_truth();
        mailbox.refresh().await.expect("what was noted");
        let noted = |message| {
            let entries = mailbox.entries();
            let entry = entries.iter().find(|entry| entry.message == message);
            entry.expect("it is there").noted.clone()
        };
        let kept = noted(tea);
        assert!(kept.mark.is_starred && kept.version == 1, "{kept:?}");
        assert!(noted(cake).version > 0, "the other was noted");
    }
}

#[tokio::test]
async fn c3_a_mark_that_does_not_open_never_comes_into_the_index() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    let mut all = Vec::new();
    for at in 0..30 {
        let letter = Letter {
            received: postern_protocol::TimeMs(at),
            ..Letter::to("alice", "Tea")
        };
        all.push(gateway.bring(&letter).await);
    }
    mailbox
        .note(&all[..1], |mark| mark.is_starred = true)
        .await
        .expect("noted");
    let whole = async |mailbox: &Mailbox| {
        mailbox.refresh().await.expect("the newest");
        while mailbox.load_older().await.expect("older ones") {}
    };
    phone.evil.edits("/mail?", |page| {
        for message in page["messages"].as_array_mut().expect("a list") {
            if !message["mark"].is_null() {
                message["mark"] = forged(9);
            }
        }
    });
    let drive = phone.sign_in("alice").await.expect("the password is right");
    let deceived = Mailbox::new(Rc::clone(drive.account()));
    whole(&deceived).await;
    deceived.keep_index(Worth::Anything).await.expect("kept");
    let (_, drive) = server.sign_in("alice").await;
    let other = Mailbox::new(Rc::clone(drive.account()));
    whole(&other).await;
    let noted = other.entries()[29].noted.clone();
    assert!(noted.mark.is_starred && noted.version == 1, "{noted:?}");
}

#[tokio::test]
async fn b3_a_message_that_opened_is_not_replaced_by_one_that_does_not() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let gateway = Gateway::announced(platform::postern(&server)).await;
    let message = gateway.bring(&Letter::to("alice", "Tea")).await;
    mailbox.refresh().await.expect("one message");
    let known = mailbox.entries();
    let mut spoilt = sealed_message(&mailbox).await;
    spoilt["envelope"] = json!("");
    spoilt["received"] = json!(7);
    let id = message.to_string();
    phone.evil.edits("/mail/changes", move |body| {
        let mut arrived = spoilt.clone();
        arrived["change"] = json!("arrived");
        body["changes"] = json!([arrived]);
        let next = body["next"]["change"].as_u64().expect("a number") + 1;
        (body["next"], body["more"]) = (json!({"change": next, "message": id}), json!(false));
    });
    mailbox.refresh().await.expect("it leads on");
    assert_eq!(mailbox.entries(), known);
}

/// The newest message as the server has it.
async fn sealed_message(mailbox: &Mailbox) -> Value {
    let http = &mailbox.account().surroundings().http;
    let token = mailbox.account().api().token().expect("signed in");
    let request =
        Request::new(Method::Get, "/mail?limit=1").header("authorization", format!("Bearer {}", *token));
    let answer = http.send(request).await.expect("the server is there");
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    body["messages"][0].clone()
}

#[tokio::test]
async fn a12_an_older_order_of_the_mail_is_refused() {
    let server = Server::start();
    let (phone, mailbox) = alice(&server).await;
    let account: Value = mail_object(&mailbox).await;
    mailbox.make_label("Urgent", 1).await.expect("made");
    phone.evil.edits("/account", move |body| {
        for object in body["objects"].as_array_mut().expect("a list") {
            if object["kind"] == "mail" {
                *object = account.clone();
            }
        }
    });
    assert_eq!(phone.sign_in("alice").await.err(), Some(Error::NotAuthentic));
}

/// As the server keeps it.
async fn mail_object(mailbox: &Mailbox) -> Value {
    let http = &mailbox.account().surroundings().http;
    let token = mailbox.account().api().token().expect("signed in");
    let request = Request::new(Method::Get, "/account").header("authorization", format!("Bearer {}", *token));
    let answer = http.send(request).await.expect("the server is there");
    let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let objects = body["objects"].as_array().expect("a list");
    let mail = objects.iter().find(|object| object["kind"] == "mail");
    mail.expect("every account has it").clone()
}
