//! What holds for volumes: batches and pages.

use postern_domain::store::{BatchOutcome, BatchRefusal, NewBatch};
use postern_protocol::account::{ObjectKind, PutObject};
use postern_protocol::changes::ChangeKind;
use postern_protocol::link::Rewrap;
use postern_protocol::volume::{NodeKind, Record, VolumeChange};

use super::world::{NOW, Owner, digest, id, sealed};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    a_batch_changes_records_head_state_and_feed_together
    a_batch_that_was_applied_may_be_sent_again
    a_batch_must_follow_the_present_counter
    nobody_changes_a_volume_of_somebody_else
    a_state_that_is_too_late_undoes_the_whole_batch
    a_batch_that_breaks_a_rule_changes_nothing
    a_content_goes_with_the_last_record_that_names_it
    a_record_sealed_anew_keeps_its_content
    deleting_a_node_revokes_its_links
    a_link_is_wrapped_anew_with_its_file
    pages_are_consistent_whatever_changes_in_between
    a_follower_is_told_what_went_and_a_beginner_is_not
    a_thousand_records_go_at_once
}

async fn a_batch_changes_records_head_state_and_feed_together(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let folder = owner.folder(owner.root);
    let file = owner.file(folder.node, owner.content(100).await);
    let mut batch = owner.batch(0, vec![folder.clone(), file.clone()], Vec::new());
    batch.state = Some(PutObject {
        kind: ObjectKind::State,
        version: 2,
        sealed: sealed("noted"),
    });
    assert_eq!(owner.apply(&batch).await, BatchOutcome::Applied);
    let volume = records
        .volume(owner.volume())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!((volume.counter, volume.head, volume.nodes), (1, batch.head, 2));
    assert_eq!(volume.root, Some(owner.root));
    let mut put = vec![folder, file];
    put.sort_by_key(|record| record.node);
    assert_eq!(owner.nodes().await, put);
    let state = records
        .object(owner.id(), ObjectKind::State)
        .await
        .expect("works")
        .expect("is there");
    assert_eq!((state.version, state.sealed), (2, sealed("noted")));
    let moved = ChangeKind::Volume {
        volume: owner.volume(),
        counter: 1,
    };
    assert_eq!(owner.feed().await, [moved, ChangeKind::Account]);
}

async fn a_batch_that_was_applied_may_be_sent_again(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let batch = owner.batch(0, vec![owner.folder(owner.root)], Vec::new());
    assert_eq!(owner.apply(&batch).await, BatchOutcome::Applied);
    assert_eq!(owner.apply(&batch).await, BatchOutcome::Applied);
    assert_eq!((owner.counter().await, owner.feed().await.len()), (1, 1));
    owner.change(vec![owner.folder(owner.root)], Vec::new()).await;
    assert_eq!(owner.apply(&batch).await, BatchOutcome::Conflict { counter: 2 });
}

async fn a_batch_must_follow_the_present_counter(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    owner.put_folder(owner.root).await;
    for expected in [0, 2] {
        let batch = owner.batch(expected, vec![owner.folder(owner.root)], Vec::new());
        assert_eq!(owner.apply(&batch).await, BatchOutcome::Conflict { counter: 1 });
    }
    assert_eq!(owner.nodes().await.len(), 1);
}

async fn nobody_changes_a_volume_of_somebody_else(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let batch = NewBatch {
        volume: owner.volume(),
        ..other.batch(0, Vec::new(), Vec::new())
    };
    assert_eq!(owner.apply(&batch).await, BatchOutcome::NoVolume);
    let absent = NewBatch {
        volume: id(),
        ..batch
    };
    assert_eq!(owner.apply(&absent).await, BatchOutcome::NoVolume);
    assert_eq!(owner.counter().await, 0);
}

async fn a_state_that_is_too_late_undoes_the_whole_batch(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let content = owner.content(100).await;
    let mut batch = owner.batch(0, vec![owner.file(owner.root, content)], Vec::new());
    batch.state = Some(PutObject {
        kind: ObjectKind::State,
        version: 5,
        sealed: sealed("late"),
    });
    assert_eq!(
        owner.apply(&batch).await,
        BatchOutcome::StateConflict { version: 1 }
    );
    assert!(owner.nodes().await.is_empty() && owner.feed().await.is_empty());
    let content = records
        .content(owner.key(content))
        .await
        .expect("works")
        .expect("is there");
    assert_eq!((owner.counter().await, content.records), (0, 0));
}

