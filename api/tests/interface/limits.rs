use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::Method;
use postern_api::{Pace, Rate, Rates, Settings};
use postern_protocol::error::ErrorCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::server::{Answer, Server, generous};
use crate::uploads;

fn three() -> Rate {
    let (three, one) = (NonZeroU32::new(3), NonZeroU32::new(1));
    Rate {
        burst: three.expect("not zero"),
        per_minute: one.expect("not zero"),
    }
}

async fn with_rates(change: impl FnOnce(&mut Rates)) -> Server {
    let mut settings = generous();
    change(&mut settings.rates);
    Server::with(settings).await
}

async fn start_recovery(server: &Server, name: &str, address: &str) -> Answer {
    let request = server
        .request(Method::POST, "/recovery/start")
        .header("x-forwarded-for", address);
    request.json(&serde_json::json!({ "name": name })).send().await
}

#[track_caller]
fn is_too_early(answer: &Answer) {
    answer.refused(429, ErrorCode::TooManyRequests);
    let told = answer.error().retry_after_s.expect("it says how long to wait");
    assert!((1..=61).contains(&told), "{told}");
    assert_eq!(answer.header("retry-after"), told.to_string());
}

#[actix_web::test]
async fn one_account_is_tried_only_so_often_whether_it_is_there_or_not() {
    let server = with_rates(|rates| rates.login = three()).await;
    server.user("alice").await;
    for name in ["alice", "nobody"] {
        for _ in 0..3 {
            assert_eq!(start_recovery(&server, name, "").await.status, 200);
        }
        is_too_early(&start_recovery(&server, name, "").await);
    }
}

#[actix_web::test]
async fn one_address_asks_without_a_session_only_so_often() {
    let server = with_rates(|rates| rates.stranger = three()).await;
    let alice = server.user("alice").await;
    for name in ["a", "b"] {
        assert_eq!(start_recovery(&server, name, "").await.status, 200);
    }
    is_too_early(&start_recovery(&server, "c", "").await);
    is_too_early(&start_recovery(&server, "c", "198.51.100.7").await);
    assert_eq!(
        server.get("/account", &alice).await.status,
        200,
        "who is signed in goes on"
    );
}

#[actix_web::test]
async fn one_address_asks_for_anything_only_so_often() {
    let server = with_rates(|rates| rates.address = three()).await;
    for _ in 0..3 {
        assert_eq!(server.request(Method::GET, "/server").send().await.status, 200);
    }
    is_too_early(&server.request(Method::GET, "/server").send().await);
    assert_eq!(server.page(Method::GET, "/healthz").send().await.status, 200);
}

#[actix_web::test]
async fn behind_a_proxy_that_is_trusted_each_client_has_its_own_limit() {
    let settings = Settings {
        rates: Rates {
            stranger: three(),
            ..generous().rates
        },
        trusted_proxies: vec!["127.0.0.0/8".parse().expect("a network")],
        ..generous()
    };
    let server = Server::with(settings).await;
    for address in ["198.51.100.7", "198.51.100.8"] {
        for _ in 0..3 {
            assert_eq!(start_recovery(&server, "a", address).await.status, 200);
        }
        is_too_early(&start_recovery(&server, "a", address).await);
    }
}

#[actix_web::test]
async fn a_body_that_comes_too_slowly_is_given_up() {
    let pace = Pace {
        head: Duration::from_secs(5),
        body_grace: Duration::from_millis(100),
        body_bytes_per_s: 1 << 20,
        ..Pace::default()
    };
    let server = Server::with(Settings { pace, ..generous() }).await;
    let head = "POST /api/v1/recovery/start HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
        content-length: 16\r\n\r\n{\"name\":";
    let answer = raw(&server, head).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"too-slow\""), "{answer}");
}

#[actix_web::test]
async fn a_head_that_comes_too_slowly_is_given_up() {
    let pace = Pace {
        head: Duration::from_millis(200),
        ..Pace::default()
    };
    let server = Server::with(Settings { pace, ..generous() }).await;
    let answer = raw(&server, "GET /api/v1/server HTTP/1.1\r\nhost:").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[actix_web::test]
#[cfg(target_os = "linux")]
async fn who_takes_nothing_of_a_download_is_cut_off() {
    let pace = Pace {
        stall: Duration::from_secs(1),
        ..Pace::default()
    };
    let server = Server::with(Settings { pace, ..generous() }).await;
    let mut alice = server.user("alice").await;
    // Far more than the buffers of a connection hold.
    let id = uploads::content(&server, &mut alice, 48 << 20).await;
    let words = format!(
        "GET /api/v1/contents/{id} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        alice.session.token
    );
    let mut socket = tokio::net::TcpStream::connect(&server.host)
        .await
        .expect("it listens");
    socket.write_all(words.as_bytes()).await.expect("it reads");
    // The system's own timer, which no test can move.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (mut taken, mut piece) = (0, vec![0; 1 << 20]);
    while let Ok(read @ 1..) = socket.read(&mut piece).await {
        taken += read;
    }
    assert!(taken < 48 << 20, "it went on after it had stood still");
}

/// What is answered to `words`, until the server closes or falls silent.
async fn raw(server: &Server, words: &str) -> String {
    let mut socket = tokio::net::TcpStream::connect(&server.host)
        .await
        .expect("it listens");
    socket.write_all(words.as_bytes()).await.expect("it reads");
    let (mut answer, mut piece) = (Vec::new(), [0; 4_096]);
    while let Ok(Ok(read)) = tokio::time::timeout(Duration::from_secs(5), socket.read(&mut piece)).await {
        answer.extend_from_slice(&piece[..read]);
        if read == 0 || answer.ends_with(b"}}") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}
