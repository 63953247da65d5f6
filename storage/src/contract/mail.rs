//! What holds for mailboxes.

use postern_domain::store::{BlobKey, Delivered, Kept, MailEntry, MailEntryKind, NewContent, NewMail};
use postern_protocol::changes::ChangeKind;
use postern_protocol::mail::{Mark, Message, PutMark, PutMessage};
use postern_protocol::{ContentId, MessageId, TimeMs};

use super::world::{NOW, Owner, QUOTA_BYTES, id, new_mail, sealed};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    a_message_is_in_every_mailbox_that_it_was_sent_to
    delivering_may_be_repeated_also_when_a_message_was_deleted
    many_messages_are_delivered_at_once_and_told_once
    a_message_to_an_account_that_is_gone_is_told_apart
    a_message_is_delivered_beyond_the_quota
    a_body_that_was_condemned_is_put_under_another_id
    a_body_goes_with_the_last_who_has_the_message
    a_message_of_ones_own_needs_its_body
    a_message_of_ones_own_is_charged_once_and_goes_with_its_body
    a_mailbox_is_read_newest_first_in_pages
    a_follower_is_told_what_came_what_was_marked_and_what_went
    a_follower_who_reads_page_by_page_is_told_of_everything_and_of_some_by_its_mark_alone
    a_mark_follows_the_one_before_it
    a_mark_whose_answer_was_lost_may_be_sent_again
    nobody_marks_or_deletes_in_a_mailbox_of_somebody_else
    a_message_goes_when_its_time_has_come_and_not_before
}

async fn deliver(records: &AnyRecords, mail: &NewMail) -> Vec<Delivered> {
    let mut outcomes = records.deliver(std::slice::from_ref(mail)).await.expect("works");
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn key(mail: &NewMail) -> BlobKey {
    BlobKey::of_mail(mail.message, mail.body)
}

fn mark(message: MessageId, version: u64, text: &str) -> PutMark {
    PutMark {
        message,
        mark: Mark {
            version,
            sealed: sealed(text),
            expires: None,
        },
    }
}

/// An own message that is about to be put, with its body.
async fn own_message(owner: &Owner, size_bytes: u64) -> PutMessage {
    let content = owner.content(size_bytes).await;
    PutMessage {
        message: MessageId(content.0),
        received: NOW,
        envelope: sealed("own envelope"),
        summary: sealed("own summary"),
        mark: sealed("own mark"),
    }
}

async fn a_message_is_in_every_mailbox_that_it_was_sent_to(records: AnyRecords) {
    let (one, two) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let mail = new_mail(NOW, &[&one, &two]);
    assert_eq!(deliver(&records, &mail).await, [Delivered::Done; 2]);
    for (owner, copy) in [&one, &two].into_iter().zip(&mail.copies) {
        let expected = Message {
            message: mail.message,
            received: NOW,
            size_bytes: 100,
            sealed_to: Some(copy.sealed_to.into()),
            envelope: copy.envelope.clone(),
            summary: mail.summary.clone(),
            mark: None,
        };
        assert_eq!(owner.mailbox(10).await, std::slice::from_ref(&expected));
        let found = records
            .messages(owner.id(), &[mail.message, id()])
            .await
            .expect("works");
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].message, found[0].body), (&expected, key(&mail)));
        assert_eq!(
            (owner.used_bytes().await, owner.feed().await),
            (100, vec![ChangeKind::Mail])
        );
    }
    let body = records
        .content(key(&mail))
        .await
        .expect("works")
        .expect("is there");
    assert_eq!((body.size_bytes, body.records), (100, 2));
}

async fn delivering_may_be_repeated_also_when_a_message_was_deleted(records: AnyRecords) {
    let (one, two) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let mail = new_mail(NOW, &[&one]);
    assert_eq!(deliver(&records, &mail).await, [Delivered::Done]);
    assert_eq!(deliver(&records, &mail).await, [Delivered::Already]);
    assert_eq!((one.used_bytes().await, one.feed().await.len()), (100, 1));
    let wider = NewMail {
        copies: new_mail(NOW, &[&one, &two]).copies,
        ..mail.clone()
    };
    assert_eq!(
        deliver(&records, &wider).await,
        [Delivered::Already, Delivered::Done]
    );
    records
        .delete_messages(one.id(), &[mail.message], NOW)
        .await
        .expect("works");
    assert_eq!(deliver(&records, &wider).await, [Delivered::Already; 2]);
    let asked = [mail.message, id()];
    for (owner, known) in [(one.id(), vec![mail.message]), (id(), vec![])] {
        let found = records.known_messages(owner, &asked).await.expect("works");
        assert_eq!(found, known);
    }
    assert!(one.mailbox(10).await.is_empty() && two.mailbox(10).await.len() == 1);
    assert_eq!((one.used_bytes().await, one.feed().await.len()), (0, 2));
}

