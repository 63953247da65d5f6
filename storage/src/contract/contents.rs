//! What holds for contents: uploads, and those that come in one request.

use postern_domain::store::{
    Added, Begun, Completed, ContentRow, NewContent, NewUpload, Noted, PartRow, UploadHandle,
};
use postern_protocol::{ContentId, parts};

use super::world::{NOW, Owner, QUOTA_BYTES, digest, id};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    an_upload_lists_what_is_there_and_becomes_a_content
    beginning_and_completing_may_be_repeated
    a_part_is_counted_once
    a_part_that_is_there_is_never_replaced
    a_part_beyond_the_quota_is_refused
    an_upload_is_complete_only_with_all_its_parts
    an_upload_that_is_given_up_frees_its_space_and_cannot_be_begun_again
    a_content_in_one_request_is_counted_once
    a_content_beyond_the_quota_becomes_garbage
    contents_of_two_accounts_never_meet
    contents_that_come_together_are_answered_one_by_one
    contents_that_come_together_all_fit_or_none_is_kept
}

fn new_upload(owner: &Owner, content: ContentId) -> NewUpload {
    NewUpload {
        key: owner.key(content),
        handle: UploadHandle("a handle".to_owned()),
        now: NOW,
    }
}

async fn begun(owner: &Owner) -> ContentId {
    let content = id();
    let begun = owner
        .records
        .begin_upload(&new_upload(owner, content))
        .await
        .expect("works");
    assert_eq!(begun, Begun::New);
    content
}

fn full_part(part: u32) -> PartRow {
    let place = parts::full_range(part);
    PartRow {
        part,
        size_bytes: place.end - place.start,
        checksum: digest(),
    }
}

async fn an_upload_lists_what_is_there_and_becomes_a_content(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let key = owner.key(begun(&owner).await);
    let (first, last) = (
        full_part(0),
        PartRow {
            part: 1,
            size_bytes: 50,
            checksum: digest(),
        },
    );
    for part in [last, first] {
        assert_eq!(records.note_part(key, &part).await.expect("works"), Noted::Done);
    }
    let upload = records.upload(key).await.expect("works").expect("is under way");
    assert_eq!((upload.handle.0.as_str(), upload.created), ("a handle", NOW));
    assert_eq!(upload.parts, [first, last]);
    let one = records
        .upload_part(key, 1)
        .await
        .expect("works")
        .expect("is under way");
    assert_eq!((one.handle.0.as_str(), one.noted), ("a handle", Some(last)));
    let none = records
        .upload_part(key, 2)
        .await
        .expect("works")
        .expect("is under way");
    assert_eq!(none.noted, None);
    assert_eq!(records.content(key).await.expect("works"), None);
    let size_bytes = first.size_bytes + 50;
    let completed = records
        .complete_upload(key, size_bytes, NOW.plus_ms(1))
        .await
        .expect("works");
    let row = ContentRow {
        key,
        size_bytes,
        completed: NOW.plus_ms(1),
        records: 0,
    };
    assert_eq!(completed, Completed::Done(row));
    assert_eq!(records.content(key).await.expect("works"), Some(row));
    assert_eq!(records.upload(key).await.expect("works"), None);
    assert_eq!(records.upload_part(key, 1).await.expect("works"), None);
    assert_eq!(owner.used_bytes().await, size_bytes);
}

async fn beginning_and_completing_may_be_repeated(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let content = begun(&owner).await;
    let key = owner.key(content);
    let again = NewUpload {
        handle: UploadHandle("another".to_owned()),
        ..new_upload(&owner, content)
    };
    let Begun::UnderWay(upload) = records.begin_upload(&again).await.expect("works") else {
        panic!("it is under way");
    };
    assert_eq!(upload.handle.0, "a handle");
    let part = PartRow {
        part: 0,
        size_bytes: 96,
        checksum: digest(),
    };
    records.note_part(key, &part).await.expect("works");
    let completed = records.complete_upload(key, 96, NOW).await.expect("works");
    assert!(matches!(completed, Completed::Done(_)));
    assert_eq!(
        records
            .complete_upload(key, 96, NOW.plus_ms(9))
            .await
            .expect("works"),
        completed
    );
    assert_eq!(
        records.complete_upload(key, 97, NOW).await.expect("works"),
        Completed::PartsMissing
    );
    let after = records.begin_upload(&again).await.expect("works");
    assert!(matches!(after, Begun::Complete(_)), "{after:?}");
    assert_eq!(
        records.note_part(key, &part).await.expect("works"),
        Noted::NoUpload
    );
}

