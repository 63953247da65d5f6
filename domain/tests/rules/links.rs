use postern_domain::device::{Device, MadeLink};
use postern_domain::leases::LEASE_MS;
use postern_domain::{Error, LinkEnd, SignedIn};
use postern_protocol::link::LinkStatus;
use postern_protocol::time::HOUR_MS;
use postern_protocol::volume::NodeKind;
use postern_protocol::{Bytes, ContentId, NodeId};

use crate::world::{Spoiled, World, body, read_all, refusal};

/// A server with one shared file of 300 bytes.
struct Shared {
    world: World,
    alice: Device,
    user: SignedIn,
    content: ContentId,
    link: MadeLink,
}

impl Shared {
    async fn file(change: impl FnOnce(&mut MadeLink)) -> Self {
        let world = World::new().await;
        let (mut alice, user) = world.account("alice").await;
        let file = world.file(&mut alice, &user, &[1; 300]).await;
        let mut link = alice.link(file.node);
        change(&mut link);
        user.create_link(link.create.clone(), world.now)
            .await
            .expect("the node is there");
        let content = file.content.expect("a file has one");
        Self {
            world,
            alice,
            user,
            content,
            link,
        }
    }

    async fn open(&self) -> Result<postern_domain::links::OpenLink, Error> {
        self.world
            .postern
            .link(self.link.create.id, &self.link.proof, self.world.now)
            .await
    }

    async fn lease(&mut self) -> Result<String, Error> {
        let open = self.open().await?;
        Ok(open.lease(self.world.now, &mut self.alice.rng).await?.token)
    }

    async fn download(&self, token: &str) -> Result<Vec<u8>, Error> {
        let lease = self
            .world
            .postern
            .lease(self.link.create.id, token, self.world.now)
            .await?;
        let reading = lease.content(self.content).await?.read(0..300).await?;
        let bytes = read_all(reading.pieces).await;
        reading
            .delivery
            .expect("the last byte is in the range")
            .done()
            .await?;
        Ok(bytes)
    }

    async fn downloads(&self) -> u32 {
        self.user
            .links(self.world.now)
            .await
            .expect("memory is always there")
            .links[0]
            .downloads
    }
}

#[tokio::test]
async fn a_link_leads_its_holder_to_the_file() {
    let mut shared = Shared::file(|_| {}).await;
    let body = shared.open().await.expect("the proof is right").body();
    assert_eq!((body.kind, body.content), (NodeKind::File, Some(shared.content)));
    assert_eq!(body.wrap, shared.link.create.wrap);
    let token = shared.lease().await.expect("there is no limit");
    assert_eq!(shared.download(&token).await.expect("leased"), [1; 300]);
}

#[tokio::test]
async fn e5_without_the_proof_a_link_that_is_there_looks_like_one_that_is_not() {
    let mut shared =
        Shared::file(|link| link.create.expires = Some(crate::world::START.plus_ms(HOUR_MS))).await;
    let other = shared.alice.link(NodeId([9; 16]));
    let mut said = Vec::new();
    for step in 0..3 {
        match step {
            0 => {}
            1 => shared.world.wait(HOUR_MS),
            _ => shared
                .user
                .revoke_link(shared.link.create.id, shared.world.now)
                .await
                .expect("there"),
        }
        let now = shared.world.now;
        let wrong = shared
            .world
            .postern
            .link(shared.link.create.id, &other.proof, now)
            .await;
        let absent = shared
            .world
            .postern
            .link(other.create.id, &other.proof, now)
            .await;
        said.extend([refusal(wrong).to_string(), refusal(absent).to_string()]);
    }
    assert!(said.iter().all(|text| *text == said[0]), "{said:?}");
}

#[tokio::test]
async fn e3_looking_counts_nothing() {
    let shared = Shared::file(|link| link.create.max_downloads = Some(1)).await;
    for _ in 0..10 {
        assert_eq!(
            shared.open().await.expect("in force").body().downloads_left,
            Some(1)
        );
    }
    assert_eq!(shared.downloads().await, 0);
}

