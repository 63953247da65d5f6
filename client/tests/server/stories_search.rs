//! Devices keep an index of the mailbox: a new one need not open every message again, and messages are found by their words.

use std::cell::RefCell;
use std::rc::Rc;

use postern_client::http::{Method, Response};
use postern_client::mail::{Entry, Letter as Whole, Mark, Origin, Place, Reach, Worth};
use postern_client::{Error, Mailbox};
use postern_protocol::limits::MAX_MAIL_PAGE;
use postern_protocol::{Bytes, TimeMs};
use serde_json::{Value, json};

use crate::evil::edit_json;
use crate::gateway::Letter;
use crate::post::{Post, mailbox};
use crate::world::Phone;

/// Brings letters whose texts are others than their subjects.
async fn bring_all(post: &Post, letters: &[(&str, &str)]) {
    for (at, (subject, text)) in (1_000..).zip(letters) {
        let letter = Letter {
            received: TimeMs(at),
            text: format!("Subject: {subject}\r\n\r\n{text}\r\n").into_bytes(),
            ..Letter::to("alice", subject)
        };
        post.gateway.bring(&letter).await;
    }
}

const LETTERS: &[(&str, &str)] = &[
    ("Tea", "Shall we meet at the harbour?"),
    ("Re: Tea", "At the market rather, says Jürgen."),
    ("Invoice", "You owe us nothing."),
];

/// So many older ones that the first page does not have all.
async fn bring_old_ones(post: &Post) {
    for at in 0..MAX_MAIL_PAGE {
        post.bring("old", at.into()).await;
    }
}

async fn whole(mailbox: &Mailbox) {
    mailbox.refresh().await.expect("the newest");
    while mailbox.load_older().await.expect("older ones") {}
}

async fn found(mailbox: &Mailbox, typed: &str) -> Vec<String> {
    let entries = mailbox.search(typed, 0).await.expect("a query");
    let subject = |entry: &Rc<Entry>| entry.summary().expect("it opens").subject.clone();
    entries.iter().map(subject).collect()
}

/// The mailbox on a new device, all of it loaded.
async fn another(post: &Post) -> (Phone, Mailbox) {
    let (phone, drive) = post.server.sign_in("alice").await;
    let mailbox = mailbox(&drive);
    phone.evil.asked();
    whole(&mailbox).await;
    (phone, mailbox)
}

#[tokio::test]
async fn messages_are_found_by_the_words_of_their_texts() {
    let post = Post::open().await;
    bring_all(&post, LETTERS).await;
    whole(&post.alice).await;
    assert_eq!(
        found(&post.alice, "tea").await,
        ["Re: Tea", "Tea"],
        "by what a list shows"
    );
    let reach = post.alice.keep_index(Worth::Anything).await;
    assert_eq!(reach, Ok(Some(Reach { read: 3, all: 3 })));
    assert_eq!(found(&post.alice, "jurg").await, ["Re: Tea"]);
    assert_eq!(found(&post.alice, "tea -market").await, ["Tea"]);
    assert_eq!(found(&post.alice, "subject:harbour").await, [""; 0]);
    assert_eq!(found(&post.alice, "is:unread smaller:1k").await.len(), 3);
    let of_nowhere = post.alice.search("in:nowhere", 0).await;
    assert!(matches!(of_nowhere, Err(Error::Query(_))));
}

#[tokio::test]
async fn who_has_no_room_left_finds_messages_all_the_same() {
    let post = Post::open().await;
    bring_all(&post, LETTERS).await;
    let (phone, other) = another(&post).await;
    phone.evil.tells(|request, response| {
        if request.method != Method::Get && !request.path.starts_with("/mail") {
            response.status = 413;
            response.body = refused("quota-exceeded");
        }
    });
    for _ in 0..2 {
        let reach = other.keep_index(Worth::Anything).await;
        assert_eq!(reach, Ok(Some(Reach { read: 3, all: 3 })));
    }
    assert_eq!(found(&other, "harbour").await, ["Tea"]);
    assert_eq!(other.asks_for_words("is:unread larger:1k", 0), Ok(false));
    assert_eq!(other.asks_for_words("is:unread tea", 0), Ok(true));
}

