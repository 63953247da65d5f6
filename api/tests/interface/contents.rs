use actix_web::http::Method;
use postern_protocol::ContentId;
use postern_protocol::error::ErrorCode;
use postern_protocol::upload::ContentBody;

use crate::server::{Server, User};

const SIZE: usize = 100_000;

async fn content(server: &Server, user: &mut User) -> (ContentId, Vec<u8>) {
    let bytes: Vec<u8> = (0..SIZE).map(|at| (at % 251).to_le_bytes()[0]).collect();
    let id: ContentId = user.device.id();
    let put = server
        .request(Method::PUT, &format!("/contents/{id}"))
        .by(user)
        .sealed(&bytes)
        .send()
        .await;
    assert_eq!(put.json::<ContentBody>().size_bytes, SIZE as u64);
    (id, bytes)
}

#[actix_web::test]
async fn a_content_is_read_whole_or_in_ranges() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let (id, bytes) = content(&server, &mut alice).await;
        let path = format!("/contents/{id}");
        let whole = server.get(&path, &alice).await;
        assert_eq!(
            (whole.status.as_u16(), whole.header("accept-ranges")),
            (200, "bytes")
        );
        assert_eq!(whole.header("cache-control"), "no-store");
        assert!(whole.body == bytes);
        for (asked, answered) in [
            ("bytes=0-0", 0..1),
            ("bytes=10-1009", 10..1_010),
            ("bytes=99999-", 99_999..SIZE),
            ("bytes=-500", SIZE - 500..SIZE),
            ("bytes=5-999999999", 5..SIZE),
        ] {
            let part = server
                .request(Method::GET, &path)
                .by(&alice)
                .header("range", asked)
                .send()
                .await;
            assert_eq!(part.status, 206, "{asked}");
            let told = format!("bytes {}-{}/{SIZE}", answered.start, answered.end - 1);
            assert_eq!(part.header("content-range"), told);
            assert!(part.body == bytes[answered], "{asked}");
        }
    }
}

#[actix_web::test]
async fn a_range_that_cannot_be_answered_is_refused_with_the_size() {
    let server = Server::start().await;
    let mut alice = server.user("alice").await;
    let (id, _) = content(&server, &mut alice).await;
    for asked in [
        "bytes=100000-",
        "bytes=5-4",
        "bytes=-0",
        "bytes=0-1,5-6",
        "lines=1-2",
        "bytes=a-b",
        "nonsense",
    ] {
        let path = format!("/contents/{id}");
        let refused = server
            .request(Method::GET, &path)
            .by(&alice)
            .header("range", asked)
            .send()
            .await;
        refused.refused(416, ErrorCode::RangeOutside);
        assert_eq!(
            refused.header("content-range"),
            format!("bytes */{SIZE}"),
            "{asked}"
        );
    }
}

#[actix_web::test]
async fn the_head_of_an_answer_tells_the_length_and_brings_no_bytes() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let (id, _) = content(&server, &mut alice).await;
        let head = server
            .request(Method::HEAD, &format!("/contents/{id}"))
            .by(&alice)
            .send()
            .await;
        assert_eq!(
            (head.status.as_u16(), head.header("content-length")),
            (200, "100000")
        );
        assert!(head.body.is_empty());
    }
}

#[actix_web::test]
async fn a_content_of_somebody_else_is_not_there() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let mallory = server.user("mallory").await;
        let (id, _) = content(&server, &mut alice).await;
        server
            .get(&format!("/contents/{id}"), &mallory)
            .await
            .refused(404, ErrorCode::NotFound);
        let absent = ContentId([9; 16]);
        server
            .get(&format!("/contents/{absent}"), &alice)
            .await
            .refused(404, ErrorCode::NotFound);
        let stranger = server
            .request(Method::GET, &format!("/contents/{id}"))
            .send()
            .await;
        stranger.refused(401, ErrorCode::NotSignedIn);
    }
}

#[actix_web::test]
async fn a_content_that_was_put_before_is_left_as_it_is() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let (id, bytes) = content(&server, &mut alice).await;
        let path = format!("/contents/{id}");
        let same = server
            .request(Method::PUT, &path)
            .by(&alice)
            .sealed(&bytes)
            .send()
            .await;
        assert_eq!(same.status, 200);
        let other = server
            .request(Method::PUT, &path)
            .by(&alice)
            .sealed(&[1; 500])
            .send()
            .await;
        other.refused(409, ErrorCode::Conflict);
    }
}
