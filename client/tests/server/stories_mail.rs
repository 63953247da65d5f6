//! Mail comes, is read, marked, moved and deleted, on one device and on another.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::future::{join, join_all};
use postern_client::http::{Request, Response};
use postern_client::mail::{Letter as Whole, Mark, NewMessage, Origin, Place, Summary, Worth};
use postern_client::transfer::{Checkpoint, upload_bundle};
use postern_client::{Error, Mailbox};
use postern_protocol::limits::MAX_MAIL_PAGE;
use postern_protocol::{MessageId, TimeMs};

use crate::gateway::Letter;
use crate::platform;
use crate::post::{Post, mailbox};
use crate::world::Buffer;

async fn body(mailbox: &Mailbox, message: MessageId) -> Result<Vec<u8>, Error> {
    let (content, mut sink) = (mailbox.content(message).await?, Buffer::default());
    mailbox
        .download(&content, &mut Checkpoint::start(), &mut sink, &|_| {})
        .await?;
    Ok(sink.take())
}

fn subjects(mailbox: &Mailbox) -> Vec<String> {
    let entries = mailbox.entries();
    let subject = |summary: &Summary| summary.subject.clone();
    entries
        .iter()
        .map(|entry| entry.summary().map(subject).unwrap_or_default())
        .collect()
}

fn marks(mailbox: &Mailbox) -> Vec<Mark> {
    let entries = mailbox.entries();
    entries.iter().map(|entry| entry.noted.mark.clone()).collect()
}

#[tokio::test]
async fn mail_comes_sealed_and_is_read_byte_for_byte() {
    let post = Post::open().await;
    let message = post.bring("Tea", 1_000).await;
    post.alice.refresh().await.expect("the server is honest");
    let entries = post.alice.entries();
    let opened = entries[0].opened.as_ref().expect("sealed to alice");
    assert_eq!(
        (opened.origin, opened.address.as_deref(), &*opened.summary.subject),
        (Origin::Gateway, Some("alice@localhost"), "Tea")
    );
    let text = Letter::to("alice", "Tea").text;
    assert_eq!(body(&post.alice, message).await, Ok(text));
    assert_eq!(body(&post.alice, MessageId([7; 16])).await, Err(Error::NotFound));
}

#[tokio::test]
async fn the_list_is_loaded_in_pages_and_followed_from_then_on() {
    let post = Post::open().await;
    for at in 0..450 {
        post.bring(&format!("{at:03}"), 1_000 + at).await;
    }
    post.alice.refresh().await.expect("the first page");
    assert_eq!((post.alice.entries().len(), post.alice.is_whole()), (20, false));
    let late = post.bring("late", 9_000).await;
    for more in [true, true, false, false] {
        assert_eq!(post.alice.load_older().await, Ok(more));
    }
    post.alice.refresh().await.expect("what came meanwhile");
    let all: Vec<_> = (0..450).rev().map(|at| format!("{at:03}")).collect();
    assert_eq!(subjects(&post.alice), [vec!["late".to_owned()], all].concat());
    post.alice.delete(&[late]).await.expect("deleted");
    assert_eq!(post.alice.entries().len(), 450);
    assert_eq!(body(&post.alice, late).await, Err(Error::NotFound));
}

#[tokio::test]
async fn what_comes_while_the_list_is_loaded_is_followed_as_well() {
    let post = Post::open().await;
    let (phone, drive) = post.server.sign_in("alice").await;
    // The list that the second mailbox gets is as old as that of the first.
    let listed = Rc::new(RefCell::new(None));
    phone.evil.tells(move |request, response| {
        if request.path.starts_with("/mail?") {
            let first = listed
                .borrow_mut()
                .get_or_insert_with(|| response.clone())
                .clone();
            *response = first;
        }
    });
    mailbox(&drive).refresh().await.expect("an empty list");
    post.bring("late", 1_000).await;
    let slow = mailbox(&drive);
    let (loaded, followed) = join(slow.refresh(), slow.follow()).await;
    assert_eq!((loaded, followed), (Ok(()), Ok(1)));
    assert_eq!(subjects(&slow), ["late"]);
}

