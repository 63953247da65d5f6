use actix_web::http::Method;
use futures::future::join_all;
use postern_protocol::ContentId;
use postern_protocol::account::AccountBody;
use postern_protocol::error::ErrorCode;
use postern_protocol::parts;
use postern_protocol::upload::{CHECKSUM_HEADER, ContentBody, UploadBody, UploadComplete, UploadStart};
use tokio::io::AsyncWriteExt as _;

use crate::server::{Answer, QUOTA_BYTES, Request, Server, User, eventually};

#[actix_web::test]
async fn parts_arrive_in_any_order_and_at_the_same_time() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let bytes: Vec<u8> = (0..2 * parts::SEGMENT_BYTES + 5_000)
            .map(|at| (at % 251).to_le_bytes()[0])
            .collect();
        let id = start(&server, &mut alice, Some(bytes.len() as u64)).await;
        let sent = (0..3).rev().map(|part| {
            let range = parts::range(part, bytes.len() as u64);
            let (from, to) = (usize::try_from(range.start), usize::try_from(range.end));
            put_part(
                &server,
                &alice,
                id,
                part,
                &bytes[from.expect("small")..to.expect("small")],
            )
        });
        assert!(join_all(sent).await.iter().all(|answer| answer.status == 204));
        let complete = UploadComplete {
            size_bytes: bytes.len() as u64,
        };
        for _ in 0..2 {
            let path = format!("/uploads/{id}/complete");
            let kept: ContentBody = server.post(&path, &alice, &complete).await.json();
            assert_eq!(kept.size_bytes, bytes.len() as u64);
        }
        let read = server.get(&format!("/contents/{id}"), &alice).await;
        assert!(read.body == bytes, "what is read is what was sent");
    }
}

#[actix_web::test]
async fn who_resumes_is_told_what_is_there() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let id = start(&server, &mut alice, None).await;
        assert_eq!(put_part(&server, &alice, id, 3, &[1; 500]).await.status, 204);
        assert_eq!(
            put_part(&server, &alice, id, 3, &[1; 500]).await.status,
            204,
            "the same again"
        );
        put_part(&server, &alice, id, 3, &[2; 500])
            .await
            .refused(409, ErrorCode::Conflict);
        let body: UploadBody = server.get(&format!("/uploads/{id}"), &alice).await.json();
        assert_eq!(body.parts.len(), 1);
        assert_eq!((body.parts[0].part, body.parts[0].size_bytes), (3, 500));

        let complete = UploadComplete { size_bytes: 500 };
        let path = format!("/uploads/{id}/complete");
        server
            .post(&path, &alice, &complete)
            .await
            .refused(422, ErrorCode::Unprocessable);
        let abort = || {
            server
                .request(Method::DELETE, &format!("/uploads/{id}"))
                .by(&alice)
                .send()
        };
        assert_eq!(abort().await.status, 204);
        abort().await.refused(404, ErrorCode::NotFound);
        put_part(&server, &alice, id, 0, &[1; 500])
            .await
            .refused(404, ErrorCode::NotFound);
    }
}

#[actix_web::test]
async fn a_body_that_is_not_what_was_announced_is_not_kept() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let id = start(&server, &mut alice, None).await;
        let put = |change: fn(Request) -> Request| {
            let path = format!("/uploads/{id}/parts/0");
            change(server.request(Method::PUT, &path).by(&alice)).send()
        };
        put(|request| request.sealed(&[1; 500]).body(&[2; 500]))
            .await
            .refused(422, ErrorCode::ChecksumMismatch);
        put(|request| request.body(&[1; 500]))
            .await
            .refused(400, ErrorCode::BadRequest);
        put(|request| request.header(CHECKSUM_HEADER, "AAAA").body(&[1; 500]))
            .await
            .refused(400, ErrorCode::BadRequest);
        put(|request| request.sealed(&[]))
            .await
            .refused(400, ErrorCode::BadRequest);
        let body: UploadBody = server.get(&format!("/uploads/{id}"), &alice).await.json();
        assert!(body.parts.is_empty());
    }
}