async fn many_messages_are_delivered_at_once_and_told_once(records: AnyRecords) {
    let (one, two) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let mut mails: Vec<_> = (0..60).map(|at| new_mail(TimeMs(at), &[&one])).collect();
    mails.push(new_mail(TimeMs(60), &[&two, &one]));
    let outcomes = records.deliver(&mails).await.expect("works");
    let copies: Vec<_> = outcomes.iter().map(Vec::len).collect();
    assert_eq!((copies.len(), copies[0], copies[60]), (61, 1, 2));
    assert!(
        outcomes
            .iter()
            .flatten()
            .all(|outcome| *outcome == Delivered::Done)
    );
    assert_eq!(
        (one.mailbox(1_000).await.len(), two.mailbox(1_000).await.len()),
        (61, 1)
    );
    assert_eq!((one.used_bytes().await, two.used_bytes().await), (6_100, 100));
    assert_eq!((one.feed().await.len(), two.feed().await.len()), (1, 1));
    assert!(records.deliver(&[]).await.expect("works").is_empty());
}

async fn a_message_to_an_account_that_is_gone_is_told_apart(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mut mail = new_mail(NOW, &[&owner, &owner]);
    mail.copies[0].account = id();
    assert_eq!(
        deliver(&records, &mail).await,
        [Delivered::NoAccount, Delivered::Done]
    );
    let body = records
        .content(key(&mail))
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(body.records, 1);
    let absent = records.newest_messages(id(), None, 10).await.expect("works");
    assert_eq!(absent, None);
}

async fn a_message_is_delivered_beyond_the_quota(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mail = NewMail {
        size_bytes: QUOTA_BYTES + 1,
        ..new_mail(NOW, &[&owner])
    };
    assert_eq!(deliver(&records, &mail).await, [Delivered::Done]);
    assert_eq!(owner.used_bytes().await, QUOTA_BYTES + 1);
}

async fn a_body_that_was_condemned_is_put_under_another_id(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mail = new_mail(NOW, &[&owner]);
    records
        .condemn_unknown_blobs(&[key(&mail)], NOW)
        .await
        .expect("works");
    assert_eq!(deliver(&records, &mail).await, [Delivered::BodyGone]);
    assert!(owner.mailbox(10).await.is_empty() && owner.feed().await.is_empty());
    let again = NewMail { body: id(), ..mail };
    assert_eq!(deliver(&records, &again).await, [Delivered::Done]);
    let found = records
        .messages(owner.id(), &[again.message])
        .await
        .expect("works");
    assert_eq!(found[0].body, key(&again));
}

async fn a_body_goes_with_the_last_who_has_the_message(records: AnyRecords) {
    let (one, two) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let mail = new_mail(NOW, &[&one, &two]);
    deliver(&records, &mail).await;
    for owner in [&one, &two] {
        assert!(records.content(key(&mail)).await.expect("works").is_some());
        // The second time it is not there any more.
        for _ in 0..2 {
            let gone = [mail.message, id()];
            records
                .delete_messages(owner.id(), &gone, NOW)
                .await
                .expect("works");
        }
        assert_eq!((owner.used_bytes().await, owner.feed().await.len()), (0, 2));
    }
    assert_eq!(records.content(key(&mail)).await.expect("works"), None);
    let garbage = records.garbage(NOW.plus_ms(1), 100_000).await.expect("works");
    assert!(garbage.iter().any(|row| row.key == key(&mail)));
}

async fn a_message_of_ones_own_needs_its_body(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let good = own_message(&owner, 70).await;
    let foreign = own_message(&other, 70).await;
    let absent = PutMessage {
        message: id(),
        ..good.clone()
    };
    let put = records
        .put_messages(owner.id(), &[foreign, good.clone(), absent])
        .await;
    assert_eq!(put.expect("works"), [Kept::NoBody, Kept::Done, Kept::NoBody]);
    let there = owner.mailbox(10).await;
    assert_eq!(there.len(), 1);
    assert_eq!(
        (there[0].message, there[0].size_bytes, &there[0].sealed_to),
        (good.message, 70, &None)
    );
    assert_eq!(
        (&there[0].envelope, &there[0].summary),
        (&good.envelope, &good.summary)
    );
    let first = Mark {
        version: 1,
        sealed: good.mark.clone(),
        expires: None,
    };
    assert_eq!(there[0].mark, Some(first));
}

