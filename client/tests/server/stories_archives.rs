//! Mail that goes into an archive, and comes out of one.

use std::cell::Cell;
use std::rc::Rc;

use postern_client::http::Method;
use postern_client::mail::import::{Import, Imported};
use postern_client::mail::mbox::Mbox;
use postern_client::mail::{Letter as Whole, Mark, Place};
use postern_client::{Error, Mailbox};
use postern_protocol::TimeMs;

use crate::gateway::Letter;
use crate::post::{Post, mailbox};
use crate::world::Buffer;

/// What would be taken for the beginning of a message in an archive.
fn texts() -> Vec<Vec<u8>> {
    let long = [
        &b"Subject: long\r\n\r\n"[..],
        &b"From here on\r\n>From\r\n".repeat(9_000),
    ]
    .concat();
    vec![
        b"Subject: one\r\n\r\nFrom me\r\n>From you\r\nFromage\r\n".to_vec(),
        long,
        b"Subject: three\r\n\r\nFrom \r\n".to_vec(),
    ]
}

async fn bring_all(post: &Post, texts: &[Vec<u8>]) {
    for (at, text) in (1_000..).zip(texts) {
        let letter = Letter {
            text: text.clone(),
            received: TimeMs(at * 1_000),
            ..Letter::to("alice", "")
        };
        post.gateway.bring(&letter).await;
    }
}

fn taken_apart(archive: &[u8]) -> Vec<Vec<u8>> {
    let (mut mbox, mut messages) = (Mbox::default(), Vec::new());
    mbox.push(archive, |message| messages.push(message))
        .expect("an archive");
    mbox.finish(|message| messages.push(message)).expect("whole");
    messages
}

async fn archive(mailbox: &Mailbox) -> Vec<u8> {
    let mut sink = Buffer::default();
    let mut export = mailbox.export().await.expect("the server is honest");
    let written = export.run(mailbox, &mut sink, &|_| {}).await;
    assert_eq!((written, export.left_out()), (Ok(()), 0));
    sink.take()
}

async fn import(mailbox: &Mailbox, texts: &[Vec<u8>]) -> Imported {
    let mut import = Import::begin(mailbox, Place::Archive).await.expect("loaded");
    for text in texts {
        import.add(Whole::new(text.clone())).await.expect("taken");
    }
    import.finish().await.expect("put there")
}

#[tokio::test]
async fn an_archive_has_all_messages_byte_for_byte() {
    let (post, texts) = (Post::open().await, texts());
    bring_all(&post, &texts).await;
    let archive = archive(&post.alice).await;
    assert!(archive.starts_with(b"From MAILER-DAEMON Thu Jan  1 00:16:40 1970\nSubject: one\r\n"));
    assert_eq!(taken_apart(&archive), texts);
}

#[tokio::test]
async fn what_was_imported_is_there_once() {
    let (post, mut texts) = (Post::open().await, texts());
    // Shown, it is another subject.
    texts.push("Subject: \u{202e}turned\r\n\r\n".into());
    let first = import(&post.alice, &texts).await;
    assert_eq!((first.imported, first.skipped), (4, 0));
    let phone = post.another_device().await;
    assert_eq!(taken_apart(&archive(&phone).await).len(), 4);
    // Who was interrupted begins again.
    let again = import(&phone, &texts).await;
    assert_eq!((again.imported, again.skipped), (0, 4));
}

#[tokio::test]
async fn a_message_with_a_long_head_comes_like_any_other() {
    let post = Post::open().await;
    let people: Vec<_> = (0..64)
        .map(|at| format!("{} <{at}@sea.example>", "n".repeat(250)))
        .collect();
    let long = format!(
        "Subject: long\r\nTo: {0}\r\nCc: {0}\r\n\r\nx\r\n",
        people.join(", ")
    );
    let texts = [long.into_bytes(), b"Subject: short\r\n\r\n".to_vec()];
    let done = import(&post.alice, &texts).await;
    assert_eq!((done.imported, done.refused), (2, Vec::new()));
    let phone = post.another_device().await;
    let entries = phone.entries();
    let long = entries.iter().find(|entry| entry_subject(entry) == "long");
    let summary = long.and_then(|entry| entry.summary()).expect("it opens");
    assert!((1..64).contains(&summary.to.len()), "{}", summary.to.len());
    let again = import(&phone, &texts).await;
    assert_eq!((again.imported, again.skipped), (0, 2));
}

