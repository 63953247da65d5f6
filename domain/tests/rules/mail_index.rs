use postern_domain::sweeper::Grace;
use postern_domain::{Error, SignedIn};
use postern_protocol::limits::{MAX_INDEX_CONTENTS, MAX_INDEX_MANIFEST_BYTES};
use postern_protocol::mail::{MailIndex, PutMailIndex};
use postern_protocol::time::DAY_MS;
use postern_protocol::{Bytes, ContentId};

use crate::mail::sealed;
use crate::world::{Spoiled, World, body, read_all, refusal};

/// A content that is there.
async fn uploaded(world: &World, user: &SignedIn, content: ContentId) -> ContentId {
    let put = user.upload(content).put_whole(body(&[7; 300]), world.now).await;
    put.expect("there is room");
    content
}

fn index(version: u64, contents: &[ContentId]) -> PutMailIndex {
    PutMailIndex {
        version,
        manifest: sealed(100),
        contents: contents.to_vec(),
    }
}

#[tokio::test]
async fn an_index_is_put_read_and_replaced() {
    let mut world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    assert_eq!(user.mail_index().await.expect("memory"), MailIndex::default());
    let old = uploaded(&world, &user, alice.id()).await;
    let new = uploaded(&world, &user, alice.id()).await;
    let before = world.rings();
    user.put_mail_index(&index(1, &[old]), world.now)
        .await
        .expect("is the first");
    for _ in 0..2 {
        let put = user.put_mail_index(&index(2, &[new]), world.now).await;
        put.expect("follows, or is there already");
    }
    assert_eq!(world.rings(), before, "nobody is told");
    let kept = user.mail_index().await.expect("memory");
    assert_eq!((kept.version, kept.manifest), (2, Some(sealed(100))));
    let late = refusal(user.put_mail_index(&index(1, &[new]), world.now).await);
    assert!(matches!(late, Error::Conflict { present: Some(2), .. }), "{late}");

    world.wait(2 * DAY_MS);
    world
        .postern
        .sweep(&Grace::default(), world.now)
        .await
        .expect("memory");
    let readable = user.mail_index_content(new).await.expect("is named");
    let reading = readable.read(0..300).await.expect("is there");
    assert_eq!(read_all(reading.pieces).await, [7; 300]);
    let gone = refusal(user.mail_index_content(old).await);
    assert!(matches!(gone, Error::NotFound(_)), "{gone}");
}

#[tokio::test]
async fn an_index_leads_to_nothing_but_what_it_names() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let (_, bob) = world.account("bob").await;
    let [named, other] = [
        uploaded(&world, &user, alice.id()).await,
        uploaded(&world, &user, alice.id()).await,
    ];
    user.put_mail_index(&index(1, &[named]), world.now)
        .await
        .expect("is the first");
    let refused = [
        refusal(user.mail_index_content(other).await),
        refusal(bob.mail_index_content(named).await),
        refusal(bob.put_mail_index(&index(1, &[other]), world.now).await),
    ];
    for refused in refused {
        assert!(matches!(refused, Error::NotFound(_)), "{refused}");
    }
}

#[tokio::test]
async fn an_index_that_is_not_well_formed_is_refused() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let good = index(1, &[uploaded(&world, &user, alice.id()).await]);
    let cases: [Spoiled<PutMailIndex>; 7] = [
        ("version 0", |put| put.version = 0),
        ("no number", |put| put.version = u64::MAX),
        ("named twice", |put| put.contents.push(put.contents[0])),
        ("too many", |put| {
            let id = |number: usize| ContentId((number as u128).to_be_bytes());
            put.contents = (0..=MAX_INDEX_CONTENTS).map(id).collect();
        }),
        ("no manifest", |put| put.manifest = Bytes::default()),
        ("another suite", |put| put.manifest.0[0] = 2),
        ("too long", |put| {
            put.manifest = sealed(MAX_INDEX_MANIFEST_BYTES + 1);
        }),
    ];
    for (what, spoil) in cases {
        let mut put = good.clone();
        spoil(&mut put);
        let refused = refusal(user.put_mail_index(&put, world.now).await);
        assert!(
            matches!(refused, Error::Malformed(_) | Error::TooLarge(_)),
            "{what}: {refused}"
        );
    }
    let full = PutMailIndex {
        manifest: sealed(MAX_INDEX_MANIFEST_BYTES),
        ..good
    };
    user.put_mail_index(&full, world.now).await.expect("just fits");
}