async fn a_batch_that_breaks_a_rule_changes_nothing(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let folder = owner.put_folder(owner.root).await;
    let file = owner.put_file(folder.node).await;
    let link = owner.link(file.node, None).await;
    let (arrived, foreign, nowhere) = (owner.content(10).await, other.content(10).await, id());
    let again = |record: &Record| Record {
        seq: record.seq + 1,
        ..record.clone()
    };
    let put = |record: Record| owner.batch(2, vec![record], Vec::new());
    let new_content = Record {
        content: Some(arrived),
        ..again(&file)
    };
    let as_folder = Record {
        kind: NodeKind::Folder,
        content: None,
        ..again(&file)
    };
    let (absent, unknown_link) = (id(), id());
    let mut wrapped = put(again(&file));
    wrapped.rewraps = vec![Rewrap {
        id: unknown_link,
        wrap: sealed("wrap"),
    }];
    let cases = [
        (
            owner.batch(2, Vec::new(), vec![absent]),
            BatchRefusal::NoSuchNode(absent),
        ),
        (put(owner.folder(nowhere)), BatchRefusal::NoParent(nowhere)),
        (put(owner.folder(file.node)), BatchRefusal::NoParent(file.node)),
        (
            put(Record {
                node: owner.root,
                ..owner.folder(folder.node)
            }),
            BatchRefusal::RootRecord(owner.root),
        ),
        (
            owner.batch(2, Vec::new(), vec![folder.node]),
            BatchRefusal::Orphan(file.node),
        ),
        (
            put(Record {
                parent: folder.node,
                ..again(&folder)
            }),
            BatchRefusal::Cycle(folder.node),
        ),
        (put(as_folder), BatchRefusal::KindChanged(file.node)),
        (put(file.clone()), BatchRefusal::WrongSeq(file.node)),
        (
            put(owner.file(owner.root, foreign)),
            BatchRefusal::NoContent(foreign),
        ),
        (
            put(owner.file(owner.root, nowhere.0.into())),
            BatchRefusal::NoContent(nowhere.0.into()),
        ),
        (wrapped, BatchRefusal::NoSuchLink(unknown_link)),
        (put(new_content), BatchRefusal::LinkLeftBehind(link)),
    ];
    let (before, feed) = (owner.nodes().await, owner.feed().await);
    for (batch, refusal) in cases {
        assert_eq!(owner.apply(&batch).await, BatchOutcome::Refused(refusal));
    }
    assert_eq!(
        (owner.nodes().await, owner.feed().await, owner.counter().await),
        (before, feed, 2)
    );
}

async fn a_content_goes_with_the_last_record_that_names_it(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let content = owner.content(100).await;
    let (one, two) = (owner.file(owner.root, content), owner.file(owner.root, content));
    owner.change(vec![one.clone(), two.clone()], Vec::new()).await;
    owner.change(Vec::new(), vec![one.node]).await;
    assert_eq!(owner.used_bytes().await, 100);
    owner.change(Vec::new(), vec![two.node]).await;
    assert_eq!(owner.used_bytes().await, 0);
    assert_eq!(records.content(owner.key(content)).await.expect("works"), None);
    let garbage = records.garbage(NOW.plus_ms(1), 10_000).await.expect("works");
    assert!(
        garbage
            .iter()
            .any(|row| row.key == owner.key(content) && row.upload.is_none())
    );
}

async fn a_record_sealed_anew_keeps_its_content(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let renamed = Record {
        seq: 2,
        sealed: sealed("another name"),
        ..file.clone()
    };
    owner.change(vec![renamed.clone()], Vec::new()).await;
    assert_eq!(owner.nodes().await, vec![renamed.clone()]);
    assert_eq!(owner.used_bytes().await, 100);
    let replaced = Record {
        seq: 3,
        content: Some(owner.content(70).await),
        ..renamed
    };
    owner.change(vec![replaced], Vec::new()).await;
    assert_eq!(owner.used_bytes().await, 70);
    let old = owner.key(file.content.expect("a file has a content"));
    assert_eq!(records.content(old).await.expect("works"), None);
}