async fn a_message_of_ones_own_is_charged_once_and_goes_with_its_body(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let own = [own_message(&owner, 70).await, own_message(&owner, 30).await];
    for expected in [Kept::Done, Kept::Already] {
        let put = records.put_messages(owner.id(), &own).await.expect("works");
        assert_eq!(put, [expected; 2]);
        assert_eq!((owner.used_bytes().await, owner.feed().await.len()), (100, 1));
    }
    let body = owner.key(ContentId(own[0].message.0));
    assert_eq!(
        records
            .content(body)
            .await
            .expect("works")
            .expect("is there")
            .records,
        1
    );
    records
        .delete_messages(owner.id(), &[own[0].message], NOW)
        .await
        .expect("works");
    assert_eq!(owner.used_bytes().await, 30);
    assert_eq!(records.content(body).await.expect("works"), None);
    let again = records.put_messages(owner.id(), &own).await.expect("works");
    assert_eq!(again, [Kept::Already; 2]);
    let new = NewContent {
        key: body,
        size_bytes: 1,
        now: NOW,
    };
    let added = records.add_content(&new).await.expect("works");
    assert_eq!(added, postern_domain::store::Added::Gone);
}

async fn a_mailbox_is_read_newest_first_in_pages(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    deliver(&records, &new_mail(NOW, &[&other])).await;
    let mut expected = Vec::new();
    for received in [5, 3, 5, 4, 5, 1] {
        let mail = new_mail(TimeMs(received), &[&owner]);
        deliver(&records, &mail).await;
        expected.push((TimeMs(received), mail.message));
    }
    expected.sort_unstable();
    expected.reverse();
    for limit in [1, 2, 3, 6, 7] {
        let read = owner.mailbox(limit).await;
        let read: Vec<_> = read.iter().map(|row| (row.received, row.message)).collect();
        assert_eq!(read, expected, "{limit}");
    }
    let page = records.newest_messages(owner.id(), None, 2).await.expect("works");
    let page = page.expect("is there");
    assert_eq!((page.more, page.latest_change), (true, 6));
}

async fn a_follower_is_told_what_came_what_was_marked_and_what_went(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mails: Vec<_> = (0..3).map(|_| new_mail(NOW, &[&owner])).collect();
    records.deliver(&mails).await.expect("works");
    let late = new_mail(NOW, &[&owner]);
    deliver(&records, &late).await;
    let [gone, marked, quiet] = [0, 1, 2].map(|at| mails[at].message);
    let marks = [mark(marked, 1, "read"), mark(late.message, 1, "read")];
    assert!(
        records
            .mark_messages(owner.id(), &marks)
            .await
            .expect("works")
            .is_empty()
    );
    records
        .delete_messages(owner.id(), &[gone], NOW)
        .await
        .expect("works");

    let arrived = |entry: &MailEntry| matches!(entry.kind, MailEntryKind::Arrived(_));
    for limit in [1, 2, 10] {
        let from_the_beginning = owner.mail_changes(0, limit).await;
        let numbers: Vec<_> = from_the_beginning.iter().map(|entry| entry.changed).collect();
        assert_eq!(numbers, [1, 3, 3, 4]);
        assert_eq!(from_the_beginning[0].message, quiet);
        assert!(arrived(&from_the_beginning[0]));
        assert_eq!(from_the_beginning[3].kind, MailEntryKind::Deleted);
    }
    let whole = owner.mail_changes(0, 10).await;
    assert_eq!(whole.iter().filter(|entry| arrived(entry)).count(), 3);

    let follower = owner.mail_changes(1, 10).await;
    let kind = |message| {
        &follower
            .iter()
            .find(|entry| entry.message == message)
            .expect("told")
            .kind
    };
    assert_eq!(follower.len(), 3);
    assert_eq!(*kind(marked), MailEntryKind::Marked(marks[0].mark.clone()));
    assert_eq!(*kind(gone), MailEntryKind::Deleted);
    let MailEntryKind::Arrived(message) = kind(late.message) else {
        panic!("it came later: {follower:?}");
    };
    assert_eq!(message.mark, Some(marks[1].mark.clone()));
    assert!(owner.mail_changes(4, 10).await.is_empty());
}

async fn a_follower_who_reads_page_by_page_is_told_of_everything_and_of_some_by_its_mark_alone(
    records: AnyRecords,
) {
    let owner = Owner::sign_up(&records).await;
    let mails = [new_mail(NOW, &[&owner]), new_mail(NOW, &[&owner])];
    for mail in &mails {
        deliver(&records, mail).await;
    }
    let starred = mark(mails[0].message, 1, "starred");
    let put = records
        .mark_messages(owner.id(), std::slice::from_ref(&starred))
        .await;
    assert_eq!(put.expect("works"), []);
    for (limit, knows_all) in [(1, false), (2, true)] {
        let told = owner.mail_changes(0, limit).await;
        let messages: Vec<_> = told.iter().map(|entry| entry.message).collect();
        assert_eq!(messages, [mails[1].message, mails[0].message]);
        assert!(matches!(told[0].kind, MailEntryKind::Arrived(_)));
        match &told[1].kind {
            MailEntryKind::Arrived(message) => {
                assert!(knows_all && message.mark.as_ref() == Some(&starred.mark));
            }
            kind => assert!(!knows_all && *kind == MailEntryKind::Marked(starred.mark.clone())),
        }
    }
}

