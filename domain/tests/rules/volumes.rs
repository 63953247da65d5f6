use postern_domain::Error;
use postern_domain::device::{Device, sealed};
use postern_domain::store::BatchRefusal;
use postern_protocol::account::{ObjectKind, PutObject};
use postern_protocol::limits::{MAX_BATCH_RECORDS, MAX_RECORD_BYTES};
use postern_protocol::volume::{Batch, VolumeChange};
use postern_protocol::{Bytes, ContentId, NodeId, VolumeId};

use crate::world::{Spoiled, World, refusal};

#[tokio::test]
async fn what_was_put_is_read_back_with_the_head() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let file = world.file(&mut alice, &user, &[1; 200]).await;
    let volume = user.volume(alice.volume).await.expect("the drive is there");
    let page = volume.changes(None, 10).await.expect("it is there");
    assert_eq!(
        page.changes,
        [VolumeChange::Put {
            counter: 1,
            record: file
        }]
    );
    assert!(page.head.is_some());
}

#[tokio::test]
async fn a_volume_is_its_owners_only() {
    let world = World::new().await;
    let (alice, _) = world.account("alice").await;
    let (_, mallory) = world.account("mallory").await;
    assert!(matches!(
        refusal(mallory.volume(alice.volume).await),
        Error::NotFound(_)
    ));
    assert!(matches!(
        refusal(mallory.volume(VolumeId([9; 16])).await),
        Error::NotFound(_)
    ));
}

#[tokio::test]
async fn a_change_that_follows_an_older_head_is_told_the_present_one() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let late = Device::new("alice").batch(vec![alice.folder(alice.root)], vec![]);
    for _ in 0..2 {
        let batch = {
            let folder = alice.folder(alice.root);
            alice.batch(vec![folder], vec![])
        };
        user.volume(alice.volume)
            .await
            .expect("there")
            .apply(batch, world.now)
            .await
            .expect("it follows");
    }
    let volume = user.volume(alice.volume).await.expect("the drive is there");
    let refused = refusal(volume.apply(late, world.now).await);
    assert!(
        matches!(refused, Error::Conflict { present: Some(2), .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_change_that_is_sent_again_is_answered_alike() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let batch = {
        let folder = alice.folder(alice.root);
        alice.batch(vec![folder], vec![])
    };
    for _ in 0..2 {
        let volume = user.volume(alice.volume).await.expect("the drive is there");
        assert_eq!(
            volume
                .apply(batch.clone(), world.now)
                .await
                .expect("it follows")
                .counter,
            1
        );
    }
}

#[tokio::test]
async fn a_head_must_be_signed_by_the_owner_and_follow_the_present_one() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let (mut mallory, _) = world.account("mallory").await;
    let volume = user.volume(alice.volume).await.expect("the drive is there");
    let good = alice.batch(vec![], vec![]);
    let next = alice.batch(vec![], vec![]);
    let heads: [(&str, Bytes); 4] = [
        ("somebody else's", mallory.batch(vec![], vec![]).head),
        ("the one after", next.head),
        ("cut", Bytes(good.head.0[1..].to_vec())),
        (
            "forged",
            Bytes(
                good.head
                    .0
                    .iter()
                    .enumerate()
                    .map(|(at, byte)| byte ^ u8::from(at == 40))
                    .collect(),
            ),
        ),
    ];
    for (what, head) in heads {
        let refused = refusal(volume.apply(Batch { head, ..good.clone() }, world.now).await);
        assert!(matches!(refused, Error::Malformed(_)), "{what}: {refused}");
    }
    volume
        .apply(good, world.now)
        .await
        .expect("the right one is taken");
}

#[tokio::test]
async fn a_batch_that_is_malformed_is_refused_before_anything_is_touched() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let volume = user.volume(alice.volume).await.expect("the drive is there");
    let good = {
        let folder = alice.folder(alice.root);
        alice.batch(vec![folder], vec![])
    };
    let spoil: [Spoiled<Batch>; 9] = [
        ("a node twice", |batch| batch.puts.push(batch.puts[0].clone())),
        ("put and deleted", |batch| batch.deletes.push(batch.puts[0].node)),
        ("a folder with a content", |batch| {
            batch.puts[0].content = Some(ContentId([1; 16]));
        }),
        ("not sealed", |batch| {
            batch.puts[0].sealed = Bytes(b"name.txt".to_vec());
        }),
        ("too large", |batch| {
            batch.puts[0].sealed = Bytes(vec![1; MAX_RECORD_BYTES + 1]);
        }),
        ("a number that no database has", |batch| {
            batch.puts[0].seq = u64::MAX;
        }),
        ("another counter", |batch| batch.expected = 7),
        ("too many", |batch| {
            batch.deletes = (0..=MAX_BATCH_RECORDS)
                .map(|at| NodeId([at.to_le_bytes()[0]; 16]))
                .collect();
        }),
        ("an object that is not the state", |batch| {
            batch.state = Some(PutObject {
                kind: ObjectKind::Root,
                version: 2,
                sealed: sealed(),
            });
        }),
    ];
    for (what, spoil) in spoil {
        let mut batch = good.clone();
        spoil(&mut batch);
        let refused = refusal(volume.apply(batch, world.now).await);
        assert!(
            matches!(refused, Error::Malformed(_) | Error::TooLarge(_)),
            "{what}: {refused}"
        );
    }
    volume
        .apply(good, world.now)
        .await
        .expect("the right one is taken");
}

#[tokio::test]
async fn a_rule_of_the_tree_that_would_be_broken_is_named() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let volume = user.volume(alice.volume).await.expect("the drive is there");
    let missing = alice.file(alice.root, ContentId([9; 16]));
    let batch = Device::new("alice").batch(vec![missing], vec![]);
    let refused = refusal(volume.apply(batch, world.now).await);
    assert!(
        matches!(refused, Error::Refused(BatchRefusal::NoContent(_))),
        "{refused}"
    );
}

#[tokio::test]
async fn the_state_changes_with_the_batch_or_neither_does() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let volume = user.volume(alice.volume).await.expect("the drive is there");
    let folder = alice.folder(alice.root);
    let batch = alice.batch(vec![folder], vec![]);
    let with_state = |version| Batch {
        state: Some(PutObject {
            kind: ObjectKind::State,
            version,
            sealed: sealed(),
        }),
        ..batch.clone()
    };
    let refused = refusal(volume.apply(with_state(7), world.now).await);
    assert!(
        matches!(refused, Error::Conflict { present: Some(1), .. }),
        "{refused}"
    );
    volume.apply(with_state(2), world.now).await.expect("both follow");
}