#[tokio::test]
async fn a_message_that_is_refused_keeps_none_of_the_others_out() {
    let post = Post::open().await;
    let (phone, drive) = post.server.sign_in("alice").await;
    let mailbox = mailbox(&drive);
    let puts = Cell::new(0);
    phone.evil.tells(move |request, response| {
        if request.path == "/mail" && request.method == Method::Post {
            puts.set(puts.get() + 1);
            // All together, and then the second by itself.
            if [1, 3].contains(&puts.get()) {
                response.status = 413;
                response.body = bytes::Bytes::new();
            }
        }
    });
    let texts = [1, 2, 3].map(|at| format!("Subject: {at}\r\n\r\n").into_bytes());
    let done = import(&mailbox, &texts).await;
    assert_eq!((done.imported, done.refused), (2, vec!["2".to_owned()]));
}

#[tokio::test]
async fn a_maildir_says_where_a_message_lay_and_what_was_noted_on_it() {
    let post = Post::open().await;
    let club = post.alice.make_folder("Club", 0).await.expect("a folder");
    let mut import = Import::begin(&post.alice, Place::Archive).await.expect("loaded");
    for (folder, name) in [
        ("", "1.a:2,FS"),
        (".Sent", "2.a:2,S"),
        (".Club", "3.a:2,"),
        (".Else", "4.a"),
        (&format!(".{}", "n".repeat(61)), "5.a"),
    ] {
        let letter = Whole::new(format!("Subject: {name}\r\n\r\n").into_bytes());
        import
            .add_from_maildir(letter, folder, name)
            .await
            .expect("taken");
    }
    let done = import.finish().await.expect("put there");
    assert_eq!(done.lost, ["n".repeat(61)]);
    post.alice.refresh().await.expect("the server is honest");
    let entries = post.alice.entries();
    let noted = |subject: &str| -> Mark {
        let is_it = |entry: &&Rc<_>| entry_subject(entry) == subject;
        entries
            .iter()
            .find(is_it)
            .expect("it is there")
            .noted
            .mark
            .clone()
    };
    let starred = noted("1.a:2,FS");
    assert!(starred.is_starred && starred.is_read && starred.place == Place::Archive);
    assert_eq!(noted("2.a:2,S").place, Place::Sent);
    assert_eq!(
        (noted("3.a:2,").place, noted("3.a:2,").is_read),
        (Place::Folder(club.id), false)
    );
    // It was not there, and is now.
    let made = post
        .alice
        .order()
        .folders
        .into_iter()
        .find(|tag| tag.name == "Else");
    assert_eq!(noted("4.a").place, Place::Folder(made.expect("made").id));
    assert_eq!(noted("5.a").place, Place::Archive);
}

#[tokio::test]
async fn labels_of_another_service_are_made_and_those_that_are_there_are_used() {
    let post = Post::open().await;
    let club = post.alice.make_label("Club", 3).await.expect("a label");
    let text = |labels: &str| format!("Subject: {labels}\r\nX-Gmail-Labels: {labels}\r\n\r\n").into_bytes();
    let many: Vec<_> = (0..40).map(|at| format!("l{at}")).collect();
    let texts = [
        text("Inbox,club,Tea"),
        text("Tea,Important"),
        text(&many.join(",")),
    ];
    let done = import(&post.alice, &texts).await;
    assert_eq!((done.imported, done.lost.len()), (3, 8));
    let other = post.another_device().await;
    let tea = other.order().labels.into_iter().find(|tag| tag.name == "Tea");
    let tea = tea.expect("made").id;
    let labels = |subject: &str| {
        let entries = other.entries();
        let entry = entries.iter().find(|entry| entry_subject(entry) == subject);
        entry.expect("it is there").noted.mark.labels.clone()
    };
    let mut both = vec![club.id, tea];
    both.sort_unstable();
    assert_eq!(labels("Inbox,club,Tea"), both);
    assert_eq!(labels("Tea,Important"), [tea]);
    assert_eq!(labels(&many.join(",")).len(), 32);
}