#[tokio::test]
async fn what_came_and_was_marked_before_a_device_looked_again_is_not_missed() {
    let post = Post::open().await;
    let slow = post.another_device().await;
    let first = post.bring("first", 1).await;
    for at in 0..MAX_MAIL_PAGE {
        post.bring("later", 1_000 + i64::from(at)).await;
    }
    // Its mark is behind a whole page of changes, and it came before them.
    let starred = post.alice.note(&[first], |mark| mark.is_starred = true).await;
    starred.expect("noted");
    assert_eq!(slow.follow().await, Ok(201), "each is new to this device once");
    assert_eq!(slow.entries().len(), 201);
    let entry = slow.entries().remove(200);
    assert_eq!((entry.message, entry.noted.mark.is_starred), (first, true));
    slow.keep_index(Worth::Anything).await.expect("kept");
    let other = post.another_device().await;
    while other.load_older().await.expect("older ones") {}
    assert_eq!(other.entries(), slow.entries());
}

#[tokio::test]
async fn what_is_marked_on_an_older_page_comes_with_its_page() {
    let post = Post::open().await;
    let old = post.bring("old", 1).await;
    for at in 0..MAX_MAIL_PAGE {
        post.bring("later", 1_000 + i64::from(at)).await;
    }
    let other = post.another_device().await;
    let starred = post.alice.note(&[old], |mark| mark.is_starred = true).await;
    starred.expect("noted");
    other.refresh().await.expect("a mark");
    assert_eq!(other.entries().len(), 20, "the list has no gap");
    while other.load_older().await.expect("older ones") {}
    assert!(other.entries()[200].noted.mark.is_starred);
}

#[tokio::test]
async fn a_request_that_fails_leaves_no_list_as_it_is() {
    let post = Post::open().await;
    for at in 0..=MAX_MAIL_PAGE {
        post.bring("old", at.into()).await;
    }
    let (phone, drive) = post.server.sign_in("alice").await;
    let mailbox = Rc::new(mailbox(&drive));
    mailbox.refresh().await.expect("the newest");
    let fails = |times: usize| {
        let left = Cell::new(times);
        move |request: &Request, response: &mut Response| {
            if request.path.starts_with("/mail") && left.get() > 0 {
                left.set(left.get() - 1);
                response.status = 503;
            }
        }
    };
    phone.evil.tells(fails(usize::MAX));
    let pages = Cell::new(0);
    let here = Rc::downgrade(&mailbox);
    let rest = || Mailbox::load_rest(&here, || pages.set(pages.get() + 1));
    assert_eq!(rest().await, Err(Error::Unavailable), "not for ever");
    phone.evil.tells(fails(5));
    assert_eq!(rest().await, Ok(()));
    assert_eq!((mailbox.entries().len(), mailbox.is_whole()), (201, true));

    phone.evil.tells(fails(usize::MAX));
    post.bring("late", 9_000).await;
    assert_eq!(mailbox.follow().await, Err(Error::Unavailable));
    assert!(mailbox.is_behind());
    phone.evil.tells_the_truth();
    assert_eq!((mailbox.follow().await, mailbox.is_behind()), (Ok(1), false));
    drop(mailbox);
    assert_eq!(rest().await, Ok(()), "nobody has it any more");
}

#[tokio::test]
async fn what_is_noted_on_one_device_shows_on_the_other() {
    let post = Post::open().await;
    for subject in ["one", "two"] {
        post.bring(subject, 1_000).await;
    }
    post.alice.refresh().await.expect("two messages");
    let other = post.another_device().await;
    let all: Vec<_> = post.alice.entries().iter().map(|entry| entry.message).collect();
    post.alice
        .note(&all, |mark| mark.is_read = true)
        .await
        .expect("noted");
    other.refresh().await.expect("what is noted");
    assert!(marks(&other).iter().all(|mark| mark.is_read));
    other.delete(&all[..1]).await.expect("deleted");
    post.alice.refresh().await.expect("what is left");
    assert_eq!(post.alice.entries().len(), 1);
    assert_eq!(post.another_device().await.entries(), post.alice.entries());
}