async fn a_mark_follows_the_one_before_it(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mails: Vec<_> = (0..2).map(|_| new_mail(NOW, &[&owner])).collect();
    records.deliver(&mails).await.expect("works");
    let [one, two] = [0, 1].map(|at| mails[at].message);
    let put = async |marks: &[PutMark]| records.mark_messages(owner.id(), marks).await.expect("works");
    assert_eq!(
        put(&[mark(one, 2, "b"), mark(two, 1, "a"), mark(id(), 1, "a")])
            .await
            .len(),
        2
    );
    assert_eq!(put(&[mark(one, 1, "a"), mark(two, 2, "b")]).await, []);
    assert_eq!(
        put(&[mark(one, 1, "other"), mark(two, 1, "a"), mark(two, 4, "d")]).await,
        [one, two, two]
    );
    let read = owner.mailbox(10).await;
    let of = |message| {
        read.iter()
            .find(|row| row.message == message)
            .and_then(|row| row.mark.clone())
    };
    assert_eq!(of(one), Some(mark(one, 1, "a").mark));
    assert_eq!(of(two), Some(mark(two, 2, "b").mark));
    assert_eq!(
        owner.feed().await.len(),
        3,
        "told when something was noted, once each time"
    );
}

async fn a_mark_whose_answer_was_lost_may_be_sent_again(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mail = new_mail(NOW, &[&owner]);
    deliver(&records, &mail).await;
    for _ in 0..2 {
        let put = records
            .mark_messages(owner.id(), &[mark(mail.message, 1, "read")])
            .await;
        assert_eq!(put.expect("works"), []);
    }
    assert_eq!(owner.feed().await.len(), 2);
    records
        .delete_messages(owner.id(), &[mail.message], NOW)
        .await
        .expect("works");
    for version in [1, 2] {
        let put = records
            .mark_messages(owner.id(), &[mark(mail.message, version, "read")])
            .await;
        assert_eq!(put.expect("works"), [mail.message]);
    }
}

async fn nobody_marks_or_deletes_in_a_mailbox_of_somebody_else(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let mail = new_mail(NOW, &[&owner]);
    deliver(&records, &mail).await;
    let marks = [mark(mail.message, 1, "read")];
    for account in [other.id(), id()] {
        let put = records.mark_messages(account, &marks).await.expect("works");
        assert_eq!(put, [mail.message]);
        records
            .delete_messages(account, &[mail.message], NOW)
            .await
            .expect("works");
        assert!(
            records
                .messages(account, &[mail.message])
                .await
                .expect("works")
                .is_empty()
        );
    }
    assert_eq!(owner.mailbox(10).await.len(), 1);
    assert!(other.feed().await.is_empty());
}

async fn a_message_goes_when_its_time_has_come_and_not_before(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mails: Vec<_> = (0..3).map(|_| new_mail(NOW, &[&owner])).collect();
    records.deliver(&mails).await.expect("works");
    let expiring = |at: usize, version, expires| PutMark {
        mark: Mark {
            expires,
            ..mark(mails[at].message, version, "trash").mark
        },
        message: mails[at].message,
    };
    let marks = [expiring(0, 1, Some(TimeMs(10))), expiring(1, 1, Some(TimeMs(11)))];
    assert_eq!(
        records.mark_messages(owner.id(), &marks).await.expect("works"),
        []
    );
    assert_eq!(owner.mailbox(10).await.len(), 3);
    records
        .delete_expired_messages(TimeMs(9), 100)
        .await
        .expect("works");
    assert_eq!(owner.mailbox(10).await.len(), 3);
    assert!(
        records
            .delete_expired_messages(TimeMs(10), 100)
            .await
            .expect("works")
            >= 1
    );
    assert_eq!(owner.mailbox(10).await.len(), 2);
    // Taken out of the trash again.
    assert_eq!(
        records
            .mark_messages(owner.id(), &[expiring(1, 2, None)])
            .await
            .expect("works"),
        []
    );
    records.delete_expired_messages(NOW, 100).await.expect("works");
    assert_eq!(
        (owner.mailbox(10).await.len(), owner.used_bytes().await),
        (2, 200)
    );
}
