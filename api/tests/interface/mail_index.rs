use actix_web::http::Method;
use postern_protocol::ContentId;
use postern_protocol::error::ErrorCode;
use postern_protocol::limits::MAX_INDEX_CONTENTS;
use postern_protocol::mail::{MailIndex, PutMailIndex};
use postern_protocol::upload::ContentBody;
use serde::Serialize;
use serde_json::json;

use crate::mail::sealed;
use crate::server::{Answer, Server, User};

/// A content with this body.
async fn uploaded(server: &Server, user: &mut User, body: &[u8]) -> ContentId {
    let content: ContentId = user.device.id();
    let put = server.request(Method::PUT, &format!("/contents/{content}"));
    put.by(user).sealed(body).send().await.json::<ContentBody>();
    content
}

async fn put(server: &Server, user: &User, index: &impl Serialize) -> Answer {
    let put = server.request(Method::PUT, "/mail/index").by(user);
    put.json(index).send().await
}

fn index(version: u64, contents: &[ContentId]) -> PutMailIndex {
    PutMailIndex {
        version,
        manifest: sealed(),
        contents: contents.to_vec(),
    }
}

#[actix_web::test]
async fn an_index_is_put_if_it_follows_the_one_before() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let none = server.get("/mail/index", &alice).await;
        assert_eq!(none.json::<serde_json::Value>(), json!({ "version": 0 }));
        let content = uploaded(&server, &mut alice, &[3; 200]).await;
        let first = index(1, &[content]);
        for _ in 0..2 {
            assert_eq!(put(&server, &alice, &first).await.status, 204);
        }
        let kept: MailIndex = server.get("/mail/index", &alice).await.json();
        assert_eq!((kept.version, kept.manifest), (1, Some(sealed())));
        let late = put(&server, &alice, &index(1, &[])).await;
        late.refused(409, ErrorCode::Conflict);
        assert_eq!(late.error().present, Some(1));
        let taken = server
            .file(&mut alice, &[4; 100])
            .await
            .content
            .expect("a file has one");
        for bad in [alice.device.id(), taken] {
            let refused = put(&server, &alice, &index(2, &[bad])).await;
            refused.refused(404, ErrorCode::NotFound);
        }
    }
}

#[actix_web::test]
async fn what_an_index_names_is_read_whole_or_in_ranges_by_its_owner_only() {
    for server in Server::both().await {
        let (mut alice, bob) = (server.user("alice").await, server.user("bob").await);
        let body: Vec<u8> = (0..200).collect();
        let [named, other] = [
            uploaded(&server, &mut alice, &body).await,
            uploaded(&server, &mut alice, &body).await,
        ];
        assert_eq!(put(&server, &alice, &index(1, &[named])).await.status, 204);
        let path = format!("/mail/index/{named}");
        assert_eq!(server.get(&path, &alice).await.body, body);
        let head = server.request(Method::HEAD, &path).by(&alice).send().await;
        assert_eq!(
            (head.status.as_u16(), head.header("content-length")),
            (200, "200")
        );
        let request = server.request(Method::GET, &path).by(&alice);
        let part = request.header("range", "bytes=2-7").send().await;
        assert_eq!((part.status.as_u16(), &part.body[..]), (206, &body[2..8]));
        let unnamed = server.get(&format!("/mail/index/{other}"), &alice).await;
        unnamed.refused(404, ErrorCode::NotFound);
        server.get(&path, &bob).await.refused(404, ErrorCode::NotFound);
        assert_eq!(put(&server, &alice, &index(2, &[other])).await.status, 204);
        server.get(&path, &alice).await.refused(404, ErrorCode::NotFound);
    }
}

#[actix_web::test]
async fn an_index_of_another_shape_is_refused() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    let more = json!({ "version": 1, "manifest": sealed(), "contents": [], "more": 1 });
    let refused = put(&server, &alice, &more).await;
    refused.refused(400, ErrorCode::BadRequest);
    let content = ContentId([7; 16]);
    let twice = put(&server, &alice, &index(1, &[content; 2])).await;
    twice.refused(400, ErrorCode::BadRequest);
    let many = put(&server, &alice, &index(1, &[content; MAX_INDEX_CONTENTS + 1])).await;
    many.refused(413, ErrorCode::TooLarge);
    let deleted = server.request(Method::DELETE, "/mail/index").by(&alice);
    let deleted = deleted.send().await;
    deleted.refused(405, ErrorCode::BadRequest);
    assert_eq!(deleted.header("allow"), "GET, PUT");
    let stranger = server.request(Method::GET, "/mail/index").send().await;
    stranger.refused(401, ErrorCode::NotSignedIn);
}
