//! What holds for sweeping.

use postern_domain::store::{Added, BlobKey, NewContent, NewInvite, NewSession};
use postern_protocol::TimeMs;

use super::world::{NOW, Owner, digest, id, new_lease, session};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    an_upload_that_nobody_goes_on_with_is_given_up
    a_content_that_no_record_names_goes_and_others_stay
    a_blob_without_a_row_is_condemned_and_its_id_is_used
    a_blob_with_a_row_is_never_condemned
    garbage_that_is_swept_is_forgotten_later
    what_has_ended_is_forgotten
}

async fn is_garbage(records: &AnyRecords, key: BlobKey) -> bool {
    let garbage = records.garbage(TimeMs(i64::MAX), 100_000).await.expect("works");
    garbage.iter().any(|row| row.key == key)
}

async fn an_upload_that_nobody_goes_on_with_is_given_up(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let old = owner.begin_upload(TimeMs(1)).await;
    let young = owner.begin_upload(NOW).await;
    assert!(
        records
            .drop_abandoned_uploads(TimeMs(2), NOW, 1_000)
            .await
            .expect("works")
            >= 1
    );
    assert_eq!(records.upload(old).await.expect("works"), None);
    assert!(records.upload(young).await.expect("works").is_some());
    assert!(is_garbage(&records, old).await && !is_garbage(&records, young).await);
}

async fn a_content_that_no_record_names_goes_and_others_stay(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let named = owner.key(file.content.expect("a file has a content"));
    let left = NewContent {
        key: owner.key(id()),
        size_bytes: 7,
        now: TimeMs(1),
    };
    records.add_content(&left).await.expect("works");
    let young = owner.key(owner.content(9).await);
    assert!(
        records
            .drop_unattached_contents(TimeMs(2), NOW, 1_000)
            .await
            .expect("works")
            >= 1
    );
    assert_eq!(records.content(left.key).await.expect("works"), None);
    assert!(is_garbage(&records, left.key).await);
    for key in [named, young] {
        assert!(records.content(key).await.expect("works").is_some());
    }
    assert_eq!(owner.used_bytes().await, 109);
}

async fn a_blob_without_a_row_is_condemned_and_its_id_is_used(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let key = owner.key(id());
    assert_eq!(
        records.condemn_unknown_blobs(&[key], NOW).await.expect("works"),
        1
    );
    assert_eq!(
        records.condemn_unknown_blobs(&[key], NOW).await.expect("works"),
        0
    );
    assert!(is_garbage(&records, key).await);
    let new = NewContent {
        key,
        size_bytes: 1,
        now: NOW,
    };
    assert_eq!(records.add_content(&new).await.expect("works"), Added::Gone);
    assert_eq!(owner.used_bytes().await, 0);
    assert_eq!(records.condemn_unknown_blobs(&[], NOW).await.expect("works"), 0);
}

async fn a_blob_with_a_row_is_never_condemned(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let there = owner.key(owner.content(1).await);
    let arriving = owner.begin_upload(NOW).await;
    assert_eq!(
        records
            .condemn_unknown_blobs(&[there, arriving], NOW)
            .await
            .expect("works"),
        0
    );
    assert!(records.content(there).await.expect("works").is_some());
}

async fn garbage_that_is_swept_is_forgotten_later(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let key = owner.key(id());
    records
        .condemn_unknown_blobs(&[key], TimeMs(5))
        .await
        .expect("works");
    let due = records.garbage(TimeMs(5), 100_000).await.expect("works");
    assert!(!due.iter().any(|row| row.key == key), "not before its time");
    let there = owner.key(owner.content(1).await);
    records.note_swept(&[key, there], TimeMs(6)).await.expect("works");
    records
        .note_swept(&[key], TimeMs(7))
        .await
        .expect("may be repeated");
    assert!(!is_garbage(&records, key).await);
    assert!(records.content(there).await.expect("works").is_some());
    let new = NewContent {
        key,
        size_bytes: 1,
        now: NOW,
    };
    assert_eq!(records.add_content(&new).await.expect("works"), Added::Gone);
    records.drop_expired(TimeMs(0), TimeMs(6)).await.expect("works");
    assert_eq!(records.add_content(&new).await.expect("works"), Added::Gone);
    assert!(
        records
            .drop_expired(TimeMs(0), TimeMs(7))
            .await
            .expect("works")
            .contents
            >= 1
    );
    assert!(matches!(
        records.add_content(&new).await.expect("works"),
        Added::Done(_)
    ));
}

async fn what_has_ended_is_forgotten(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let mut lease = new_lease(owner.link(file.node, None).await);
    (lease.now, lease.expires) = (TimeMs(1), TimeMs(100));
    records.take_lease(&lease).await.expect("works");
    let ended = NewSession {
        expires: TimeMs(100),
        ..session(owner.id())
    };
    records.create_session(&ended).await.expect("works");
    let invite = NewInvite {
        code_hash: digest(),
        created: TimeMs(0),
        expires: TimeMs(100),
    };
    records.add_invite(&invite).await.expect("works");
    let early = records.drop_expired(TimeMs(99), TimeMs(0)).await.expect("works");
    assert_eq!((early.sessions, early.leases, early.invites), (0, 0, 0));
    let swept = records.drop_expired(TimeMs(100), TimeMs(0)).await.expect("works");
    assert!(
        swept.sessions >= 1 && swept.leases >= 1 && swept.invites >= 1,
        "{swept:?}"
    );
    assert_eq!(
        records
            .session_by_token(&ended.token_hash, TimeMs(50))
            .await
            .expect("works"),
        None
    );
    assert_eq!(
        records
            .lease_by_token(&lease.token_hash, TimeMs(50))
            .await
            .expect("works"),
        None
    );
    records.note_delivered(lease.id).await.expect("is harmless");
    let own = records
        .session_by_token(&owner.new.session.token_hash, NOW)
        .await
        .expect("works");
    assert!(own.is_some());
}
