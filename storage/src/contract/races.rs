//! What holds when many do the same at the same moment.

use std::future::Future;

use postern_domain::store::{
    Added, BatchOutcome, Begun, BlobKey, Created, IndexPut, Kept, Leased, NewContent, NewUpload, Noted,
    ObjectPut, PartRow, PasswordSet, UploadHandle,
};
use postern_protocol::account::{ObjectKind, PutObject};
use postern_protocol::link::Rewrap;
use postern_protocol::mail::{Mark, PutMailIndex, PutMark, PutMessage};
use postern_protocol::volume::Record;
use postern_protocol::{LinkId, MessageId, TimeMs, parts};
use tokio::task::JoinSet;

use super::accounts::new_password;
use super::mail_index::index;
use super::world::{NOW, Owner, digest, id, new_account, new_lease, new_mail, sealed, session};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    of_a_hundred_leases_with_one_download_left_one_is_taken
    of_many_batches_at_the_same_counter_one_is_applied
    of_many_who_want_a_name_one_gets_it
    of_many_changes_of_an_object_one_is_made
    of_many_indexes_of_one_content_one_is_kept
    a_content_is_either_swept_or_named_by_an_index
    a_content_of_a_message_and_an_index_is_counted_for_both_or_is_the_messages
    a_message_is_either_swept_or_taken_out_of_the_trash
    of_two_new_passwords_by_one_session_one_is_set
    parts_noted_at_the_same_moment_are_all_counted
    of_many_beginnings_of_an_upload_one_handle_is_kept
    a_blob_is_either_condemned_or_gets_its_row
    entries_of_the_feed_have_no_gap
    a_download_delivered_twice_at_the_same_moment_is_counted_once
    a_secret_proposed_by_many_is_the_same_for_all
    changes_of_all_kinds_at_the_same_moment_all_come_to_their_end
}

/// What becomes of `count` of them, all at the same moment.
async fn at_once<T, F>(count: usize, one: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut all = JoinSet::new();
    for number in 0..count {
        all.spawn(one(number));
    }
    all.join_all().await
}

fn count<T: PartialEq>(outcomes: &[T], outcome: &T) -> usize {
    outcomes.iter().filter(|other| *other == outcome).count()
}

async fn of_a_hundred_leases_with_one_download_left_one_is_taken(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, Some(1)).await;
    let outcomes = at_once(100, |_| {
        let (records, lease) = (records.clone(), new_lease(link));
        async move { records.take_lease(&lease).await.expect("works") }
    })
    .await;
    assert_eq!(
        (count(&outcomes, &Leased::Done), count(&outcomes, &Leased::UsedUp)),
        (1, 99)
    );
}

async fn of_many_batches_at_the_same_counter_one_is_applied(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let outcomes = at_once(20, |_| {
        let owner = owner.clone();
        async move {
            owner
                .apply(&owner.batch(0, vec![owner.folder(owner.root)], Vec::new()))
                .await
        }
    })
    .await;
    assert_eq!(count(&outcomes, &BatchOutcome::Applied), 1);
    assert_eq!(count(&outcomes, &BatchOutcome::Conflict { counter: 1 }), 19);
    assert_eq!((owner.nodes().await.len(), owner.feed().await.len()), (1, 1));
}

async fn of_many_who_want_a_name_one_gets_it(records: AnyRecords) {
    let name = new_account().name;
    let outcomes = at_once(20, |_| {
        let (records, mut account) = (records.clone(), new_account());
        account.name = name.clone();
        async move { records.create_account(&account).await.expect("works") }
    })
    .await;
    assert_eq!(
        (
            count(&outcomes, &Created::Done),
            count(&outcomes, &Created::NameTaken)
        ),
        (1, 19)
    );
}

async fn of_many_changes_of_an_object_one_is_made(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let outcomes = at_once(20, |_| {
        let owner = owner.clone();
        let put = PutObject {
            kind: ObjectKind::State,
            version: 2,
            sealed: sealed("state"),
        };
        async move { owner.records.put_object(owner.id(), &put).await.expect("works") }
    })
    .await;
    assert_eq!(count(&outcomes, &ObjectPut::Done), 1);
    assert_eq!(count(&outcomes, &ObjectPut::Conflict { version: 2 }), 19);
}

async fn of_many_indexes_of_one_content_one_is_kept(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let content = owner.content(1).await;
    let outcomes = at_once(20, |number| {
        let owner = owner.clone();
        let put = PutMailIndex {
            manifest: sealed(&number.to_string()),
            ..index(1, &[content])
        };
        async move { put_index(&owner, &put).await }
    })
    .await;
    assert_eq!(count(&outcomes, &IndexPut::Done), 1);
    assert_eq!(count(&outcomes, &IndexPut::Conflict { version: 1 }), 19);
    let row = records.content(owner.key(content)).await.expect("works");
    assert_eq!(row.map(|row| row.records), Some(1));
}