#[tokio::test]
async fn a_new_device_fetches_no_message_again_and_finds_it() {
    let post = Post::open().await;
    let texts: Vec<_> = (0..450)
        .map(|n| (format!("letter {n}"), format!("word{n}")))
        .collect();
    let letters: Vec<_> = texts
        .iter()
        .map(|(subject, text)| (&**subject, &**text))
        .collect();
    bring_all(&post, &letters).await;
    whole(&post.alice).await;
    while post
        .alice
        .keep_index(Worth::Enough)
        .await
        .expect("kept")
        .expect("whole")
        .read
        < 450
    {}
    bring_all(&post, &[("late", "evening")]).await;
    let (phone, other) = another(&post).await;
    assert_eq!(other.entries().len(), 451);
    assert_eq!(other.entries(), post.another_whole().await.entries());
    assert_eq!(found(&other, "\"word17\"").await, ["letter 17"]);
    assert_eq!(found(&other, "late").await, ["late"]);
    let asked = phone.evil.asked_paths();
    let pages = asked.iter().filter(|path| path.starts_with("/mail?")).count();
    assert_eq!(pages, 1, "the newest, and the index has the rest: {asked:?}");
    let bodies = asked
        .iter()
        .filter(|path| path.split('/').count() == 3 && path.len() == 28);
    assert_eq!(bodies.count(), 0, "{asked:?}");
}

#[tokio::test]
async fn what_happens_after_the_index_was_written_shows_on_a_device_that_reads_it() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    bring_all(&post, LETTERS).await;
    whole(&post.alice).await;
    for round in 0..3 {
        post.alice.keep_index(Worth::Anything).await.expect("kept");
        let entries = post.alice.entries();
        let newest = entries[0].message;
        match round {
            0 => post
                .alice
                .note(&[newest], |mark| mark.place = Place::Archive)
                .await
                .map(drop),
            1 => post.alice.delete(&[newest]).await,
            _ => Ok(()),
        }
        .expect("done");
        let (_, other) = another(&post).await;
        assert_eq!(other.entries(), post.another_whole().await.entries(), "{round}");
    }
    let (_, other) = another(&post).await;
    assert_eq!(found(&other, "nothing").await, [""; 0], "it was deleted");
    assert_eq!(found(&other, "market").await, ["Re: Tea"]);
}

#[tokio::test]
async fn two_devices_that_write_at_once_do_not_lose_what_the_other_wrote() {
    let post = Post::open().await;
    bring_all(&post, LETTERS).await;
    let ((_, one), (_, other)) = (another(&post).await, another(&post).await);
    let kept = futures::join!(one.keep_index(Worth::Anything), other.keep_index(Worth::Anything));
    assert!(kept.0.is_ok() && kept.1.is_ok());
    for device in [&one, &other] {
        device.keep_index(Worth::Anything).await.expect("kept");
        assert_eq!(found(device, "harbour").await, ["Tea"]);
        assert_eq!(device.entries().len(), 3);
    }
    let (_, third) = another(&post).await;
    assert_eq!(
        third.keep_index(Worth::Anything).await,
        Ok(Some(Reach { read: 3, all: 3 }))
    );
}

