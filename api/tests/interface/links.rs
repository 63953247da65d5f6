use actix_web::http::Method;
use futures::StreamExt as _;
use futures::future::join_all;
use postern_domain::device::MadeLink;
use postern_protocol::error::ErrorCode;
use postern_protocol::link::{
    LEASE_HEADER, LeaseBody, LinkBody, LinkEntry, LinkProof, LinkRecords, LinkRecordsRequest, LinkStatus,
    Links,
};
use postern_protocol::time::{DAY_MS, HOUR_MS};
use postern_protocol::{Bytes, ContentId, LinkId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{Answer, Server, User, eventually};

const SIZE: usize = 200_000;

/// A file behind a link.
struct Shared {
    server: Server,
    alice: User,
    content: ContentId,
    link: MadeLink,
}

impl Shared {
    async fn new(server: Server, change: impl FnOnce(&Server, &mut MadeLink)) -> Self {
        let mut alice = server.user("alice").await;
        let file = server.file(&mut alice, &[1; SIZE]).await;
        let mut link = alice.device.link(file.node);
        change(&server, &mut link);
        let entry: LinkEntry = server.post("/links", &alice, &link.create).await.json();
        assert_eq!(
            (entry.id, entry.status, entry.downloads),
            (link.create.id, LinkStatus::Active, 0)
        );
        Self {
            content: file.content.expect("a file has one"),
            server,
            alice,
            link,
        }
    }

    async fn limited(server: Server) -> Self {
        Self::new(server, |_, link| link.create.max_downloads = Some(1)).await
    }

    async fn ask(&self, what: &str, link: LinkId, proof: &Bytes) -> Answer {
        let proof = LinkProof { proof: proof.clone() };
        self.server
            .request(Method::POST, &format!("/links/{link}/{what}"))
            .json(&proof)
            .send()
            .await
    }

    async fn open(&self) -> Answer {
        self.ask("open", self.link.create.id, &self.link.proof).await
    }

    async fn lease(&self) -> Answer {
        self.ask("leases", self.link.create.id, &self.link.proof).await
    }

    fn path(&self) -> String {
        format!("/links/{}/contents/{}", self.link.create.id, self.content)
    }

    async fn read(&self, token: &str, range: &str) -> Answer {
        let request = self
            .server
            .request(Method::GET, &self.path())
            .header(LEASE_HEADER, token);
        if range.is_empty() {
            request.send().await
        } else {
            request.header("range", range).send().await
        }
    }

    async fn entry(&self) -> LinkEntry {
        self.server.get("/links", &self.alice).await.json::<Links>().links[0].clone()
    }

    async fn revoke(&self) -> Answer {
        let path = format!("/links/{}", self.link.create.id);
        self.server
            .request(Method::DELETE, &path)
            .by(&self.alice)
            .send()
            .await
    }
}

#[actix_web::test]
async fn a_link_is_opened_leased_and_downloaded_without_an_account() {
    for server in Server::both().await {
        let shared = Shared::limited(server).await;
        let body: LinkBody = shared.open().await.json();
        assert_eq!(
            (body.content, body.downloads_left),
            (Some(shared.content), Some(1))
        );
        let lease: LeaseBody = shared.lease().await.json();
        assert_eq!(lease.expires, shared.server.now().plus_ms(DAY_MS));
        let whole = shared.read(&lease.token, "").await;
        assert_eq!((whole.status.as_u16(), whole.body.len()), (200, SIZE));
        eventually(|| async { shared.entry().await.downloads == 1 }).await;
        assert_eq!(shared.entry().await.status, LinkStatus::UsedUp);
        shared.open().await.refused(410, ErrorCode::LinkUsedUp);
        shared.lease().await.refused(410, ErrorCode::LinkUsedUp);
        assert_eq!(
            shared.read(&lease.token, "bytes=0-9").await.status,
            206,
            "a lease lasts its day"
        );
    }
}

#[actix_web::test]
async fn e3_looking_at_a_link_never_counts() {
    for server in Server::both().await {
        let shared = Shared::limited(server).await;
        let lease: LeaseBody = shared.lease().await.json();
        let head = shared
            .server
            .request(Method::HEAD, &shared.path())
            .header(LEASE_HEADER, &lease.token);
        let head = head.send().await;
        assert_eq!(
            (head.status.as_u16(), head.header("content-length")),
            (200, "200000")
        );
        for path in [
            "/s/AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            format!("/s/{}", shared.link.create.id),
        ] {
            for method in [Method::GET, Method::HEAD] {
                assert_eq!(shared.server.page(method, &path).send().await.status, 200);
            }
        }
        for _ in 0..3 {
            shared.open().await.json::<LinkBody>();
        }
        shared
            .server
            .request(Method::GET, &shared.path())
            .send()
            .await
            .refused(404, ErrorCode::LinkUnavailable);
        assert_eq!(shared.read(&lease.token, "bytes=0-199998").await.status, 206);
        assert_eq!(
            shared.entry().await.downloads,
            0,
            "the last byte has not been delivered"
        );
        assert_eq!(shared.read(&lease.token, "bytes=199999-").await.status, 206);
        eventually(|| async { shared.entry().await.downloads == 1 }).await;
    }
}

#[actix_web::test]
async fn e4_a_hundred_leases_at_once_of_a_link_with_one_download_give_exactly_one() {
    for server in Server::both().await {
        let shared = Shared::limited(server).await;
        let answers = join_all((0..100).map(|_| shared.lease())).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        for refused in answers.iter().filter(|answer| answer.status != 200) {
            refused.refused(410, ErrorCode::LinkUsedUp);
        }
    }
}

#[actix_web::test]
async fn e4_a_download_that_breaks_off_does_not_count_and_goes_on_under_its_lease() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        // More than the buffers of a connection hold: the server cannot have passed on the last byte.
        let file = server.file(&mut alice, &vec![1; 8 << 20]).await;
        let mut link = alice.device.link(file.node);
        link.create.max_downloads = Some(1);
        server
            .post("/links", &alice, &link.create)
            .await
            .json::<LinkEntry>();
        let shared = Shared {
            content: file.content.expect("a file has one"),
            server,
            alice,
            link,
        };
        let lease: LeaseBody = shared.lease().await.json();
        let head = format!(
            "GET /api/v1{} HTTP/1.1\r\nhost: x\r\n{LEASE_HEADER}: {}\r\n\r\n",
            shared.path(),
            lease.token
        );
        let mut socket = tokio::net::TcpStream::connect(&shared.server.host)
            .await
            .expect("it listens");
        socket.write_all(head.as_bytes()).await.expect("it reads");
        let mut some = vec![0; 100_000];
        socket.read_exact(&mut some).await.expect("it answers");
        drop(socket);
        shared.lease().await.refused(410, ErrorCode::LinkUsedUp);
        assert_eq!(shared.entry().await.downloads, 0);
        for _ in 0..2 {
            let rest = shared.read(&lease.token, "bytes=90000-").await;
            assert_eq!(rest.body.len(), (8 << 20) - 90_000);
            eventually(|| async { shared.entry().await.downloads == 1 }).await;
        }
    }
}