async fn deleting_a_node_revokes_its_links(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, None).await;
    owner.change(Vec::new(), vec![file.node]).await;
    let gone = records
        .link(link, NOW)
        .await
        .expect("works")
        .expect("its row stays");
    assert_eq!((gone.revoked, gone.target, gone.wrap.len()), (Some(NOW), None, 0));
    assert!(records.links(owner.id(), NOW).await.expect("works").is_empty());
    assert_eq!(owner.feed().await.last(), Some(&ChangeKind::Link { link }));
}

async fn a_link_is_wrapped_anew_with_its_file(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, None).await;
    let replaced = Record {
        seq: 2,
        content: Some(owner.content(70).await),
        ..file
    };
    let mut batch = owner.batch(1, vec![replaced.clone()], Vec::new());
    batch.rewraps = vec![Rewrap {
        id: link,
        wrap: sealed("another wrap"),
    }];
    assert_eq!(owner.apply(&batch).await, BatchOutcome::Applied);
    let row = records.link(link, NOW).await.expect("works").expect("is there");
    assert_eq!(
        (row.wrap, row.target.and_then(|target| target.content)),
        (sealed("another wrap"), replaced.content)
    );
    assert_eq!(owner.feed().await.last(), Some(&ChangeKind::Link { link }));
}

async fn pages_are_consistent_whatever_changes_in_between(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mut files = Vec::new();
    for _ in 0..6 {
        files.push(owner.put_folder(owner.root).await);
    }
    let first = records
        .volume_page(owner.volume(), None, 3)
        .await
        .expect("works")
        .expect("is there");
    assert_eq!((first.changes.len(), first.head), (3, None));
    // One that was read changes, one that was read goes, one that was not read changes, one comes.
    let again = |record: &Record| Record {
        seq: 2,
        ..record.clone()
    };
    let new = owner.folder(owner.root);
    owner
        .change(vec![again(&files[0]), again(&files[4]), new], vec![files[1].node])
        .await;
    let rest = owner.drive(Some(first.next), 2).await;
    let mut view: Vec<Record> = Vec::new();
    for change in first.changes.into_iter().chain(rest) {
        match change {
            VolumeChange::Put { record, .. } => {
                view.retain(|known| known.node != record.node);
                view.push(record);
            }
            VolumeChange::Delete { node, .. } => view.retain(|known| known.node != node),
        }
    }
    view.sort_by_key(|record| record.node);
    assert_eq!(view, owner.nodes().await);
    assert_eq!(view.len(), 6);
}

async fn a_follower_is_told_what_went_and_a_beginner_is_not(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let folder = owner.put_folder(owner.root).await;
    let page = records
        .volume_page(owner.volume(), None, 10)
        .await
        .expect("works")
        .expect("is there");
    let volume = records
        .volume(owner.volume())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(page.head, Some(volume.head));
    let quiet = records
        .volume_page(owner.volume(), Some(page.next), 10)
        .await
        .expect("works");
    let quiet = quiet.expect("is there");
    assert!(quiet.changes.is_empty() && quiet.head.is_some() && quiet.next == page.next);
    owner.change(Vec::new(), vec![folder.node]).await;
    let told = owner.drive(Some(page.next), 10).await;
    assert_eq!(
        told,
        [VolumeChange::Delete {
            counter: 2,
            node: folder.node
        }]
    );
    assert!(owner.drive(None, 10).await.is_empty());
    assert_eq!(records.volume_page(id(), None, 10).await.expect("works"), None);
    // The tombstone remembers the seq: an old record cannot come back.
    let old = owner
        .apply(&owner.batch(2, vec![folder.clone()], Vec::new()))
        .await;
    assert_eq!(old, BatchOutcome::Refused(BatchRefusal::WrongSeq(folder.node)));
}

async fn a_thousand_records_go_at_once(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let folders: Vec<_> = (0..1_000).map(|_| owner.folder(owner.root)).collect();
    owner.change(folders.clone(), Vec::new()).await;
    let mut nodes: Vec<_> = folders.iter().map(|folder| folder.node).collect();
    nodes.sort_unstable();
    let read = owner.drive(None, 300).await;
    let order = |change: &VolumeChange| match change {
        VolumeChange::Put { record, .. } => record.node,
        VolumeChange::Delete { node, .. } => *node,
    };
    assert_eq!(read.iter().map(order).collect::<Vec<_>>(), nodes);
    owner.change(Vec::new(), nodes).await;
    let volume = records
        .volume(owner.volume())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!((volume.nodes, volume.head.len()), (0, digest().len()));
}