#[tokio::test]
async fn a_device_that_searches_after_another_put_pieces_together_finds_all_the_same() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    bring_all(&post, LETTERS).await;
    whole(&post.alice).await;
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    // It knows of the pieces, and has none of their words when they go.
    let (phone, other) = another(&post).await;
    let new = usize::try_from(MAX_MAIL_PAGE).expect("few") * 3 / 4;
    bring_all(&post, &vec![("Cake", "With plums."); new]).await;
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    other.refresh().await.expect("what came");
    let both = futures::join!(other.search("harbour", 0), other.search("harbour", 0));
    assert_eq!(
        (both.0.expect("found").len(), both.1.expect("found").len()),
        (1, 1)
    );
    let asked = phone.evil.asked_paths();
    let manifests = asked.iter().filter(|path| *path == "/mail/index").count();
    assert!(manifests > 1, "a piece was gone: {asked:?}");
    assert_eq!(found(&other, "plum").await.len(), new);
    assert_eq!(found(&other, "-in:inbox").await, [""; 0]);
    let reach = other
        .keep_index(Worth::Anything)
        .await
        .expect("kept")
        .expect("whole");
    assert_eq!(reach.read, reach.all);
}

/// Words of letters that the server spoils are read from the letters again, and written anew.
async fn words_are_read_again_if(spoils: fn(&mut Response)) {
    let post = Post::open().await;
    bring_all(&post, LETTERS).await;
    whole(&post.alice).await;
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    let (phone, other) = another(&post).await;
    let listing = Rc::new(RefCell::new(None));
    phone.evil.tells(move |request, response| {
        // What is known of messages is asked for first, and is right.
        if request.path.starts_with("/mail/index/")
            && listing.borrow_mut().get_or_insert_with(|| request.path.clone()) != &request.path
        {
            spoils(response);
        }
    });
    let reach = other.keep_index(Worth::Anything).await;
    assert_eq!(reach, Ok(Some(Reach { read: 3, all: 3 })));
    assert_eq!(found(&other, "harbour").await, ["Tea"]);
    let (_, third) = another(&post).await;
    assert_eq!(found(&third, "harbour").await, ["Tea"], "it was written anew");
}

#[tokio::test]
async fn b3_words_that_were_changed_are_read_again() {
    words_are_read_again_if(|response| response.body = spoiled(&response.body).into()).await;
}

#[tokio::test]
async fn b3_words_that_are_withheld_are_read_again() {
    words_are_read_again_if(|response| {
        response.status = 404;
        response.body = refused("not-found");
    })
    .await;
}

#[tokio::test]
async fn c3_an_older_index_shows_what_the_mailbox_has() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    bring_all(&post, LETTERS).await;
    whole(&post.alice).await;
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    let (phone, drive) = post.server.sign_in("alice").await;
    let older = Rc::new(RefCell::new(None));
    let seen = Rc::clone(&older);
    phone.evil.tells(move |request, response| {
        if request.path == "/mail/index" {
            seen.replace(Some(response.clone()));
        }
    });
    whole(&mailbox(&drive)).await;
    let newest = post.alice.entries()[0].message;
    let noted = post.alice.note(&[newest], |mark| mark.is_starred = true).await;
    noted.expect("noted");
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    let older = older.take().expect("it was asked for");
    phone.evil.tells(move |request, response| {
        if request.path == "/mail/index" {
            *response = older.clone();
        }
    });
    let late = mailbox(&drive);
    whole(&late).await;
    assert_eq!(late.entries(), post.another_whole().await.entries());
}

#[tokio::test]
async fn b3_an_index_that_was_changed_makes_a_device_read_the_mailbox_instead() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    bring_all(&post, LETTERS).await;
    whole(&post.alice).await;
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    for spoils_manifest in [true, false] {
        let (phone, drive) = post.server.sign_in("alice").await;
        phone.evil.tells(move |request, response| {
            if request.path == "/mail/index" && spoils_manifest {
                edit_json(response, |body| {
                    let manifest: Bytes = serde_json::from_value(body["manifest"].clone()).expect("bytes");
                    body["manifest"] = json!(Bytes::from(spoiled(&manifest.0)));
                });
            } else if request.path.starts_with("/mail/index/") && !spoils_manifest {
                response.body = spoiled(&response.body).into();
            }
        });
        let other = mailbox(&drive);
        whole(&other).await;
        assert_eq!(other.entries(), post.another_whole().await.entries());
        phone.evil.tells_the_truth();
        let reach = other.keep_index(Worth::Anything).await;
        assert_eq!(
            reach,
            Ok(Some(Reach { read: 203, all: 203 })),
            "it is written anew"
        );
        assert_eq!(found(&other, "harbour").await, ["Tea"]);
    }
}

