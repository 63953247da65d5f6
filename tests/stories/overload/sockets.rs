//! Connections that are there for their own sake.

use std::time::Duration;

use postern_tests::{Crowd, Setup};

use super::{Siege, request, sized};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn heads_that_trickle_are_given_up_while_others_are_served() {
    let mut siege = Siege::of(Setup::folder_and_sqlite().with("LIMITS_HEAD_S", "2"));
    let count = sized(200, 4_000);
    let visitors = siege.crowd.come(count, 8, |_| {
        b"GET /api/v1/server HTTP/1.1\r\nhost: x\r\n".to_vec()
    });
    assert_eq!(visitors.len(), count);
    let heard = siege.crowd.each(visitors, |mut visitor| async move {
        visitor.trickle(b"x: y\r\n", SECOND).await
    });
    for heard in heard.into_iter().flatten() {
        assert_eq!(heard.status(), 408, "{}", heard.head);
    }
    siege.ends(&format!("{count} heads that trickle"));
}

#[test]
fn the_second_head_of_a_connection_cannot_trickle_either() {
    let mut siege = Siege::of(Setup::folder_and_sqlite().with("LIMITS_HEAD_S", "2"));
    let visitors = siege.crowd.come(50, 8, |_| request("GET", "/server", &[], b""));
    let heard = siege.crowd.each(visitors, |mut visitor| async move {
        assert_eq!(visitor.hear().await.expect("an answer").status(), 200);
        visitor
            .say(b"GET /api/v1/server HTTP/1.1\r\nhost: x\r\n")
            .await
            .expect("it listens");
        visitor.trickle(b"x: y\r\n", SECOND).await
    });
    for heard in heard.into_iter().flatten() {
        assert_eq!(heard.status(), 408, "{}", heard.head);
    }
    siege.ends("50 second heads that trickle");
}

#[test]
fn ten_thousand_idle_sockets_take_little_and_go_by_themselves() {
    let mut siege = Siege::of(Setup::folder_and_sqlite().with("LIMITS_HEAD_S", "4"));
    let count = sized(1_000, 9_500);
    let visitors = siege.crowd.come(count, 20, |_| Vec::new());
    assert_eq!(visitors.len(), count);
    let taken = siege.growth_bytes() / 1024 / count as u64;
    println!("{count} idle sockets: {taken} KiB each");
    let gone = siege.crowd.each(visitors, postern_tests::Visitor::is_let_go);
    assert_eq!(gone.len(), count);
    siege.ends(&format!("{count} idle sockets"));
}

#[test]
fn one_address_never_has_all_the_places() {
    let mut siege = Siege::of(Setup::folder_and_sqlite().with("LIMITS_CONNECTIONS_PER_ADDRESS", "50"));
    let visitors = siege.crowd.come(80, 1, |_| Vec::new());
    let (server, crowd) = (siege.server.address(), &siege.crowd);
    let mut served = Vec::new();
    let refused = loop {
        let (one_more, told) = crowd.wait_for(async {
            let mut one_more = Crowd::visit(server, 0).await.expect("it is heard");
            let _ = one_more.say(&request("GET", "/server", &[], b"")).await;
            let told = one_more.hear().await.expect("it is told why");
            (one_more, told)
        });
        if told.status() != 200 {
            break told;
        }
        // It came before the last of the others, and keeps the place.
        served.push(one_more);
        assert!(served.len() <= 50, "there are more places than that");
    };
    assert_eq!((refused.status(), refused.header("retry-after")), (429, "5"));
    assert_eq!(refused.text("code"), "too-many-requests");
    let other = crowd.wait_for(async {
        let mut other = Crowd::visit(server, 7).await.expect("it is heard");
        other
            .say(&request("GET", "/server", &[], b""))
            .await
            .expect("it listens");
        other.hear().await.expect("it is answered")
    });
    assert_eq!(other.status(), 200, "whoever comes from elsewhere is served");
    drop((visitors, served));
    siege.ends("80 connections from one address");
}

#[test]
fn a_full_house_says_so_and_never_runs_out_of_file_handles() {
    // 256 are the server's own; half of the others are for connections.
    let setup = Setup::folder_and_sqlite()
        .with_file_handles(400)
        .with("LIMITS_HEAD_S", "6");
    let server = setup.start();
    let crowd = Crowd::before(server.address());
    let visitors = crowd.come(300, 10, |_| Vec::new());
    let refused = crowd.wait_for(async {
        loop {
            let mut one_more = Crowd::visit(server.address(), 50).await.expect("it is heard");
            let _ = one_more.say(&request("GET", "/server", &[], b"")).await;
            // When hundreds are refused at the same moment, not each of them is told why.
            if let Some(told) = one_more.hear().await {
                break told;
            }
        }
    });
    assert_eq!((refused.status(), refused.header("retry-after")), (503, "5"));
    assert_eq!(refused.text("code"), "unavailable");
    assert!(server.open_files() < 256, "{}", server.open_files());
    crowd.each(visitors, postern_tests::Visitor::is_let_go);
    let (_, words) = postern_tests::Cli::sign_up(&server.url(), "alice", super::PASSWORD);
    assert!(!words.is_empty(), "who waited is served");
    assert!(!setup.log().contains("Error accepting"), "{}", setup.log());
}

#[test]
fn who_opens_a_websocket_and_says_nothing_is_sent_away() {
    let mut siege = Siege::of(Setup::folder_and_sqlite());
    let upgrade = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let count = sized(200, 5_000);
    let visitors = siege
        .crowd
        .come(count, 10, |_| request("GET", "/events", &upgrade, b""));
    let heard = siege.crowd.each(visitors, |mut visitor| async move {
        let status = visitor.hear().await.expect("an answer").status();
        (status, visitor.is_let_go().await)
    });
    assert_eq!(heard, vec![(101, true); count]);
    siege.ends(&format!("{count} WebSockets that say nothing"));
}

#[test]
fn questions_out_of_all_proportion_are_refused() {
    let mut siege = Siege::of(Setup::folder_and_sqlite());
    let header = |length| "y".repeat(length);
    let deep = format!("{{\"name\":{}", "[".repeat(10_000));
    let many = "x: y\r\n".repeat(500);
    let questions = [
        // (what is said, what may be answered)
        (request("GET", "/server", &[("x", &header(300_000))], b""), vec![431, 400, 413]),
        (format!("GET /api/v1/server HTTP/1.1\r\nhost: x\r\n{many}\r\n").into_bytes(), vec![400, 431]),
        (format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", header(200_000)).into_bytes(), vec![400, 414, 431]),
        (super::ask("/login/start", &deep), vec![400]),
        (super::ask("/login/start", &header(17 << 10)), vec![413]),
        (super::ask("/signup", &header(3 << 20)), vec![413]),
        (b"POST /api/v1/login/start HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\n{}".to_vec(), vec![400]),
        (b"POST /api/v1/login/start HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(), vec![400, 415]),
    ];
    for (number, (words, may_be)) in questions.into_iter().enumerate() {
        let visitors = siege.crowd.come(1, 1, |_| Vec::new());
        let heard = siege.crowd.each(visitors, move |mut visitor| {
            let words = words.clone();
            async move {
                let _ = visitor.say(&words).await;
                visitor.hear().await
            }
        });
        let status = heard[0].as_ref().map(postern_tests::Heard::status);
        assert!(
            status.is_none_or(|status| may_be.contains(&status)),
            "question {number}: {status:?}"
        );
    }
    siege.ends("questions out of all proportion");
}
