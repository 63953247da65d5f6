use std::time::Duration;

use actix_web::http::Method;
use actix_web::rt::time::timeout;
use awc::ws::{Frame, Message};
use futures::{SinkExt as _, StreamExt as _};
use postern_domain::device::sealed;
use postern_protocol::account::{ObjectKind, PutObject};
use postern_protocol::changes::{Event, EventsHello};
use postern_protocol::error::ErrorCode;

use crate::server::{Server, User};

type Socket = actix_codec::Framed<awc::BoxedSocket, awc::ws::Codec>;

#[actix_web::test]
async fn who_listens_hears_that_there_is_more() {
    for server in Server::both().await {
        let alice = server.user("alice").await;
        let mut socket = listen(&server, &alice.session.token).await;
        assert_eq!(
            hear(&mut socket).await,
            Some(Event::More),
            "whatever was missed before"
        );
        let object = PutObject {
            kind: ObjectKind::State,
            version: 2,
            sealed: sealed(),
        };
        let put = server
            .request(Method::PUT, "/account/objects")
            .by(&alice)
            .json(&object)
            .send()
            .await;
        assert_eq!(put.status, 204);
        assert_eq!(hear(&mut socket).await, Some(Event::More));
    }
}

#[actix_web::test]
async fn who_is_signed_out_elsewhere_is_told_so() {
    for server in Server::both().await {
        let alice = server.user("alice").await;
        let mut socket = listen(&server, &alice.session.token).await;
        assert_eq!(hear(&mut socket).await, Some(Event::More));
        server
            .request(Method::DELETE, "/sessions/current")
            .by(&alice)
            .send()
            .await;
        assert_eq!(hear(&mut socket).await, Some(Event::SignedOut));
        assert_eq!(
            hear(&mut socket).await,
            None,
            "and then there is nothing more to say"
        );
    }
}

#[actix_web::test]
async fn a_token_that_is_none_is_told_so_and_hears_nothing() {
    let server = Server::start().await;
    server.user("alice").await;
    let mut socket = listen(&server, &"A".repeat(43)).await;
    assert_eq!(hear(&mut socket).await, Some(Event::SignedOut));
    assert_eq!(hear(&mut socket).await, None);
}

#[actix_web::test]
async fn who_says_something_else_first_is_sent_away() {
    let server = Server::start().await;
    for first in [
        Message::Text("hello".into()),
        Message::Binary(vec![0; 10].into()),
        Message::Text("x".repeat(100_000).into()),
    ] {
        let mut socket = connect(&server).await;
        socket.send(first).await.expect("it reads");
        assert_eq!(hear(&mut socket).await, None);
    }
}

#[actix_web::test]
async fn somebody_elses_news_are_not_heard() {
    let server = Server::start().await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let mut socket = listen(&server, &bob.session.token).await;
    assert_eq!(hear(&mut socket).await, Some(Event::More));
    change(&server, &alice).await;
    let silence = timeout(Duration::from_millis(200), socket.next()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[actix_web::test]
async fn who_listens_is_sent_away_when_the_server_ends() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    let mut socket = listen(&server, &alice.session.token).await;
    assert_eq!(hear(&mut socket).await, Some(Event::More));
    let stopper = server.stopper.clone();
    let stopped = actix_web::rt::spawn(async move { stopper.stop().await });
    assert_eq!(hear(&mut socket).await, None);
    drop(socket);
    timeout(Duration::from_secs(10), stopped)
        .await
        .expect("nothing holds it up")
        .expect("it stops");
}

#[actix_web::test]
async fn a_plain_request_is_not_a_websocket() {
    let server = Server::start().await;
    server
        .request(Method::GET, "/events")
        .send()
        .await
        .refused(400, ErrorCode::BadRequest);
}

async fn change(server: &Server, user: &User) {
    let object = PutObject {
        kind: ObjectKind::State,
        version: 2,
        sealed: sealed(),
    };
    server
        .request(Method::PUT, "/account/objects")
        .by(user)
        .json(&object)
        .send()
        .await;
}

async fn connect(server: &Server) -> Socket {
    let url = format!("http://{}/api/v1/events", server.host);
    awc::Client::default()
        .ws(url)
        .connect()
        .await
        .expect("it is a WebSocket")
        .1
}

async fn listen(server: &Server, token: &str) -> Socket {
    let mut socket = connect(server).await;
    let hello = EventsHello {
        token: token.to_owned(),
    };
    let text = serde_json::to_string(&hello).expect("a plain structure");
    socket.send(Message::Text(text.into())).await.expect("it reads");
    socket
}

/// The next event; `None` when the server has closed.
async fn hear(socket: &mut Socket) -> Option<Event> {
    let frame = timeout(Duration::from_secs(10), socket.next())
        .await
        .expect("it says something");
    match frame {
        Some(Ok(Frame::Text(text))) => Some(serde_json::from_slice(&text).expect("an event")),
        Some(Ok(Frame::Close(_))) | None => None,
        other => panic!("neither an event nor the end: {other:?}"),
    }
}