#[tokio::test]
async fn two_devices_that_note_at_once_undo_nothing_of_each_other() {
    let post = Post::open().await;
    let message = post.bring("Tea", 1_000).await;
    let devices = join_all((0..3).map(|_| post.another_device())).await;
    let changes: [fn(&mut Mark); 3] = [
        |mark| mark.is_read = true,
        |mark| mark.is_starred = true,
        |mark| mark.place = Place::Archive,
    ];
    let (noting, which) = (devices.iter().zip(changes), [message]);
    let noted = join_all(noting.map(|(device, change)| device.note(&which, change))).await;
    assert!(noted.iter().all(Result::is_ok), "{noted:?}");
    let mark = marks(&post.another_device().await).remove(0);
    assert!(
        mark.is_read && mark.is_starred && mark.place == Place::Archive,
        "{mark:?}"
    );
}

#[tokio::test]
async fn spam_lies_in_spam_and_trash_is_emptied_after_its_days() {
    let post = Post::open().await;
    let letter = Letter {
        is_spam: true,
        ..Letter::to("alice", "Win")
    };
    let message = post.gateway.bring(&letter).await;
    post.alice.refresh().await.expect("one message");
    assert_eq!(marks(&post.alice)[0].place, Place::Spam);
    let expires = |mailbox: &Mailbox| -> Option<TimeMs> {
        let entry = mailbox.entries().remove(0);
        entry.noted.expires
    };
    let in_days = |days: i64| platform::now().plus_ms(days * 86_400_000).0;
    let dated = expires(&post.alice)
        .expect("after the thirty days that it is at first")
        .0;
    assert!((in_days(30) - dated).abs() < 60_000, "{dated}");
    assert_eq!(
        marks(&post.alice)[0],
        Mark {
            place: Place::Spam,
            ..Mark::default()
        }
    );
    let phone = post.another_device().await;
    assert_eq!(
        expires(&phone).map(|at| at.0),
        Some(dated),
        "once, by whoever sees it first"
    );

    post.alice.keep_for(7, 0).await.expect("kept");
    let undated = post.gateway.bring(&letter).await;
    post.alice.follow().await.expect("one more");
    assert_eq!(
        post.alice.entry(undated).await.expect("is there").noted.expires,
        None,
        "spam is kept now"
    );
    post.alice.delete(&[undated]).await.expect("is there");
    let to = |place| move |mark: &mut Mark| mark.place = place;
    post.alice
        .note(&[message], to(Place::Trash))
        .await
        .expect("moved");
    let trashed = expires(&post.alice).expect("after seven days").0;
    assert!((in_days(7) - trashed).abs() < 60_000, "{trashed}");
    post.alice
        .note(&[message], |mark| mark.is_read = true)
        .await
        .expect("read");
    assert_eq!(expires(&post.alice).map(|at| at.0), Some(trashed));
    for place in [Place::Spam, Place::Inbox] {
        post.alice.note(&[message], to(place)).await.expect("moved");
        assert_eq!(expires(&post.alice), None);
    }
}

#[tokio::test]
async fn folders_and_labels_are_the_same_on_all_devices() {
    let post = Post::open().await;
    let club = post.alice.make_folder(" Club ", 3).await.expect("made");
    let urgent = post.alice.make_label("Urgent", 1).await.expect("made");
    assert_eq!(post.alice.make_label("urgent", 2).await, Err(Error::EntryExists));
    for name in ["", "  ", "a\nb", &"n".repeat(61)] {
        assert_eq!(post.alice.make_folder(name, 0).await, Err(Error::TagName));
    }
    let other = post.another_device().await;
    let both = [other.make_folder("House", 0), other.make_folder("Garden", 0)];
    assert!(join_all(both).await.iter().all(Result::is_ok));
    let mut changed = urgent.clone();
    changed.name = "Now".to_owned();
    post.alice
        .change_tag(&changed)
        .await
        .expect("changed, on what is there now");
    other
        .remove_tag(&club.id)
        .await
        .expect("removed, on what is there now");
    other.trust("News@Shop.example", true).await.expect("trusted");
    let third = post.another_device().await;
    let order = third.order();
    let names = |tags: &[postern_client::mail::Tag]| -> Vec<String> {
        tags.iter().map(|tag| tag.name.clone()).collect()
    };
    assert_eq!(names(&order.folders), ["House", "Garden"]);
    assert_eq!(names(&order.labels), ["Now"]);
    assert_eq!(order.trusted, ["news@shop.example"]);
}

