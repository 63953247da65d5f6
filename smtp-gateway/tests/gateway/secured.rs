//! TLS, agreed on for real.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postern_smtp_gateway::{Limits, tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::world::{Peer, SetUp, World};

const LETTER: &[u8] = b"Subject: A letter\r\n\r\nDear Alice,\r\n";

/// A certificate of the gateway's, and somebody who trusts nothing else.
struct Trust {
    folder: TempDir,
    connector: TlsConnector,
}

impl Trust {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let certificate = issue(folder.path());
        Self {
            folder,
            connector: trusting(certificate),
        }
    }

    fn server(&self) -> Arc<ServerConfig> {
        let of = |name| self.folder.path().join(name);
        tls::load(&of("cert.pem"), &of("key.pem")).expect("they belong together")
    }

    async fn begin(&self, stream: TcpStream) -> TlsStream<TcpStream> {
        let name = ServerName::try_from("mx.example.org").expect("a name");
        self.connector.connect(name, stream).await.expect("it is trusted")
    }

    async fn connect(&self, to: SocketAddr) -> Peer {
        let stream = TcpStream::connect(to).await.expect("it listens");
        Peer::over(self.begin(stream).await)
    }

    /// Says hello, starts TLS with `behind` in the same packet, and agrees on keys.
    async fn start_tls(&self, to: SocketAddr, behind: &str) -> Peer {
        let mut stream = TcpStream::connect(to).await.expect("it listens");
        heard(&mut stream, "220 ").await;
        stream.write_all(b"EHLO sender.example\r\n").await.expect("sent");
        let offered = heard(&mut stream, "250 ").await;
        assert!(offered.contains("STARTTLS"), "{offered}");
        let sent = format!("STARTTLS\r\n{behind}");
        stream.write_all(sent.as_bytes()).await.expect("sent");
        let ready = heard(&mut stream, "220 ").await;
        assert_eq!(ready.lines().count(), 1, "nothing else is answered: {ready}");
        Peer::over(self.begin(stream).await)
    }

    async fn world(&self, limits: Limits) -> World {
        let set_up = SetUp {
            limits,
            tls: Some(self.server()),
            ..SetUp::default()
        };
        World::set_up(set_up).await
    }
}

fn issue(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["mx.example.org".to_owned()]).expect("a certificate");
    fs::write(folder.join("cert.pem"), cert.pem()).expect("written");
    fs::write(folder.join("key.pem"), signing_key.serialize_pem()).expect("written");
    cert.der().clone()
}

fn trusting(certificate: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// Reads up to a line that begins so, byte by byte: what comes behind it is not ours to take.
async fn heard(stream: &mut TcpStream, last: &str) -> String {
    let mut all = String::new();
    loop {
        let start = all.len();
        while !all[start..].ends_with('\n') {
            all.push(char::from(stream.read_u8().await.expect("it answers")));
        }
        if all[start..].starts_with(last) {
            return all;
        }
    }
}

async fn bring(peer: &mut Peer) {
    let hello = peer.expect("EHLO sender.example", "250").await;
    assert!(!hello.contains("STARTTLS"), "it has begun: {hello}");
    let reply = peer.bring(&["alice@example.org"], LETTER).await;
    assert!(reply.starts_with("250"), "{reply}");
}

#[tokio::test]
async fn f3_a_message_comes_through_tls_that_was_started() {
    let trust = Trust::new();
    let world = trust.world(Limits::default()).await;
    let alice = world.person("alice").await;
    let mut peer = trust.start_tls(world.address, "").await;
    bring(&mut peer).await;
    let mailbox = world.mailbox(&alice, 1).await;
    let opened = world.open(&alice, &mailbox[0]).await;
    assert_eq!(opened.text, LETTER);
    let tls = opened.summary.peer.tls;
    assert!(tls.starts_with("TLSv1_3 TLS13_AES"), "{tls}");
}

#[tokio::test]
async fn f3_what_comes_with_starttls_in_one_packet_is_dropped() {
    let trust = Trust::new();
    let world = trust.world(Limits::default()).await;
    let alice = world.person("alice").await;
    for behind in [
        "EHLO mallory.example\r\n",
        "MAIL FROM:<mallory@evil.example>\r\nRCPT TO:<alice@example.org>\r\nDATA\r\n",
        "RSET\r\nNOOP\r\nQUIT\r\n",
        "half a command",
    ] {
        let mut peer = trust.start_tls(world.address, behind).await;
        // Not even the hello from before counts (RFC 3207, 4.2).
        peer.expect("MAIL FROM:<bob@sender.example>", "503").await;
        bring(&mut peer).await;
    }
    for message in world.mailbox(&alice, 4).await {
        let summary = world.open(&alice, &message).await.summary;
        assert_eq!(
            (&*summary.sender, &*summary.peer.hello),
            ("bob@sender.example", "sender.example")
        );
    }
}

#[tokio::test]
async fn f3_a_message_comes_through_tls_from_the_first_byte() {
    let trust = Trust::new();
    let world = trust.world(Limits::default()).await;
    let alice = world.person("alice").await;
    let mut peer = trust.connect(world.address_tls).await;
    peer.reply("220").await;
    bring(&mut peer).await;
    peer.expect("STARTTLS", "50").await;
    let mailbox = world.mailbox(&alice, 1).await;
    assert!(!world.open(&alice, &mailbox[0]).await.summary.peer.tls.is_empty());
}

#[tokio::test]
async fn both_doors_share_their_places_and_close_together() {
    let trust = Trust::new();
    let limits = Limits {
        connections_by_address: 2,
        ..Limits::default()
    };
    let world = trust.world(limits).await;
    let (mut plain, mut secure) = (world.stranger().await, trust.connect(world.address_tls).await);
    secure.reply("220").await;
    let mut third = world.connect().await;
    third.reply("421 4.7.0").await;
    let mut fourth = Peer::over(TcpStream::connect(world.address_tls).await.expect("it listens"));
    fourth.closed().await;
    world.tell_to_stop();
    for peer in [&mut plain, &mut secure] {
        peer.reply("421 4.3.2").await;
        peer.closed().await;
    }
    world.stopped().await;
}

#[tokio::test]
async fn who_says_nothing_where_tls_begins_does_not_keep_the_gateway_from_stopping() {
    let trust = Trust::new();
    let world = trust.world(Limits::default()).await;
    let _silent = TcpStream::connect(world.address_tls).await.expect("it listens");
    // Who came later was greeted.
    let _greeted = world.stranger().await;
    world.tell_to_stop();
    let stopped = tokio::time::timeout(Duration::from_secs(20), world.stopped()).await;
    stopped.expect("at once, and not when patience ends");
}

#[tokio::test]
async fn who_does_not_speak_tls_where_it_begins_is_told_nothing() {
    let trust = Trust::new();
    let world = trust.world(Limits::default()).await;
    let mut stream = TcpStream::connect(world.address_tls).await.expect("it listens");
    stream.write_all(b"EHLO sender.example\r\n").await.expect("sent");
    let mut heard = Vec::new();
    // It may end with an alert, or at once.
    let _ = stream.read_to_end(&mut heard).await;
    assert!(!heard.windows(3).any(|three| three == b"220"), "{heard:?}");
}