#[actix_web::test]
async fn e5_absent_wrong_and_ended_links_are_answered_in_the_same_bytes() {
    for server in Server::both().await {
        let expires = server.now().plus_ms(HOUR_MS);
        let mut shared = Shared::new(server, |_, link| link.create.expires = Some(expires)).await;
        let other = shared.alice.device.link(shared.link.create.node);
        let mut answers = Vec::new();
        for step in 0..3 {
            match step {
                0 => {}
                1 => shared.server.wait(HOUR_MS),
                _ => assert_eq!(shared.revoke().await.status, 204),
            }
            for what in ["open", "leases", "records"] {
                for link in [shared.link.create.id, other.create.id] {
                    let answer = shared.ask(what, link, &other.proof).await;
                    answer.refused(404, ErrorCode::LinkUnavailable);
                    answers.push((answer.status, without_date(&answer), answer.body));
                }
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
}

#[actix_web::test]
async fn a_link_that_has_ended_says_why_to_who_holds_it() {
    for server in Server::both().await {
        let expires = server.now().plus_ms(HOUR_MS);
        let shared = Shared::new(server, |_, link| link.create.expires = Some(expires)).await;
        let lease: LeaseBody = shared.lease().await.json();
        shared.server.wait(HOUR_MS);
        shared.open().await.refused(410, ErrorCode::LinkExpired);
        shared.lease().await.refused(410, ErrorCode::LinkExpired);
        assert_eq!(
            shared.read(&lease.token, "bytes=0-9").await.status,
            206,
            "what has begun may end"
        );
        assert_eq!(shared.revoke().await.status, 204);
        shared.open().await.refused(410, ErrorCode::LinkRevoked);
        shared
            .read(&lease.token, "bytes=0-9")
            .await
            .refused(410, ErrorCode::LinkRevoked);
        assert_eq!(shared.revoke().await.status, 204, "as often as one likes");
        assert!(
            shared
                .server
                .get("/links", &shared.alice)
                .await
                .json::<Links>()
                .links
                .is_empty()
        );
    }
}

#[actix_web::test]
async fn a_folder_behind_a_link_is_listed_and_its_files_are_read() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let beside = server.file(&mut alice, &[9; 200]).await;
        let id: ContentId = alice.device.id();
        server
            .request(Method::PUT, &format!("/contents/{id}"))
            .by(&alice)
            .sealed(&[1; 300])
            .send()
            .await;
        let folder = alice.device.folder(alice.device.root);
        let file = alice.device.file(folder.node, id);
        let batch = alice.device.batch(vec![folder.clone(), file.clone()], vec![]);
        let path = format!("/volumes/{}/batches", alice.device.volume);
        assert_eq!(server.post(&path, &alice, &batch).await.status, 200);
        let link = alice.device.link(folder.node);
        server
            .post("/links", &alice, &link.create)
            .await
            .json::<LinkEntry>();

        let asked = LinkRecordsRequest {
            proof: link.proof.clone(),
            after: None,
        };
        let path = format!("/links/{}/records", link.create.id);
        let below: LinkRecords = server
            .request(Method::POST, &path)
            .json(&asked)
            .send()
            .await
            .json();
        assert_eq!((below.records, below.more), (vec![file], false));
        let shared = Shared {
            content: id,
            server,
            alice,
            link,
        };
        let lease: LeaseBody = shared.lease().await.json();
        assert_eq!(shared.read(&lease.token, "").await.body, [1; 300]);
        let shared = Shared {
            content: beside.content.expect("a file has one"),
            ..shared
        };
        shared
            .read(&lease.token, "")
            .await
            .refused(404, ErrorCode::NotFound);
    }
}

#[actix_web::test]
async fn a_link_that_cannot_be_is_refused() {
    let server = Server::start().await;
    let mut alice = server.user("alice").await;
    let file = server.file(&mut alice, &[1; 200]).await;
    let mut create = alice.device.link(file.node).create;
    create.max_downloads = Some(0);
    server
        .post("/links", &alice, &create)
        .await
        .refused(400, ErrorCode::BadRequest);
    create.max_downloads = None;
    create.node = postern_protocol::NodeId([9; 16]);
    server
        .post("/links", &alice, &create)
        .await
        .refused(404, ErrorCode::NotFound);
    create.node = file.node;
    server.post("/links", &alice, &create).await.json::<LinkEntry>();
    server.post("/links", &alice, &create).await.json::<LinkEntry>();
    create.proof_hash = Bytes(vec![7; 32]);
    server
        .post("/links", &alice, &create)
        .await
        .refused(409, ErrorCode::Conflict);
}

#[actix_web::test]
async fn a_download_is_streamed_and_not_gathered() {
    let server = Server::on_disk().await;
    let shared = Shared::limited(server).await;
    let lease: LeaseBody = shared.lease().await.json();
    let url = format!("http://{}/api/v1{}", shared.server.host, shared.path());
    let request = awc::Client::default()
        .get(url)
        .insert_header((LEASE_HEADER, lease.token.as_str()));
    let mut response = request.send().await.expect("it answers");
    let first = response
        .next()
        .await
        .expect("there are bytes")
        .expect("they arrive");
    assert!(first.len() < SIZE);
}

fn without_date(answer: &Answer) -> Vec<(String, String)> {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned()))
        .collect();
    headers.sort();
    headers
}