#[tokio::test]
async fn messages_of_ones_own_are_put_there_and_lie_where_they_shall() {
    let post = Post::open().await;
    let texts = [
        b"Subject: Old\r\n\r\n".to_vec(),
        b"Subject: Older\r\n\r\n".to_vec(),
    ];
    let bodies = upload_bundle(post.alice.account(), texts.to_vec()).await;
    let new = |(at, body): (i64, _)| NewMessage {
        body,
        summary: Summary {
            received_ms: 100 - at,
            subject: format!("{at}"),
            ..Summary::default()
        },
        mark: Mark {
            is_read: true,
            place: Place::Archive,
            ..Mark::default()
        },
    };
    let new: Vec<_> = (0..).zip(bodies.expect("sent")).map(new).collect();
    for _ in 0..2 {
        post.alice.put(&new).await.expect("put, and harmless to repeat");
    }
    let other = post.another_device().await;
    assert_eq!(subjects(&other), ["0", "1"]);
    for (entry, text) in other.entries().iter().zip(texts) {
        let opened = entry.opened.as_ref().expect("alice's own");
        assert_eq!(
            (opened.origin, entry.noted.mark.place),
            (Origin::Owner, Place::Archive)
        );
        assert_eq!(body(&other, entry.message).await, Ok(text));
    }
}

#[tokio::test]
async fn mail_and_what_is_noted_on_it_outlive_another_password_and_new_keys() {
    let post = Post::open().await;
    post.bring("Tea", 1_000).await;
    post.alice.refresh().await.expect("one message");
    post.alice.make_label("Urgent", 1).await.expect("made");
    let message = post.alice.entries()[0].message;
    post.alice
        .note(&[message], |mark| mark.is_starred = true)
        .await
        .expect("noted");
    let account = post.alice.account();
    let prepared = account
        .prepare_keys(crate::world::PASSWORD, &crate::world::chosen("another wall"))
        .await;
    prepared
        .expect("the password is right")
        .complete()
        .await
        .expect("in force");
    post.alice
        .make_label("Later", 2)
        .await
        .expect("with the new keys");
    let phone = post.server.phone();
    let signed_in = postern_client::Account::sign_in(
        phone.around.clone(),
        "alice",
        "another wall",
        postern_client::Stay::SignedIn,
    );
    let other = Mailbox::new(Rc::new(signed_in.await.expect("the new password")));
    other.refresh().await.expect("one message");
    assert!(marks(&other)[0].is_starred);
    assert_eq!(other.order().labels.len(), 2);
}

#[tokio::test]
async fn an_archive_is_brought_in_whole_with_large_messages_too() {
    let post = Post::open().await;
    let text = |subject: &str, size: usize| {
        let head = format!("Subject: {subject}\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\n");
        [head.into_bytes(), vec![b'x'; size]].concat()
    };
    let texts = [text("small", 10), text("tiny", 0), text("large", 9 << 20)];
    let mark = Mark {
        is_read: true,
        ..Mark::default()
    };
    let letters = texts.iter().map(|text| (Whole::new(text.clone()), mark.clone()));
    post.alice.bring(letters.collect()).await.expect("brought");
    let other = post.another_device().await;
    let mut entries = other.entries();
    entries.sort_by_key(|entry| entry.summary().map(|summary| summary.size_bytes));
    assert_eq!(entries.len(), 3);
    for (entry, text) in entries.iter().zip([&texts[1], &texts[0], &texts[2]]) {
        assert!(entry.noted.mark.is_read && entry.received.0 == 1_700_000_000_000);
        let letter = other.letter(entry.message).await.expect("it is there");
        assert!(letter.bytes() == text);
    }
}