#[actix_web::test]
async fn a_part_that_no_stream_has_is_refused() {
    let server = Server::start().await;
    let mut alice = server.user("alice").await;
    let id = start(&server, &mut alice, None).await;
    put_part(&server, &alice, id, parts::MAX_PARTS, &[1; 100])
        .await
        .refused(400, ErrorCode::BadRequest);
    let large = vec![1; usize::try_from(parts::SEGMENT_BYTES).expect("small") + 81];
    put_part(&server, &alice, id, 0, &large)
        .await
        .refused(413, ErrorCode::TooLarge);
    let path = format!("/uploads/{id}/parts/-1");
    let negative = server
        .request(Method::PUT, &path)
        .by(&alice)
        .sealed(&[1; 100])
        .send()
        .await;
    negative.refused(400, ErrorCode::BadRequest);
}

#[actix_web::test]
async fn what_does_not_fit_into_the_account_is_refused() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let body = UploadStart {
            content: alice.device.id(),
            size_bytes: Some(QUOTA_BYTES + 1),
        };
        server
            .post("/uploads", &alice, &body)
            .await
            .refused(507, ErrorCode::QuotaExceeded);
        let body = UploadStart {
            content: alice.device.id(),
            size_bytes: Some(u64::MAX),
        };
        server
            .post("/uploads", &alice, &body)
            .await
            .refused(413, ErrorCode::TooLarge);
        let part = vec![1; usize::try_from(parts::SEGMENT_BYTES).expect("small")];
        let id = start(&server, &mut alice, None).await;
        for number in 1..=7 {
            assert_eq!(
                put_part(&server, &alice, id, number, &part).await.status,
                204,
                "{number}"
            );
        }
        put_part(&server, &alice, id, 8, &part)
            .await
            .refused(507, ErrorCode::QuotaExceeded);
    }
}

#[actix_web::test]
async fn a_connection_that_breaks_in_the_middle_of_a_part_leaves_nothing() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let id = start(&server, &mut alice, None).await;
        let head = format!(
            "PUT /api/v1/uploads/{id}/parts/0 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             {CHECKSUM_HEADER}: {}\r\ncontent-length: 1000000\r\n\r\n",
            alice.session.token,
            "A".repeat(43),
        );
        let mut socket = tokio::net::TcpStream::connect(&server.host)
            .await
            .expect("it listens");
        socket.write_all(head.as_bytes()).await.expect("it reads");
        socket.write_all(&[1; 300_000]).await.expect("it reads");
        drop(socket);
        let (server, alice) = (&server, &alice);
        eventually(|| async move {
            // Nothing tells when a server has noticed: that it still takes the part is what counts.
            put_part(server, alice, id, 0, &[1; 500]).await.status == 204
        })
        .await;
        let body: UploadBody = server.get(&format!("/uploads/{id}"), alice).await.json();
        assert_eq!(body.parts.len(), 1);
        let account: AccountBody = server.get("/account", alice).await.json();
        assert_eq!(account.used_bytes, 500);
    }
}

#[actix_web::test]
async fn who_is_not_signed_in_uploads_nothing() {
    let server = Server::start().await;
    let id = ContentId([1; 16]);
    let large = vec![1; 8 << 20];
    for path in [format!("/uploads/{id}/parts/0"), format!("/contents/{id}")] {
        let refused = server.request(Method::PUT, &path).sealed(&large).send().await;
        refused.refused(401, ErrorCode::NotSignedIn);
    }
}

async fn start(server: &Server, user: &mut User, size_bytes: Option<u64>) -> ContentId {
    let start = UploadStart {
        content: user.device.id(),
        size_bytes,
    };
    server
        .post("/uploads", user, &start)
        .await
        .json::<UploadBody>()
        .content
}

/// A content of zeros.
pub(crate) async fn content(server: &Server, user: &mut User, size_bytes: u64) -> ContentId {
    let id = start(server, user, Some(size_bytes)).await;
    for part in 0..parts::count(size_bytes) {
        let range = parts::range(part, size_bytes);
        let zeros = vec![0; usize::try_from(range.end - range.start).expect("small")];
        assert_eq!(put_part(server, user, id, part, &zeros).await.status, 204);
    }
    let complete = UploadComplete { size_bytes };
    server
        .post(&format!("/uploads/{id}/complete"), user, &complete)
        .await
        .json::<ContentBody>();
    id
}

async fn put_part(server: &Server, user: &User, id: ContentId, part: u32, body: &[u8]) -> Answer {
    server
        .request(Method::PUT, &format!("/uploads/{id}/parts/{part}"))
        .by(user)
        .sealed(body)
        .send()
        .await
}