async fn a_part_is_counted_once(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let key = owner.key(begun(&owner).await);
    let part = full_part(3);
    for _ in 0..3 {
        assert_eq!(records.note_part(key, &part).await.expect("works"), Noted::Done);
    }
    assert_eq!(owner.used_bytes().await, part.size_bytes);
}

async fn a_part_that_is_there_is_never_replaced(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let key = owner.key(begun(&owner).await);
    let part = full_part(0);
    records.note_part(key, &part).await.expect("works");
    for other in [
        PartRow {
            checksum: digest(),
            ..part
        },
        PartRow {
            size_bytes: 1,
            ..part
        },
    ] {
        assert_eq!(
            records.note_part(key, &other).await.expect("works"),
            Noted::Differs
        );
    }
    let upload = records.upload(key).await.expect("works").expect("is under way");
    assert_eq!(
        (upload.parts, owner.used_bytes().await),
        (vec![part], part.size_bytes)
    );
}

async fn a_part_beyond_the_quota_is_refused(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    owner.content(QUOTA_BYTES - 100).await;
    let key = owner.key(begun(&owner).await);
    let part = |part, size_bytes| PartRow {
        part,
        size_bytes,
        checksum: digest(),
    };
    assert_eq!(
        records.note_part(key, &part(0, 101)).await.expect("works"),
        Noted::QuotaExceeded
    );
    assert_eq!(
        records.note_part(key, &part(0, 100)).await.expect("works"),
        Noted::Done
    );
    assert_eq!(
        records.note_part(key, &part(1, 1)).await.expect("works"),
        Noted::QuotaExceeded
    );
    let upload = records.upload(key).await.expect("works").expect("is under way");
    assert_eq!((upload.parts.len(), owner.used_bytes().await), (1, QUOTA_BYTES));
}

async fn an_upload_is_complete_only_with_all_its_parts(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let key = owner.key(begun(&owner).await);
    let (first, last) = (
        full_part(0),
        PartRow {
            part: 2,
            size_bytes: 50,
            checksum: digest(),
        },
    );
    let complete = async |size| records.complete_upload(key, size, NOW).await.expect("works");
    assert_eq!(complete(96).await, Completed::PartsMissing);
    records.note_part(key, &first).await.expect("works");
    records.note_part(key, &last).await.expect("works");
    let whole = parts::full_range(2).start + 50;
    assert_eq!(complete(whole).await, Completed::PartsMissing);
    assert_eq!(complete(first.size_bytes).await, Completed::PartsMissing);
    records.note_part(key, &full_part(1)).await.expect("works");
    assert_eq!(complete(whole + 1).await, Completed::PartsMissing);
    assert!(matches!(complete(whole).await, Completed::Done(_)));
    let absent = owner.key(id());
    assert_eq!(
        records.complete_upload(absent, 96, NOW).await.expect("works"),
        Completed::NoUpload
    );
}

async fn an_upload_that_is_given_up_frees_its_space_and_cannot_be_begun_again(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let content = begun(&owner).await;
    let key = owner.key(content);
    records.note_part(key, &full_part(0)).await.expect("works");
    assert_eq!(records.abort_upload(key, NOW).await.expect("works"), Some(()));
    assert_eq!(records.abort_upload(key, NOW).await.expect("works"), None);
    assert_eq!(owner.used_bytes().await, 0);
    assert_eq!(
        records.note_part(key, &full_part(1)).await.expect("works"),
        Noted::NoUpload
    );
    assert_eq!(
        records.complete_upload(key, 96, NOW).await.expect("works"),
        Completed::NoUpload
    );
    assert_eq!(
        records
            .begin_upload(&new_upload(&owner, content))
            .await
            .expect("works"),
        Begun::Gone
    );
    let new = NewContent {
        key,
        size_bytes: 1,
        now: NOW,
    };
    assert_eq!(records.add_content(&new).await.expect("works"), Added::Gone);
    let garbage = records.garbage(NOW.plus_ms(1), 10_000).await.expect("works");
    let row = garbage
        .into_iter()
        .find(|row| row.key == key)
        .expect("the sweeper is told");
    assert_eq!(row.upload, Some(UploadHandle("a handle".to_owned())));
}

