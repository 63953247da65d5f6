use bytes::Bytes;
use postern_crypto::hash::hash;
use postern_domain::store::BodyError;
use postern_domain::{Error, SignedIn};
use postern_protocol::ContentId;
use postern_protocol::bundle::{BundleKept, BundleMistake, MAX_BUNDLE_BYTES, push};

use crate::world::{QUOTA_BYTES, World, body, refusal};

fn bundle(contents: &[(ContentId, Vec<u8>)]) -> Bytes {
    let mut bundle = Vec::new();
    for (content, sealed) in contents {
        push(&mut bundle, *content, sealed);
    }
    bundle.into()
}

async fn send(
    world: &World,
    user: &SignedIn,
    contents: &[(ContentId, Vec<u8>)],
) -> Result<BundleKept, Error> {
    let bundle = bundle(contents);
    user.put_bundle(&bundle, hash(&bundle), world.now).await
}

async fn used_bytes(user: &SignedIn) -> u64 {
    user.session().account_body().await.expect("there").used_bytes
}

#[tokio::test]
async fn small_contents_come_together_and_are_read_together_in_any_order() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let contents: Vec<(ContentId, Vec<u8>)> = (0..20)
        .map(|n| (alice.id(), vec![n; 200 + usize::from(n)]))
        .collect();
    for _ in 0..2 {
        let kept = send(&world, &user, &contents).await.expect("there is room");
        let told: Vec<_> = kept
            .contents
            .iter()
            .map(|body| (body.content, body.size_bytes))
            .collect();
        let sent: Vec<_> = contents
            .iter()
            .map(|(id, sealed)| (*id, sealed.len() as u64))
            .collect();
        assert_eq!(told, sent);
        assert_eq!(
            used_bytes(&user).await,
            sent.iter().map(|(_, size)| size).sum::<u64>()
        );
    }
    let backwards: Vec<_> = contents.iter().rev().map(|(id, _)| *id).collect();
    let read = user.bundle(&backwards).await.expect("all are there");
    let (bytes, delivery) = read.read().await.expect("all are there");
    let expected: Vec<u8> = contents
        .iter()
        .rev()
        .flat_map(|(_, sealed)| sealed.clone())
        .collect();
    assert_eq!(
        (bytes.len() as u64, &bytes[..]),
        (read.size_bytes(), &expected[..])
    );
    assert!(delivery.is_none(), "an owner's reading is not counted");
}

#[tokio::test]
async fn a_bundle_goes_on_where_it_was_lost_and_never_replaces_what_is_there() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let [first, second]: [(ContentId, Vec<u8>); 2] = [1, 2].map(|n| (alice.id(), vec![n; 300]));
    user.upload(first.0)
        .put_whole(body(&first.1), world.now)
        .await
        .expect("there is room");
    send(&world, &user, &[first.clone(), second])
        .await
        .expect("one of two is new");
    assert_eq!(used_bytes(&user).await, 600);
    let third = (alice.id(), vec![3; 300]);
    let refused = send(&world, &user, &[third, (first.0, vec![9; 301])]).await;
    assert!(matches!(refusal(refused), Error::Conflict { .. }));
    let there = user
        .bundle(&[first.0])
        .await
        .expect("there")
        .read()
        .await
        .expect("there");
    assert_eq!(&there.0[..], &first.1[..]);
}

#[tokio::test]
async fn a_bundle_that_does_not_fit_leaves_nothing() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let half = usize::try_from(QUOTA_BYTES / 2).expect("small") + 1;
    let contents: Vec<(ContentId, Vec<u8>)> = (0..2).map(|n| (alice.id(), vec![n; half])).collect();
    let refused = send(&world, &user, &contents).await;
    assert!(matches!(refusal(refused), Error::QuotaExceeded));
    assert_eq!(used_bytes(&user).await, 0);
    for (id, _) in contents {
        assert!(matches!(refusal(user.content(id).await), Error::NotFound(_)));
    }
}

#[tokio::test]
async fn what_is_no_bundle_is_refused_and_nothing_of_it_is_kept() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let [id, other]: [ContentId; 2] = [alice.id(), alice.id()];
    let good = bundle(&[(id, vec![1; 300])]);
    let forged = user.put_bundle(&good, [7; 32], world.now).await;
    assert!(matches!(refusal(forged), Error::Body(BodyError::WrongChecksum)));
    let cut = good.slice(..good.len() - 1);
    let refused = user.put_bundle(&cut, hash(&cut), world.now).await;
    assert!(matches!(refusal(refused), Error::Bundle(BundleMistake::CutShort)));
    let twice = send(&world, &user, &[(id, vec![1; 300]), (id, vec![1; 300])]).await;
    assert!(matches!(refusal(twice), Error::Bundle(BundleMistake::Twice)));
    assert!(matches!(
        refusal(send(&world, &user, &[]).await),
        Error::Bundle(BundleMistake::Count)
    ));
    let short = send(&world, &user, &[(id, vec![1; 300]), (other, vec![1; 95])]).await;
    assert!(matches!(refusal(short), Error::Malformed(_)));
    let large = send(&world, &user, &[(id, vec![1; MAX_BUNDLE_BYTES])]).await;
    assert!(matches!(refusal(large), Error::TooLarge(_)));
    assert!(matches!(refusal(user.content(id).await), Error::NotFound(_)));
}

#[tokio::test]
async fn what_is_asked_for_together_is_ones_own_each_once_and_not_too_much() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let (_, mallory) = world.account("mallory").await;
    let [id, missing]: [ContentId; 2] = [alice.id(), alice.id()];
    send(&world, &user, &[(id, vec![1; 300])])
        .await
        .expect("there is room");
    assert!(matches!(refusal(mallory.bundle(&[id]).await), Error::NotFound(_)));
    assert!(matches!(
        refusal(user.bundle(&[id, missing]).await),
        Error::NotFound(_)
    ));
    assert!(matches!(
        refusal(user.bundle(&[id, id]).await),
        Error::Bundle(BundleMistake::Twice)
    ));
    assert!(matches!(
        refusal(user.bundle(&[]).await),
        Error::Bundle(BundleMistake::Count)
    ));
    let many: Vec<ContentId> = (0..257).map(|_| alice.id()).collect();
    assert!(matches!(
        refusal(user.bundle(&many).await),
        Error::Bundle(BundleMistake::Count)
    ));
}