#[tokio::test]
async fn b3_an_index_of_which_a_piece_is_withheld_is_as_good_as_none() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    bring_all(&post, LETTERS).await;
    whole(&post.alice).await;
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    for (status, code) in [(404, "not-found"), (413, "too-large")] {
        let (phone, drive) = post.server.sign_in("alice").await;
        phone.evil.tells(move |request, response| {
            if request.path.starts_with("/mail/index/") {
                response.status = status;
                response.body = refused(code);
            }
        });
        let other = mailbox(&drive);
        whole(&other).await;
        assert_eq!(other.entries(), post.another_whole().await.entries());
        let reach = other.keep_index(Worth::Anything).await;
        assert_eq!(reach, Ok(Some(Reach { read: 203, all: 203 })), "{code}");
        let (_, third) = another(&post).await;
        assert_eq!(found(&third, "harbour").await, ["Tea"], "it was written anew");
    }
}

#[tokio::test]
async fn c3_what_a_list_withholds_is_not_written_down_as_deleted() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    bring_all(&post, LETTERS).await;
    whole(&post.alice).await;
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    let hidden = post.alice.entries()[0].message.to_string();
    // One that goes as it should is not shown again, and goes from the index.
    let gone = post.alice.entries()[1].message;
    post.alice.delete(&[gone]).await.expect("deleted");
    let (phone, drive) = post.server.sign_in("alice").await;
    phone.evil.tells(move |request, response| {
        if request.path == "/mail/index" && request.method == Method::Get {
            edit_json(response, |body| *body = json!({"version": 0}));
        } else if request.path.starts_with("/mail?") {
            edit_json(response, |body| {
                let messages = body["messages"].as_array_mut().expect("a list");
                messages.retain(|message| message["message"] != json!(hidden));
            });
        }
    });
    let deceived = mailbox(&drive);
    whole(&deceived).await;
    assert_eq!(deceived.entries().len(), 201);
    phone.evil.tells_the_truth();
    for _ in 0..2 {
        let _ = deceived.keep_index(Worth::Anything).await;
    }
    let (_, third) = another(&post).await;
    assert_eq!(third.entries(), post.another_whole().await.entries());
    assert_eq!(third.entries().len(), 202);
    assert_eq!(deceived.entries(), third.entries());
}

