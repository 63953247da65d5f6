use actix_web::http::Method;
use postern_protocol::ContentId;
use postern_protocol::bundle::{BundleKept, BundleRead, MAX_BUNDLE_BYTES, push};
use postern_protocol::error::ErrorCode;
use postern_protocol::link::{LEASE_HEADER, LeaseBody, LinkEntry, LinkProof, Links};

use crate::server::{Answer, Server, User, eventually};

type Contents = Vec<(ContentId, Vec<u8>)>;

fn letters(user: &mut User, count: u8) -> Contents {
    (0..count)
        .map(|n| (user.device.id(), vec![n; 4_000 + usize::from(n)]))
        .collect()
}

fn bundle(contents: &Contents) -> Vec<u8> {
    let mut bundle = Vec::new();
    for (content, sealed) in contents {
        push(&mut bundle, *content, sealed);
    }
    bundle
}

async fn send(server: &Server, user: &User, body: &[u8]) -> Answer {
    let request = server.request(Method::POST, "/contents").by(user);
    request.sealed(body).send().await
}

fn wanted(contents: &Contents) -> BundleRead {
    BundleRead {
        contents: contents.iter().map(|(content, _)| *content).collect(),
    }
}

fn end_to_end(contents: &Contents) -> Vec<u8> {
    contents.iter().flat_map(|(_, sealed)| sealed.clone()).collect()
}

#[actix_web::test]
async fn small_contents_come_and_go_in_one_request() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let contents = letters(&mut alice, 200);
        for _ in 0..2 {
            let kept: BundleKept = send(&server, &alice, &bundle(&contents)).await.json();
            assert_eq!(kept.contents.len(), 200);
            assert_eq!(
                (kept.contents[7].content, kept.contents[7].size_bytes),
                (contents[7].0, 4_007)
            );
        }
        let read = server.post("/contents/read", &alice, &wanted(&contents)).await;
        assert_eq!(
            (read.status.as_u16(), read.header("cache-control")),
            (200, "no-store")
        );
        assert!(read.body == end_to_end(&contents));
        let alone = server.get(&format!("/contents/{}", contents[9].0), &alice).await;
        assert!(alone.body == contents[9].1, "each is a content of its own");
    }
}

#[actix_web::test]
async fn a_bundle_needs_a_session_a_checksum_and_a_shape() {
    let server = Server::start().await;
    let mut alice = server.user("alice").await;
    let contents = letters(&mut alice, 2);
    let good = bundle(&contents);
    let unsigned = server
        .request(Method::POST, "/contents")
        .sealed(&good)
        .send()
        .await;
    unsigned.refused(401, ErrorCode::NotSignedIn);
    let bare = server
        .request(Method::POST, "/contents")
        .by(&alice)
        .body(&good)
        .send()
        .await;
    bare.refused(400, ErrorCode::BadRequest);
    let other = server.request(Method::POST, "/contents").by(&alice);
    let mut changed = good.clone();
    changed[30] ^= 1;
    let forged = other.sealed(&good).body(&changed).send().await;
    forged.refused(422, ErrorCode::ChecksumMismatch);
    send(&server, &alice, &good[..good.len() - 1])
        .await
        .refused(400, ErrorCode::BadRequest);
    send(&server, &alice, &[])
        .await
        .refused(400, ErrorCode::BadRequest);
    let large = vec![0; MAX_BUNDLE_BYTES + 1];
    send(&server, &alice, &large)
        .await
        .refused(413, ErrorCode::TooLarge);
    let none = server.post("/contents/read", &alice, &wanted(&contents)).await;
    none.refused(404, ErrorCode::NotFound);
    let twice = BundleRead {
        contents: vec![contents[0].0; 2],
    };
    server
        .post("/contents/read", &alice, &twice)
        .await
        .refused(400, ErrorCode::BadRequest);
}

/// A folder of three letters behind a link, and a fourth letter beside it.
struct Shared {
    server: Server,
    alice: User,
    inside: Contents,
    outside: ContentId,
    link: postern_domain::device::MadeLink,
}

impl Shared {
    async fn new(server: Server) -> Self {
        let mut alice = server.user("alice").await;
        let contents = letters(&mut alice, 4);
        send(&server, &alice, &bundle(&contents))
            .await
            .json::<BundleKept>();
        let folder = alice.device.folder(alice.device.root);
        let mut puts = vec![folder.clone()];
        for (index, (content, _)) in contents.iter().enumerate() {
            let parent = if index < 3 { folder.node } else { alice.device.root };
            puts.push(alice.device.file(parent, *content));
        }
        let batch = alice.device.batch(puts, Vec::new());
        let path = format!("/volumes/{}/batches", alice.device.volume);
        assert_eq!(server.post(&path, &alice, &batch).await.status, 200);
        let mut link = alice.device.link(folder.node);
        link.create.max_downloads = Some(3);
        server
            .post("/links", &alice, &link.create)
            .await
            .json::<LinkEntry>();
        Self {
            server,
            alice,
            inside: contents[..3].to_vec(),
            outside: contents[3].0,
            link,
        }
    }

    async fn lease(&self) -> String {
        let proof = LinkProof {
            proof: self.link.proof.clone(),
        };
        let path = format!("/links/{}/leases", self.link.create.id);
        let request = self.server.request(Method::POST, &path).json(&proof);
        request.send().await.json::<LeaseBody>().token
    }

    async fn read(&self, token: &str, wanted: &BundleRead) -> Answer {
        let path = format!("/links/{}/contents/read", self.link.create.id);
        let request = self
            .server
            .request(Method::POST, &path)
            .header(LEASE_HEADER, token);
        request.json(wanted).send().await
    }

    async fn downloads(&self) -> u32 {
        self.server.get("/links", &self.alice).await.json::<Links>().links[0].downloads
    }
}

#[actix_web::test]
async fn a_links_holder_reads_what_lies_below_it_under_one_lease_that_counts_once() {
    for server in Server::both().await {
        let shared = Shared::new(server).await;
        let token = shared.lease().await;
        assert_eq!(shared.downloads().await, 0);
        for _ in 0..2 {
            let read = shared.read(&token, &wanted(&shared.inside)).await;
            assert!(read.status == 200 && read.body == end_to_end(&shared.inside));
        }
        eventually(|| async { shared.downloads().await == 1 }).await;
        let mut more = wanted(&shared.inside);
        more.contents.push(shared.outside);
        shared.read(&token, &more).await.refused(404, ErrorCode::NotFound);
        shared
            .read("", &wanted(&shared.inside))
            .await
            .refused(404, ErrorCode::LinkUnavailable);
        assert_eq!(shared.downloads().await, 1);
    }
}