#[tokio::test]
async fn e4_a_download_counts_when_its_last_byte_was_delivered_and_once() {
    let mut shared = Shared::file(|link| link.create.max_downloads = Some(1)).await;
    let token = shared.lease().await.expect("one is left");
    assert_eq!(
        shared.open().await.expect("in force").body().downloads_left,
        Some(0)
    );
    assert!(matches!(
        refusal(shared.lease().await),
        Error::LinkEnded(LinkEnd::UsedUp)
    ));
    assert_eq!(shared.downloads().await, 0);

    let lease = shared
        .world
        .postern
        .lease(shared.link.create.id, &token, shared.world.now)
        .await
        .expect("in force");
    let content = lease.content(shared.content).await.expect("there");
    assert!(
        content.read(0..299).await.expect("within").delivery.is_none(),
        "broken off before the last byte"
    );
    for _ in 0..2 {
        shared.download(&token).await.expect("it may be taken up again");
        assert_eq!(shared.downloads().await, 1);
    }
    assert!(matches!(
        refusal(shared.open().await),
        Error::LinkEnded(LinkEnd::UsedUp)
    ));
    let links = shared
        .user
        .links(shared.world.now)
        .await
        .expect("memory is always there")
        .links;
    assert_eq!(links[0].status, LinkStatus::UsedUp);
}

#[tokio::test]
async fn e4_a_hundred_at_once_with_one_left_give_exactly_one() {
    let shared = Shared::file(|link| link.create.max_downloads = Some(1)).await;
    let take = |at: usize| {
        let (open, now) = (shared.open(), shared.world.now);
        async move {
            open.await?
                .lease(now, &mut Device::new(&format!("opener{at}")).rng)
                .await
        }
    };
    let taken = futures::future::join_all((0..100).map(take)).await;
    assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_lease_that_nobody_used_frees_its_place() {
    let mut shared = Shared::file(|link| link.create.max_downloads = Some(1)).await;
    let token = shared.lease().await.expect("one is left");
    shared.world.wait(LEASE_MS);
    assert!(matches!(
        refusal(shared.download(&token).await),
        Error::LinkUnavailable
    ));
    shared.lease().await.expect("the place is free again");
}

#[tokio::test]
async fn a_link_that_has_ended_says_why_to_who_has_the_proof() {
    let mut shared =
        Shared::file(|link| link.create.expires = Some(crate::world::START.plus_ms(HOUR_MS))).await;
    let token = shared.lease().await.expect("in force");
    shared.world.wait(HOUR_MS);
    assert!(matches!(
        refusal(shared.open().await),
        Error::LinkEnded(LinkEnd::Expired)
    ));
    shared.download(&token).await.expect("what has begun may end");
    shared
        .user
        .revoke_link(shared.link.create.id, shared.world.now)
        .await
        .expect("there");
    assert!(matches!(
        refusal(shared.open().await),
        Error::LinkEnded(LinkEnd::Revoked)
    ));
    assert!(matches!(
        refusal(shared.download(&token).await),
        Error::LinkEnded(LinkEnd::Revoked)
    ));
    shared
        .user
        .revoke_link(shared.link.create.id, shared.world.now)
        .await
        .expect("once more changes nothing");
}

#[tokio::test]
async fn a_link_goes_with_its_file() {
    let mut shared = Shared::file(|_| {}).await;
    let batch = shared.alice.batch(vec![], vec![shared.link.create.node]);
    let volume = shared.user.volume(shared.alice.volume).await.expect("there");
    volume.apply(batch, shared.world.now).await.expect("it follows");
    assert!(matches!(
        refusal(shared.open().await),
        Error::LinkEnded(LinkEnd::Revoked)
    ));
}

#[tokio::test]
async fn a_link_to_a_folder_leads_to_what_lies_below_and_nowhere_else() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let beside = world.file(&mut alice, &user, &[9; 200]).await;
    let folder = alice.folder(alice.root);
    let inner = alice.folder(folder.node);
    let content: ContentId = alice.id();
    user.upload(content)
        .put_whole(body(&[1; 300]), world.now)
        .await
        .expect("there is room");
    let file = alice.file(inner.node, content);
    let batch = alice.batch(vec![folder.clone(), inner.clone(), file.clone()], vec![]);
    user.volume(alice.volume)
        .await
        .expect("there")
        .apply(batch, world.now)
        .await
        .expect("it follows");
    let link = alice.link(folder.node);
    user.create_link(link.create.clone(), world.now)
        .await
        .expect("the node is there");

    let open = world
        .postern
        .link(link.create.id, &link.proof, world.now)
        .await
        .expect("the proof is right");
    let mut below: Vec<NodeId> = open
        .records(None)
        .await
        .expect("it is a folder")
        .records
        .iter()
        .map(|record| record.node)
        .collect();
    below.sort();
    let mut expected = [inner.node, file.node];
    expected.sort();
    assert_eq!(below, expected);
    let token = open
        .lease(world.now, &mut alice.rng)
        .await
        .expect("no limit")
        .token;
    let lease = world
        .postern
        .lease(link.create.id, &token, world.now)
        .await
        .expect("in force");
    assert_eq!(lease.content(content).await.expect("below").size_bytes(), 300);
    let elsewhere = lease.content(beside.content.expect("a file")).await;
    assert!(matches!(refusal(elsewhere), Error::NotFound(_)));
}