#[tokio::test]
async fn b3_what_did_not_open_once_is_read_again_and_not_kept_so() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    bring_all(&post, LETTERS).await;
    // The first device of the account knows no gateway, and one envelope is another's.
    let (phone, drive) = post.server.sign_in("alice").await;
    phone.evil.tells(|request, response| {
        if request.path == "/mail/home" {
            edit_json(response, |home| home["gateway"] = json!(null));
        } else if request.path.starts_with("/mail?") {
            edit_json(response, |page| {
                let other = page["messages"][1]["envelope"].clone();
                page["messages"][0]["envelope"] = other;
            });
        }
    });
    let deceived = mailbox(&drive);
    whole(&deceived).await;
    let opened = |entry: &Rc<Entry>| entry.opened.as_ref().map(|opened| opened.origin);
    assert_eq!(opened(&deceived.entries()[0]), None);
    assert_eq!(opened(&deceived.entries()[1]), Some(Origin::Unknown));
    deceived.keep_index(Worth::Anything).await.expect("kept");
    for _ in 0..2 {
        let (_, other) = another(&post).await;
        let entries = other.entries();
        assert_eq!(entries.len(), 203);
        let brought = |entry: &Rc<Entry>| opened(entry) == Some(Origin::Gateway);
        assert!(entries.iter().all(brought));
        other.keep_index(Worth::Anything).await.expect("kept");
    }
    // It is in the index by now, so nobody reads it by name any more.
    let (phone, _) = another(&post).await;
    let asked = phone.evil.asked_paths();
    assert!(!asked.contains(&"/mail/read".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn b3_a_body_that_was_changed_once_is_read_again_by_the_next_device() {
    let post = Post::open().await;
    bring_all(&post, LETTERS).await;
    let (phone, deceived) = another(&post).await;
    let spoilt = deceived.entries()[2].message.to_string();
    phone.evil.tells(move |request, response| {
        if request.path.ends_with(&spoilt) {
            response.body = spoiled(&response.body).into();
        }
    });
    // It holds up none of the others, and nobody for ever.
    let reach = deceived.keep_index(Worth::Anything).await;
    assert_eq!(reach, Ok(Some(Reach { read: 3, all: 3 })));
    assert_eq!(found(&deceived, "market").await, ["Re: Tea"]);
    assert_eq!(found(&deceived, "subject:tea").await, ["Re: Tea", "Tea"]);
    let (_, third) = another(&post).await;
    third.keep_index(Worth::Anything).await.expect("kept");
    assert_eq!(found(&third, "harbour").await, ["Tea"]);
}

#[tokio::test]
async fn what_goes_while_a_device_loads_the_index_goes_there_too() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    bring_all(&post, LETTERS).await;
    let slow = post.another_device().await;
    whole(&post.alice).await;
    let gone = post.alice.entries()[0].message;
    post.alice.delete(&[gone]).await.expect("deleted");
    bring_all(&post, &[("late", "evening"), ("later", "night")]).await;
    post.alice.keep_index(Worth::Anything).await.expect("kept");
    while slow.load_older().await.expect("older ones") {}
    assert_eq!(slow.entries(), post.another_whole().await.entries());
}

#[tokio::test]
async fn c3_an_index_of_a_device_that_followed_half_a_change_leads_to_the_other_half() {
    let post = Post::open().await;
    bring_old_ones(&post).await;
    let (phone, drive) = post.server.sign_in("alice").await;
    let deceived = mailbox(&drive);
    whole(&deceived).await;
    // Two in one change, of which this device is told the first: there is no more, says the server.
    let text = |subject| format!("Subject: {subject}\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\n\r\n");
    let texts = ["one", "two"].map(|subject| text(subject).into_bytes());
    let letters = texts.map(|text| (Whole::new(text), Mark::default()));
    post.alice.bring(letters.into()).await.expect("brought");
    let half = Rc::new(RefCell::new(None));
    phone.evil.tells(move |request, response| {
        if request.path.starts_with("/mail/changes") {
            let told = half.borrow().is_some();
            let body: Value = serde_json::from_slice(&response.body).expect("JSON");
            let mut half = half.borrow_mut();
            let first = half.get_or_insert(body);
            let at = first["changes"][0]["message"].clone();
            edit_json(response, |body| {
                let change = first["next"]["change"].clone();
                body["next"] = json!({"change": change, "message": at});
                let changes = if told {
                    json!([])
                } else {
                    json!([first["changes"][0]])
                };
                (body["changes"], body["more"]) = (changes, json!(false));
            });
        }
    });
    deceived.keep_index(Worth::Anything).await.expect("kept");
    assert_eq!(deceived.entries().len(), 201);
    let (_, other) = another(&post).await;
    assert_eq!(other.entries().len(), 202);
    assert_eq!(other.entries(), post.another_whole().await.entries());
}

fn refused(code: &str) -> bytes::Bytes {
    let body = json!({"error": {"code": code, "message": ""}});
    body.to_string().into_bytes().into()
}

fn spoiled(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    bytes
}
