//! What holds for mail indexes.

use postern_domain::store::{BlobKey, IndexPut, Kept};
use postern_protocol::mail::{MailIndex, PutMailIndex, PutMessage};
use postern_protocol::{ContentId, MessageId};

use super::world::{NOW, Owner, id, sealed};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    an_index_follows_the_one_before_it
    an_index_whose_answer_was_lost_may_be_put_again
    an_index_names_only_contents_of_its_account_that_are_there
    an_index_comes_to_name_nothing_that_something_else_names
    what_an_index_names_is_not_swept
    what_an_index_names_no_longer_is_garbage_and_its_space_is_free
    what_a_file_has_come_to_name_outlives_the_index
    an_index_may_name_as_much_as_there_may_be
}

/// An index that is about to be put.
pub(super) fn index(version: u64, contents: &[ContentId]) -> PutMailIndex {
    PutMailIndex {
        version,
        manifest: sealed(&format!("manifest {version}")),
        contents: contents.to_vec(),
    }
}

async fn put(owner: &Owner, put: &PutMailIndex) -> IndexPut {
    let outcome = owner.records.put_mail_index(owner.id(), put, NOW).await;
    outcome.expect("works")
}

async fn kept(owner: &Owner) -> MailIndex {
    owner.records.mail_index(owner.id()).await.expect("works")
}

/// How many name one of its contents, if it is there.
async fn records_of(owner: &Owner, content: ContentId) -> Option<u64> {
    let row = owner.records.content(owner.key(content)).await.expect("works");
    row.map(|row| row.records)
}

async fn names(owner: &Owner, content: ContentId) -> bool {
    let names = owner.records.mail_index_names(owner.id(), content).await;
    names.expect("works")
}

async fn is_garbage(records: &AnyRecords, key: BlobKey) -> bool {
    let garbage = records.garbage(NOW.plus_ms(1), 100_000).await.expect("works");
    garbage.iter().any(|row| row.key == key)
}

async fn an_index_follows_the_one_before_it(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    assert_eq!(kept(&owner).await, MailIndex::default());
    let conflict = |version| IndexPut::Conflict { version };
    assert_eq!(put(&owner, &index(2, &[])).await, conflict(0));
    let content = owner.content(70).await;
    assert_eq!(put(&owner, &index(1, &[content])).await, IndexPut::Done);
    assert_eq!(put(&owner, &index(3, &[content])).await, conflict(1));
    assert_eq!(put(&owner, &index(2, &[content])).await, IndexPut::Done);
    assert_eq!(put(&owner, &index(1, &[content])).await, conflict(2));
    let expected = MailIndex {
        version: 2,
        manifest: Some(sealed("manifest 2")),
    };
    assert_eq!(kept(&owner).await, expected);
    assert_eq!(
        (kept(&other).await, names(&other, content).await),
        (MailIndex::default(), false)
    );
    assert!(names(&owner, content).await && !names(&owner, id()).await);
    assert_eq!(
        (records_of(&owner, content).await, owner.used_bytes().await),
        (Some(1), 70)
    );
    assert!(owner.feed().await.is_empty(), "nobody is told");
    let nobody = records.put_mail_index(id(), &index(1, &[]), NOW).await;
    assert_eq!(nobody.expect("works"), conflict(0));
}

async fn an_index_whose_answer_was_lost_may_be_put_again(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let contents = [owner.content(1).await, owner.content(1).await];
    let done = index(1, &contents);
    for _ in 0..2 {
        assert_eq!(put(&owner, &done).await, IndexPut::Done);
        assert_eq!(records_of(&owner, contents[0]).await, Some(1));
    }
    let others = [
        index(1, &contents[..1]),
        PutMailIndex {
            manifest: sealed("other"),
            ..done.clone()
        },
    ];
    for other in others {
        assert_eq!(put(&owner, &other).await, IndexPut::Conflict { version: 1 });
    }
    assert_eq!(put(&owner, &index(2, &[])).await, IndexPut::Done);
    assert_eq!(put(&owner, &done).await, IndexPut::Conflict { version: 2 });
}