#[tokio::test]
async fn what_was_delivered_and_comes_back_in_an_archive_is_there_once() {
    let post = Post::open().await;
    // The gateway says less of them than they say of themselves.
    let texts = [1, 2].map(|at| {
        let date = "Tue, 14 Nov 2023 22:13:20 +0000";
        format!("Message-ID: <{at}@x>\r\nDate: {date}\r\nSubject: Tea\r\n\r\nFrom me\r\n").into_bytes()
    });
    bring_all(&post, &texts).await;
    let archive = archive(&post.alice).await;
    let done = import(&post.alice, &taken_apart(&archive)).await;
    assert_eq!((done.imported, done.skipped), (0, 2));
}

fn entry_subject(entry: &postern_client::mail::Entry) -> &str {
    entry.summary().map_or("", |summary| &summary.subject)
}

#[tokio::test]
async fn a_line_that_breaks_leaves_no_gap_in_an_archive() {
    let (post, texts) = (Post::open().await, texts());
    bring_all(&post, &texts).await;
    let (phone, drive) = post.server.sign_in("alice").await;
    let mailbox = mailbox(&drive);
    let mut export = mailbox.export().await.expect("the server is honest");
    // Each body is refused the first time that it is asked for.
    let asked = Cell::new(0);
    phone.evil.tells(move |request, response| {
        if request.path.starts_with("/mail/") {
            asked.set(asked.get() + 1);
            if asked.get() % 2 == 1 {
                response.status = 503;
            }
        }
    });
    let (mut sink, mut failures) = (Buffer::default(), 0);
    while let Err(error) = export.run(&mailbox, &mut sink, &|_| {}).await {
        assert_eq!(error, Error::Unavailable);
        failures += 1;
        assert!(failures < 20);
    }
    assert_eq!(taken_apart(&sink.take()), texts);
}

#[tokio::test]
async fn b1_what_is_not_authentic_is_left_out_of_an_archive_and_counted() {
    let (post, texts) = (Post::open().await, texts());
    bring_all(&post, &texts).await;
    let (phone, drive) = post.server.sign_in("alice").await;
    let mailbox = mailbox(&drive);
    let mut export = mailbox.export().await.expect("the server is honest");
    let spoilt = mailbox.entries()[2].message.to_string();
    phone.evil.tells(move |request, response| {
        if request.path.ends_with(&spoilt) {
            let mut body = response.body.to_vec();
            *body.last_mut().expect("a sealed chunk") ^= 1;
            response.body = body.into();
        }
    });
    let mut sink = Buffer::default();
    assert_eq!(export.run(&mailbox, &mut sink, &|_| {}).await, Ok(()));
    assert_eq!(export.left_out(), 1);
    assert_eq!(taken_apart(&sink.take()), texts[1..]);
}

#[tokio::test]
async fn a_message_within_a_message_is_read_like_any_other() {
    let inner = "From: carol@sea.example\r\nSubject: inner\r\n\r\nunder water\r\n";
    let outer = format!(
        "Subject: outer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\n\r\nsee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    );
    let outer = Whole::new(outer.into_bytes());
    let within = outer.within("2").expect("a message");
    assert_eq!(within.message().head().subject().as_deref(), Some("inner"));
    assert_eq!(outer.within("1").expect_err("a text"), Error::NotFound);
    assert_eq!(within.within("2").expect_err("there is none"), Error::NotFound);
}
