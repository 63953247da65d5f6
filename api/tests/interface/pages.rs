use actix_web::http::Method;
use postern_api::Settings;
use postern_protocol::error::ErrorCode;
use postern_protocol::server::ServerBody;

use crate::server::{Answer, Server, generous};

const EVERYWHERE: [(&str, &str); 7] = [
    ("content-security-policy", "default-src 'none'"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "credentialless"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("permissions-policy", "camera=()"),
];

async fn every_kind_of_answer(server: &Server) -> Vec<Answer> {
    let mut answers = Vec::new();
    for path in [
        "/",
        "/drive",
        "/s/AAAAAAAAAAAAAAAAAAAAAA",
        "/nothing.png",
        "/healthz",
        "/readyz",
        "/api/v1/server",
    ] {
        answers.push(server.page(Method::GET, path).send().await);
    }
    answers.push(server.page(Method::POST, "/").send().await);
    answers.push(server.request(Method::GET, "/account").send().await);
    answers.push(
        server
            .request(Method::POST, "/login/start")
            .body(b"x")
            .send()
            .await,
    );
    answers
}

#[actix_web::test]
async fn every_answer_carries_the_headers_that_protect_its_reader() {
    let server = Server::start().await;
    for answer in every_kind_of_answer(&server).await {
        for (name, begins) in EVERYWHERE {
            assert!(answer.header(name).starts_with(begins), "{name} in {answer:?}");
        }
        assert!(!answer.header("content-security-policy").contains("unsafe-inline"));
        assert!(answer.headers.get("strict-transport-security").is_none());
        assert!(answer.headers.get("server").is_none());
    }
}

#[actix_web::test]
async fn browsers_are_held_to_tls_only_where_there_is_tls() {
    let server = Server::with(Settings {
        behind_tls: true,
        ..generous()
    })
    .await;
    for answer in every_kind_of_answer(&server).await {
        assert!(answer.header("strict-transport-security").starts_with("max-age="));
    }
}

#[actix_web::test]
async fn places_in_the_app_are_answered_with_its_first_page() {
    let server = Server::start().await;
    let first = server.page(Method::GET, "/").send().await;
    assert_eq!(first.header("content-type"), "text/html; charset=utf-8");
    for path in ["/drive", "/drive/folder", "/s/AAAAAAAAAAAAAAAAAAAAAA"] {
        let page = server.page(Method::GET, path).send().await;
        assert_eq!((page.status.as_u16(), &page.body), (200, &first.body), "{path}");
        let head = server.page(Method::HEAD, path).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
    }
    for path in [
        "/assets/missing.js",
        "/missing.txt",
        "/save/file",
        "/..%2f..%2fCargo.toml",
        "/api",
        "/api/v2/x",
    ] {
        server
            .page(Method::GET, path)
            .send()
            .await
            .refused(404, ErrorCode::NotFound);
    }
    server
        .page(Method::POST, "/")
        .send()
        .await
        .refused(405, ErrorCode::BadRequest);
}

#[actix_web::test]
async fn who_watches_over_the_server_is_answered() {
    for server in Server::both().await {
        assert_eq!(server.page(Method::GET, "/healthz").send().await.body, b"ok\n");
        assert_eq!(server.page(Method::GET, "/readyz").send().await.body, b"ready\n");
        let about: ServerBody = server.request(Method::GET, "/server").send().await.json();
        assert_eq!(
            about.max_content_bytes,
            postern_protocol::parts::MAX_CONTENT_BYTES
        );
    }
}

#[actix_web::test]
async fn the_interface_describes_itself() {
    let server = Server::start().await;
    let answer = server.request(Method::GET, "/openapi.json").send().await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, postern_api::openapi_document().as_bytes());
}