async fn an_index_names_only_contents_of_its_account_that_are_there(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let (first, good) = (owner.content(1).await, owner.content(1).await);
    assert_eq!(put(&owner, &index(1, &[first])).await, IndexPut::Done);
    let arriving = owner.begin_upload(NOW).await.content;
    let removed = id();
    let condemned = records.condemn_unknown_blobs(&[owner.key(removed)], NOW).await;
    condemned.expect("works");
    for bad in [id(), arriving, removed, other.content(1).await] {
        assert_eq!(put(&owner, &index(2, &[good, bad])).await, IndexPut::NoContent);
        assert_eq!(kept(&owner).await.version, 1);
        assert!(names(&owner, first).await && !names(&owner, good).await);
        assert_eq!(records_of(&owner, first).await, Some(1));
        assert_eq!(records_of(&owner, good).await, Some(0));
    }
}

async fn an_index_comes_to_name_nothing_that_something_else_names(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let message = MessageId(owner.content(1).await.0);
    let own = PutMessage {
        message,
        received: NOW,
        envelope: sealed("envelope"),
        summary: sealed("summary"),
        mark: sealed("mark"),
    };
    let put_message = records.put_messages(owner.id(), &[own]).await;
    assert_eq!(put_message.expect("works"), [Kept::Done]);
    for taken in [file.content.expect("a file has one"), ContentId(message.0)] {
        assert_eq!(put(&owner, &index(1, &[taken])).await, IndexPut::NoContent);
        assert_eq!(records_of(&owner, taken).await, Some(1));
        assert_eq!(kept(&owner).await, MailIndex::default());
    }
}

async fn what_an_index_names_is_not_swept(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let (named, lying) = (owner.content(70).await, owner.content(30).await);
    assert_eq!(put(&owner, &index(1, &[named])).await, IndexPut::Done);
    let later = NOW.plus_ms(1);
    let swept = records.drop_unattached_contents(later, later, 100_000).await;
    swept.expect("works");
    assert_eq!(records_of(&owner, lying).await, None);
    assert_eq!(
        (records_of(&owner, named).await, owner.used_bytes().await),
        (Some(1), 70)
    );
}

async fn what_an_index_names_no_longer_is_garbage_and_its_space_is_free(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let [old, stays, new] = [
        owner.content(1).await,
        owner.content(10).await,
        owner.content(100).await,
    ];
    assert_eq!(put(&owner, &index(1, &[old, stays])).await, IndexPut::Done);
    assert_eq!(put(&owner, &index(2, &[stays, new])).await, IndexPut::Done);
    assert_eq!(
        (records_of(&owner, old).await, names(&owner, old).await),
        (None, false)
    );
    assert!(is_garbage(&records, owner.key(old)).await);
    assert_eq!(owner.used_bytes().await, 110);
    assert_eq!(put(&owner, &index(3, &[old])).await, IndexPut::NoContent);
    assert_eq!(put(&owner, &index(3, &[])).await, IndexPut::Done);
    assert_eq!(owner.used_bytes().await, 0);
}

async fn what_a_file_has_come_to_name_outlives_the_index(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let content = owner.content(70).await;
    assert_eq!(put(&owner, &index(1, &[content])).await, IndexPut::Done);
    let file = owner.file(owner.root, content);
    owner.change(vec![file.clone()], Vec::new()).await;
    assert_eq!(put(&owner, &index(2, &[content])).await, IndexPut::Done);
    assert_eq!(records_of(&owner, content).await, Some(2));
    assert_eq!(put(&owner, &index(3, &[])).await, IndexPut::Done);
    assert_eq!(
        (records_of(&owner, content).await, owner.used_bytes().await),
        (Some(1), 70)
    );
    owner.change(Vec::new(), vec![file.node]).await;
    assert_eq!(
        (records_of(&owner, content).await, owner.used_bytes().await),
        (None, 0)
    );
}

async fn an_index_may_name_as_much_as_there_may_be(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    // More than one statement takes.
    let mut contents = Vec::new();
    for _ in 0..250 {
        contents.push(owner.content(1).await);
    }
    assert_eq!(put(&owner, &index(1, &contents)).await, IndexPut::Done);
    assert!(names(&owner, contents[249]).await);
    assert_eq!(put(&owner, &index(2, &contents[249..])).await, IndexPut::Done);
    assert_eq!(
        (names(&owner, contents[0]).await, owner.used_bytes().await),
        (false, 1)
    );
}
