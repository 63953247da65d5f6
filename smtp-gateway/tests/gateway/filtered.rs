//! A content filter reads along: Debian's rspamd, and some that misbehave.

use std::time::Duration;

use postern_smtp_gateway::filter::{Filter, FilterAddress, MOST_BYTES};
use postern_tests::Rspamd;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::world::{Opened, Person, SetUp, World};

/// What rspamd's own patterns have it do.
const PATTERN: &str = "JS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

fn filter(address: &str, rejects: bool) -> Filter {
    let address = FilterAddress::parse(address).expect("an address");
    Filter::new(&address, rejects).expect("a client")
}

async fn world(filter: Filter) -> (World, Person) {
    let set_up = SetUp {
        filter: Some(filter),
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let alice = world.person("alice").await;
    (world, alice)
}

async fn bring(world: &World, subject: &str, text: &str) -> String {
    let letter = format!("From: b@sender.example\r\nSubject: {subject}\r\n\r\n{text}\r\n");
    let mut peer = world.peer().await;
    peer.bring(&["alice@example.org"], letter.as_bytes()).await
}

/// The one among so many that has this in it.
async fn find(world: &World, alice: &Person, count: usize, text: &str) -> Opened {
    for message in world.mailbox(alice, count).await {
        let opened = world.open(alice, &message).await;
        if memchr::memmem::find(&opened.text, text.as_bytes()).is_some() {
            return opened;
        }
    }
    panic!("none of the {count} messages has {text:?} in it");
}

#[tokio::test]
async fn what_rspamd_thinks_of_a_message_is_done() {
    let rspamd = Rspamd::start();
    let (world, alice) = world(filter(&rspamd.url(), false)).await;
    for (count, letter, is_spam) in [(1, 'A', false), (2, 'Y', true), (3, 'Z', true), (4, 'X', true)] {
        let reply = bring(&world, "a letter", &format!("{letter}{PATTERN}")).await;
        assert!(reply.starts_with("250"), "{letter}: {reply}");
        let opened = find(&world, &alice, count, &format!("{letter}{PATTERN}")).await;
        assert_eq!(opened.summary.checks.is_spam, is_spam, "{letter}");
    }
    let reply = bring(&world, "later", "text").await;
    assert!(reply.starts_with("451 4.7.1"), "{reply}");
    world.mailbox(&alice, 4).await;
}

#[tokio::test]
async fn what_rspamd_rejects_is_refused_if_that_is_wanted() {
    let rspamd = Rspamd::start();
    let socket = format!("unix:{}", rspamd.socket().display());
    let (world, alice) = world(filter(&socket, true)).await;
    let reply = bring(&world, "a letter", &format!("X{PATTERN}")).await;
    assert!(reply.starts_with("550 5.7.1"), "{reply}");
    let reply = bring(&world, "a letter", "Dear Alice,").await;
    assert!(reply.starts_with("250"), "{reply}");
    assert!(
        !find(&world, &alice, 1, "Dear Alice,")
            .await
            .summary
            .checks
            .is_spam
    );
}

#[tokio::test]
async fn rspamd_is_told_who_brings_a_message_and_for_whom() {
    let rspamd = Rspamd::start();
    let (world, _alice) = world(filter(&rspamd.url(), false)).await;
    let _bob = world.person("bob").await;
    let mut peer = world.peer().await;
    for (sender, count) in [("<b@sender.example>", 1), ("<>", 2)] {
        peer.expect(&format!("MAIL FROM:{sender}"), "250").await;
        peer.expect("RCPT TO:<alice@example.org>", "250").await;
        peer.expect("RCPT TO:<bob@example.org>", "250").await;
        peer.expect("DATA", "354").await;
        peer.send(b"Subject: a letter\r\n\r\nDear all,\r\n").await;
        peer.expect(".", "250").await;
        let (heard, address) = (rspamd.heard(), sender.trim_matches(['<', '>']));
        let last = heard.lines().nth(count - 1).expect("it was asked");
        let expected = format!("127.0.0.1|sender.example||{address}|alice@example.org,bob@example.org|32");
        assert_eq!(last, expected, "{heard}");
    }
}

#[tokio::test]
async fn a_large_message_is_read_to_the_filter_up_to_a_bound_and_comes_whole() {
    let rspamd = Rspamd::start();
    let (world, alice) = world(filter(&rspamd.url(), false).within(Duration::from_secs(60))).await;
    let text = "Lines and more lines, of which none is short.\r\n".repeat(MOST_BYTES / 40);
    let reply = bring(&world, "a letter", &text).await;
    assert!(reply.starts_with("250"), "{reply}");
    let opened = find(&world, &alice, 1, "Subject: a letter").await;
    assert!(
        opened.text.len() > MOST_BYTES && opened.text.trim_ascii_end().ends_with(text.trim_end().as_bytes())
    );
    let heard = rspamd.heard();
    assert!(heard.trim_end().ends_with(&format!("|{MOST_BYTES}")), "{heard}");
}

/// A filter that takes connections, reads so much, and says this.
async fn odd_filter(reads: usize, says: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it has one");
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(tokio::spawn(be_odd(stream, reads, says)));
        }
    });
    format!("http://{address}")
}