async fn put_index(owner: &Owner, put: &PutMailIndex) -> IndexPut {
    let outcome = owner.records.put_mail_index(owner.id(), put, NOW).await;
    outcome.expect("works")
}

async fn a_content_is_either_swept_or_named_by_an_index(records: AnyRecords) {
    for _ in 0..10 {
        let owner = Owner::sign_up(&records).await;
        let content = owner.content(1).await;
        let sweep = {
            let (records, later) = (records.clone(), NOW.plus_ms(1));
            tokio::spawn(async move { records.drop_unattached_contents(later, later, 1_000).await })
        };
        let outcome = put_index(&owner, &index(1, &[content])).await;
        sweep.await.expect("it does not panic").expect("works");
        let is_there = records
            .content(owner.key(content))
            .await
            .expect("works")
            .is_some();
        let expected = if is_there {
            IndexPut::Done
        } else {
            IndexPut::NoContent
        };
        assert_eq!(
            (outcome, owner.used_bytes().await),
            (expected, u64::from(is_there))
        );
    }
}

async fn a_content_of_a_message_and_an_index_is_counted_for_both_or_is_the_messages(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    for _ in 0..10 {
        let content = owner.content(1).await;
        let message = PutMessage {
            message: MessageId(content.0),
            received: NOW,
            envelope: sealed("envelope"),
            summary: sealed("summary"),
            mark: sealed("mark"),
        };
        let kept = {
            let owner = owner.clone();
            tokio::spawn(async move { owner.records.put_messages(owner.id(), &[message]).await })
        };
        let version = records.mail_index(owner.id()).await.expect("works").version + 1;
        let outcome = put_index(&owner, &index(version, &[content])).await;
        let kept = kept.await.expect("it does not panic").expect("works");
        let is_named = outcome == IndexPut::Done;
        assert!(is_named || outcome == IndexPut::NoContent, "{outcome:?}");
        assert_eq!(kept, [Kept::Done]);
        let row = records.content(owner.key(content)).await.expect("works");
        assert_eq!(row.map(|row| row.records), Some(1 + u64::from(is_named)));
    }
}

async fn a_message_is_either_swept_or_taken_out_of_the_trash(records: AnyRecords) {
    for _ in 0..10 {
        let owner = Owner::sign_up(&records).await;
        let mails: Vec<_> = (0..20).map(|_| new_mail(NOW, &[&owner])).collect();
        records.deliver(&mails).await.expect("works");
        let note = async |message, version, expires| {
            let mark = Mark {
                version,
                sealed: sealed("mark"),
                expires,
            };
            let noted = records
                .mark_messages(owner.id(), &[PutMark { message, mark }])
                .await;
            noted.expect("works").is_empty()
        };
        for mail in &mails {
            assert!(note(mail.message, 1, Some(TimeMs(10))).await);
        }
        let sweep = {
            let records = records.clone();
            tokio::spawn(async move { records.delete_expired_messages(TimeMs(10), 1_000).await })
        };
        let mut saved = Vec::new();
        for mail in mails.iter().rev() {
            if note(mail.message, 2, None).await {
                saved.push(mail.message);
            }
        }
        sweep.await.expect("it does not panic").expect("works");
        let mut there: Vec<_> = owner.mailbox(100).await.iter().map(|row| row.message).collect();
        saved.sort_unstable();
        there.sort_unstable();
        assert_eq!(there, saved);
        assert_eq!(owner.used_bytes().await, 100 * saved.len() as u64);
    }
}

async fn of_two_new_passwords_by_one_session_one_is_set(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let outcomes = at_once(2, |_| {
        let (records, change) = (records.clone(), new_password(&owner));
        async move { records.change_password(&change).await.expect("works") }
    })
    .await;
    assert_eq!(count(&outcomes, &PasswordSet::Done), 1);
    assert_eq!(count(&outcomes, &PasswordSet::SessionEnded), 1);
}

async fn parts_noted_at_the_same_moment_are_all_counted(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let key = owner.begin_upload(NOW).await;
    let size_bytes = |part| parts::full_range(part).end - parts::full_range(part).start;
    let outcomes = at_once(20, |number| {
        let records = records.clone();
        // Each twice.
        let part = u32::try_from(number / 2).expect("few parts");
        let part = PartRow {
            part,
            size_bytes: size_bytes(part),
            checksum: [7; 32],
        };
        async move { records.note_part(key, &part).await.expect("works") }
    })
    .await;
    assert_eq!(count(&outcomes, &Noted::Done), 20);
    let upload = records.upload(key).await.expect("works").expect("is under way");
    let total: u64 = (0..10).map(size_bytes).sum();
    assert_eq!((upload.parts.len(), owner.used_bytes().await), (10, total));
}

