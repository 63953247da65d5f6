//! What the log says of each message.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use postern_smtp_gateway::Limits;
use postern_smtp_gateway::filter::{Filter, FilterAddress};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::world::{SetUp, World};

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("free").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("free").clone()).expect("text")
    }

    /// The one line that has all of this in it.
    #[track_caller]
    fn line(&self, words: &[&str]) -> String {
        let text = self.text();
        let mut lines = text
            .lines()
            .filter(|line| words.iter().all(|word| line.contains(word)));
        match (lines.next(), lines.next()) {
            (Some(line), None) => line.to_owned(),
            other => panic!("{words:?}: {other:?} in {text}"),
        }
    }
}

/// By which a reply names a message.
fn id(reply: &str) -> &str {
    let (_, id) = reply.trim_end().rsplit_once(" as ").expect("it names it");
    assert_eq!(id.len(), 16, "{reply}");
    id
}

#[tokio::test]
async fn the_log_tells_what_became_of_each_message_and_names_nobody() {
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let limits = Limits {
        message_bytes: 1_000,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    let letter = b"Subject: A secret\r\nMessage-ID: <one@sender.example>\r\n\r\nDear Alice,\r\n";
    let taken = peer.bring(&["alice@example.org"], letter).await;
    let again = peer.bring(&["alice@example.org"], letter).await;
    let refused = peer
        .bring(&["alice@example.org"], &b"word \r\n".repeat(1_000))
        .await;
    assert!(refused.starts_with("552"), "{refused}");
    peer.expect("MAIL FROM:<bob@sender.example>", "250").await;
    peer.expect("RCPT TO:<nobody@example.org>", "550").await;
    world.mailbox(&alice, 1).await;

    kept.line(&[id(&taken), "peer=127.0.0.1", "code=250", "was taken"]);
    kept.line(&[id(&again), "code=250", "brought again"]);
    kept.line(&["peer=127.0.0.1", "code=552", "reason=\"text\""]);
    kept.line(&["peer=127.0.0.1", "code=550", "reason=\"nobody\"", "id=\""]);
    for name in [
        "alice",
        "nobody@",
        "bob",
        "sender.example",
        "example.org",
        "secret",
        "Dear",
    ] {
        assert!(!kept.text().contains(name), "{name}: {}", kept.text());
    }
}

#[tokio::test]
async fn the_filter_knows_a_message_by_the_name_that_its_sender_hears() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("it has one"));
    let (tell, heard) = oneshot::channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("it asks");
        let mut all = Vec::new();
        while !all.ends_with(b"0\r\n\r\n") {
            stream.read_buf(&mut all).await.expect("it asks");
        }
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"action\":\"no action\"}";
        stream.write_all(answer.as_bytes()).await.expect("it listens");
        tell.send(String::from_utf8_lossy(&all).to_lowercase())
            .expect("it is awaited");
    });
    let address = FilterAddress::parse(&url).expect("an address");
    let set_up = SetUp {
        filter: Some(Filter::new(&address, false).expect("a client")),
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let _alice = world.person("alice").await;
    let mut peer = world.peer().await;
    let reply = peer.bring(&["alice@example.org"], b"\r\nDear Alice,\r\n").await;
    let heard = heard.await.expect("it was asked");
    assert!(
        heard.contains(&format!("queue-id: {}\r\n", id(&reply))),
        "{heard}"
    );
}