async fn a_content_in_one_request_is_counted_once(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let content = owner.content(100).await;
    let new = NewContent {
        key: owner.key(content),
        size_bytes: 100,
        now: NOW,
    };
    let again = records.add_content(&new).await.expect("works");
    let row = ContentRow {
        key: new.key,
        size_bytes: 100,
        completed: NOW,
        records: 0,
    };
    assert_eq!(again, Added::Already(row));
    assert_eq!(records.content(new.key).await.expect("works"), Some(row));
    assert_eq!(owner.used_bytes().await, 100);
    let arriving = NewContent {
        key: owner.key(begun(&owner).await),
        ..new
    };
    assert_eq!(
        records.add_content(&arriving).await.expect("works"),
        Added::UnderWay
    );
}

async fn a_content_beyond_the_quota_becomes_garbage(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let new = NewContent {
        key: owner.key(id()),
        size_bytes: QUOTA_BYTES + 1,
        now: NOW,
    };
    assert_eq!(
        records.add_content(&new).await.expect("works"),
        Added::QuotaExceeded
    );
    assert_eq!(records.content(new.key).await.expect("works"), None);
    assert_eq!(owner.used_bytes().await, 0);
    let garbage = records.garbage(NOW.plus_ms(1), 10_000).await.expect("works");
    assert!(garbage.iter().any(|row| row.key == new.key));
}

async fn contents_of_two_accounts_never_meet(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let content = owner.content(100).await;
    assert_eq!(records.content(other.key(content)).await.expect("works"), None);
    let begun = records
        .begin_upload(&new_upload(&other, content))
        .await
        .expect("works");
    assert_eq!(begun, Begun::New);
    let untouched = records
        .content(owner.key(content))
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(untouched.size_bytes, 100);
}

fn new_contents(owner: &Owner, count: u64, size_bytes: u64) -> Vec<NewContent> {
    let new = |_| NewContent {
        key: owner.key(id()),
        size_bytes,
        now: NOW,
    };
    (0..count).map(new).collect()
}

async fn contents_that_come_together_are_answered_one_by_one(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let there = owner.content(100).await;
    let mut new = new_contents(&owner, 450, 10);
    new[3].key = owner.key(there);
    new[220].key = owner.key(begun(&owner).await);
    let gone = owner.key(id());
    records.condemn_unknown_blobs(&[gone], NOW).await.expect("works");
    new[449].key = gone;
    for round in 0..2 {
        let added = records.add_contents(&new).await.expect("works");
        assert_eq!(added.len(), new.len());
        for (index, added) in added.into_iter().enumerate() {
            match (index, added) {
                (3, Added::Already(row)) => assert_eq!(row.size_bytes, 100),
                (220, Added::UnderWay) | (449, Added::Gone) => {}
                (_, Added::Done(row)) if round == 0 => assert_eq!(row, new[index].row()),
                (_, Added::Already(row)) if round == 1 => assert_eq!(row, new[index].row()),
                (_, other) => panic!("{index} in round {round}: {other:?}"),
            }
        }
        assert_eq!(owner.used_bytes().await, 100 + 447 * 10, "counted once");
    }
    let ids: Vec<_> = new.iter().map(|new| new.key.content).collect();
    let rows = records.contents(owner.id(), &ids).await.expect("works");
    assert_eq!(rows.len(), 448);
    assert!(records.add_contents(&[]).await.expect("works").is_empty());
    assert!(records.contents(owner.id(), &[]).await.expect("works").is_empty());
}

async fn contents_that_come_together_all_fit_or_none_is_kept(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let there = owner.content(QUOTA_BYTES - 25).await;
    let mut new = new_contents(&owner, 3, 10);
    new[1].key = owner.key(there);
    new[1].size_bytes = QUOTA_BYTES - 25;
    let fit = records.add_contents(&new).await.expect("works");
    assert!(
        matches!(fit[..], [Added::Done(_), Added::Already(_), Added::Done(_)]),
        "{fit:?}"
    );
    assert_eq!(owner.used_bytes().await, QUOTA_BYTES - 5);
    let more = new_contents(&owner, 2, 4);
    let refused = records.add_contents(&more).await.expect("works");
    assert_eq!(refused, [Added::QuotaExceeded, Added::QuotaExceeded]);
    assert_eq!(owner.used_bytes().await, QUOTA_BYTES - 5);
    let garbage = records.garbage(NOW.plus_ms(1), 10_000).await.expect("works");
    for new in more {
        assert!(garbage.iter().any(|row| row.key == new.key));
    }
}