async fn of_many_beginnings_of_an_upload_one_handle_is_kept(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let key = owner.key(id());
    let outcomes = at_once(10, |number| {
        let records = records.clone();
        let upload = NewUpload {
            key,
            handle: UploadHandle(number.to_string()),
            now: NOW,
        };
        async move { records.begin_upload(&upload).await.expect("works") }
    })
    .await;
    assert_eq!(count(&outcomes, &Begun::New), 1);
    let kept = records.upload(key).await.expect("works").expect("is under way");
    let others = outcomes
        .iter()
        .filter(|outcome| **outcome == Begun::UnderWay(kept.clone()));
    assert_eq!(others.count(), 9);
}

async fn a_blob_is_either_condemned_or_gets_its_row(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    for _ in 0..10 {
        let key = owner.key(id());
        let condemned = {
            let records = records.clone();
            tokio::spawn(async move { records.condemn_unknown_blobs(&[key], NOW).await.expect("works") })
        };
        let new = NewContent {
            key,
            size_bytes: 1,
            now: NOW,
        };
        let added = records.add_content(&new).await.expect("works");
        let condemned = condemned.await.expect("it does not panic");
        assert_eq!(matches!(added, Added::Done(_)), condemned == 0);
        assert!(matches!(added, Added::Done(_) | Added::Gone), "{added:?}");
    }
}

async fn entries_of_the_feed_have_no_gap(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    at_once(30, |_| {
        let owner = owner.clone();
        async move {
            owner
                .records
                .create_session(&session(owner.id()))
                .await
                .expect("works");
            // Whatever is seen at this moment, `feed` finds no gap in it.
            owner.feed().await;
        }
    })
    .await;
    assert_eq!(owner.feed().await.len(), 30);
}

async fn a_download_delivered_twice_at_the_same_moment_is_counted_once(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, Some(5)).await;
    let lease = new_lease(link);
    records.take_lease(&lease).await.expect("works");
    at_once(10, |_| {
        let records = records.clone();
        async move { records.note_delivered(lease.id).await.expect("works") }
    })
    .await;
    let row = records.link(link, NOW).await.expect("works").expect("is there");
    assert_eq!((row.downloads, row.reserved), (1, 0));
}

async fn a_secret_proposed_by_many_is_the_same_for_all(records: AnyRecords) {
    let name = new_account().name.to_string();
    let secrets = at_once(10, |_| {
        let (records, name) = (records.clone(), name.clone());
        async move { records.secret(&name, &digest().into()).await.expect("works") }
    })
    .await;
    assert!(secrets.iter().all(|secret| *secret == secrets[0]));
}

/// No two kinds of change may wait for each other in a circle.
async fn changes_of_all_kinds_at_the_same_moment_all_come_to_their_end(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, None).await;
    let key = owner.begin_upload(NOW).await;
    at_once(70, |number| {
        let (owner, file) = (owner.clone(), file.clone());
        async move { change(number, &owner, file, link, key).await }
    })
    .await;
    owner.feed().await;
}

async fn change(number: usize, owner: &Owner, file: Record, link: LinkId, key: BlobKey) {
    let records = &owner.records;
    let state = PutObject {
        kind: ObjectKind::State,
        version: number as u64 / 7 + 2,
        sealed: sealed("state"),
    };
    match number % 7 {
        0 => {
            let replaced = Record {
                seq: number as u64 + 2,
                content: Some(owner.content(10).await),
                ..file
            };
            let mut batch = owner.batch(owner.counter().await, vec![replaced], Vec::new());
            batch.rewraps = vec![Rewrap {
                id: link,
                wrap: sealed("wrap"),
            }];
            batch.state = Some(state);
            owner.apply(&batch).await;
        }
        1 => {
            records.put_object(owner.id(), &state).await.expect("works");
        }
        2 => {
            let lease = new_lease(link);
            records.take_lease(&lease).await.expect("works");
            records.note_delivered(lease.id).await.expect("works");
        }
        3 => {
            let part = u32::try_from(number).expect("few parts");
            let part = PartRow {
                part,
                size_bytes: 1,
                checksum: digest(),
            };
            records.note_part(key, &part).await.expect("works");
        }
        4 => {
            owner.link(file.node, None).await;
        }
        5 => {
            let contents = [owner.content(10).await];
            put_index(owner, &index(number as u64 / 7 + 1, &contents)).await;
        }
        _ => {
            let session = session(owner.id());
            records.create_session(&session).await.expect("works");
            records.end_session(owner.id(), session.id).await.expect("works");
        }
    }
}