async fn be_odd(mut stream: TcpStream, reads: usize, says: &str) {
    let mut read = vec![0; reads];
    if stream.read_exact(&mut read).await.is_ok() && stream.write_all(says.as_bytes()).await.is_ok() {
        // Open as long as the other side.
        let _ = stream.readable().await;
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn a_filter_that_is_away_slow_or_broken_holds_up_no_mail() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let away = format!("http://{}", nobody.local_addr().expect("it has one"));
    drop(nobody);
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
    for address in [
        away,
        "unix:/nowhere/normal.sock".to_owned(),
        odd_filter(100, "").await,
        odd_filter(100, "this is no HTTP\r\n\r\n").await,
        odd_filter(100, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n").await,
        odd_filter(100, &format!("{ok}spam").leak()[..]).await,
        odd_filter(100, &format!("{ok}{{").leak()[..]).await,
    ] {
        let (world, alice) = world(filter(&address, true).within(Duration::from_millis(200))).await;
        for (count, lines) in [(1, 1), (2, 200_000)] {
            let reply = bring(&world, "a letter", &"Dear Alice,\r\n".repeat(lines)).await;
            assert!(reply.starts_with("250"), "{address}: {reply}");
            world.mailbox(&alice, count).await;
        }
    }
}

/// A filter that takes a connection, reads so much, says this and hangs up.
async fn impatient_filter(reads: usize, says: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it has one");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = vec![0; reads];
            stream.read_exact(&mut read).await.expect("there is as much");
            stream.write_all(says.as_bytes()).await.expect("it is open");
            stream.shutdown().await.expect("it is open");
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn who_sends_so_slowly_that_the_filter_hangs_up_comes_again() {
    for says in [
        "",
        "HTTP/1.1 408 IO timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ] {
        let (world, alice) = world(filter(&impatient_filter(100, says).await, false)).await;
        let mut peer = world.peer().await;
        peer.envelope(&["alice@example.org"]).await;
        peer.send(b"Subject: a letter\r\n\r\nDear Alice,\r\n").await;
        peer.send(b"Buy this.\r\n").await;
        peer.expect(".", "451 4.7.1").await;
        let page = alice.user.newest_messages(None, 10).await.expect("memory");
        assert!(page.messages.is_empty());
    }
}

/// What this process has in memory now.
fn memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    kibibytes
        .and_then(|number| number.parse::<u64>().ok())
        .expect("a number")
        << 10
}

#[tokio::test]
async fn a_message_takes_no_more_memory_than_a_few_pieces_however_large_it_is() {
    let rspamd = Rspamd::start();
    let (world, _alice) = world(filter(&rspamd.url(), false).within(Duration::from_secs(60))).await;
    // It stays in the spool, since the stores of this world are in the same memory.
    world.blobs.set_away(true);
    let mut peer = world.peer().await;
    peer.envelope(&["alice@example.org"]).await;
    let piece = "Lines and more lines, of which none is short..\r\n".repeat(20_000);
    peer.send(b"Subject: large\r\n\r\n").await;
    let before = memory_bytes();
    let mut most = before;
    for _ in 0..100 {
        peer.send(piece.as_bytes()).await;
        most = most.max(memory_bytes());
    }
    peer.expect("\r\n.", "250").await;
    let more = most.max(memory_bytes()) - before;
    assert!(
        more < 16 << 20,
        "{more} bytes for a message of {}",
        piece.len() * 100
    );
    assert!(rspamd.heard().trim_end().ends_with(&format!("|{MOST_BYTES}")));
}

#[tokio::test]
async fn who_gives_up_in_the_middle_is_not_judged() {
    let rspamd = Rspamd::start();
    let (world, alice) = world(filter(&rspamd.url(), false)).await;
    let mut peer = world.peer().await;
    peer.envelope(&["alice@example.org"]).await;
    peer.send(&b"Dear Alice,\r\n".repeat(10_000)).await;
    drop(peer);
    let reply = bring(&world, "a letter", "Dear Alice,").await;
    assert!(reply.starts_with("250"), "{reply}");
    world.mailbox(&alice, 1).await;
    assert_eq!(rspamd.heard().lines().count(), 1);
}