#[tokio::test]
async fn a_lease_is_good_for_its_own_link_only() {
    let mut shared = Shared::file(|_| {}).await;
    let token = shared.lease().await.expect("no limit");
    let other = shared.alice.link(shared.link.create.node);
    shared
        .user
        .create_link(other.create.clone(), shared.world.now)
        .await
        .expect("there");
    let swapped = shared
        .world
        .postern
        .lease(other.create.id, &token, shared.world.now)
        .await;
    assert!(matches!(refusal(swapped), Error::LinkUnavailable));
    for token in ["", "AAAA", &"A".repeat(43)] {
        let refused = shared
            .world
            .postern
            .lease(shared.link.create.id, token, shared.world.now)
            .await;
        assert!(matches!(refusal(refused), Error::LinkUnavailable));
    }
}

#[tokio::test]
async fn a_link_that_cannot_be_is_refused() {
    let shared = Shared::file(|_| {}).await;
    let spoil: [Spoiled<MadeLink>; 6] = [
        ("no downloads", |link| link.create.max_downloads = Some(0)),
        ("too many downloads", |link| {
            link.create.max_downloads = Some(u32::MAX);
        }),
        ("an end in the past", |link| {
            link.create.expires = Some(crate::world::START);
        }),
        ("no hash", |link| link.create.proof_hash = Bytes(vec![1; 31])),
        ("a wrap that is not sealed", |link| {
            link.create.wrap = Bytes(vec![2; 200]);
        }),
        ("no such node", |link| link.create.node = NodeId([9; 16])),
    ];
    for (what, spoil) in spoil {
        let mut link = Device::new("another").link(shared.link.create.node);
        link.create.volume = shared.alice.volume;
        spoil(&mut link);
        let refused = refusal(shared.user.create_link(link.create, shared.world.now).await);
        assert!(
            matches!(refused, Error::Malformed(_) | Error::NotFound(_)),
            "{what}: {refused}"
        );
    }
    let (_, mallory) = shared.world.account("mallory").await;
    let link = Device::new("another").link(shared.link.create.node);
    let mut create = link.create;
    create.volume = shared.alice.volume;
    assert!(matches!(
        refusal(mallory.create_link(create, shared.world.now).await),
        Error::NotFound(_)
    ));
    let mut taken = shared.link.create.clone();
    taken.proof_hash = Bytes(vec![1; 32]);
    let refused = shared.user.create_link(taken, shared.world.now).await;
    assert!(matches!(refusal(refused), Error::Conflict { .. }));
}
