use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use postern_protocol::TimeMs;
use postern_smtp_gateway::Greylist;
use postern_smtp_gateway::checks::Checker;

use tokio::time::timeout;

use crate::names::{Names, Record};
use crate::world::{NOW, SetUp, World, own_address};

/// For the one test that moves it.
static CLOCK: AtomicI64 = AtomicI64::new(NOW.0);

#[tokio::test]
async fn who_brings_mail_for_the_first_time_comes_again_after_a_minute() {
    let set_up = SetUp {
        greylist: Some(Greylist::default()),
        clock: || TimeMs(CLOCK.load(Ordering::SeqCst)),
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    for (after_s, reply) in [
        (0, "451 4.7.1"),
        (59, "451 4.7.1"),
        (60, "250"),
        (86_400 * 30, "250"),
    ] {
        CLOCK.store(NOW.0 + after_s * 1_000, Ordering::SeqCst);
        peer.expect("MAIL FROM:<bob@sender.example>", "250").await;
        peer.expect("RCPT TO:<nobody@example.org>", "550 5.1.1").await;
        peer.expect("RCPT TO:<alice@example.org>", reply).await;
        peer.expect("RSET", "250").await;
    }
    peer.bring(&["alice@example.org"], b"\r\nAt last.\r\n").await;
    world.mailbox(&alice, 1).await;
}

/// A world that greylists and asks these names, unless this machine has no address that a domain could name.
async fn asking(names: &Names) -> Option<(World, std::net::SocketAddr)> {
    let own = own_address()?;
    let set_up = SetUp {
        checker: Some(Checker::new(names.resolver())),
        greylist: Some(Greylist::default()),
        listen: Ipv4Addr::UNSPECIFIED.into(),
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let address = (own, world.address.port()).into();
    Some((world, address))
}

#[tokio::test]
async fn who_is_named_by_the_domain_of_the_sender_need_not_come_again() {
    let Some(own) = own_address() else {
        eprintln!("this machine has no address beside its loopback: no domain can name it");
        return;
    };
    let record: &str = format!("v=spf1 ip4:{own} -all").leak();
    let names = Names::of(&[("sender.example", Record::Txt(record))]).await;
    let (world, address) = asking(&names).await.expect("it has one");
    let _alice = world.person("alice").await;
    let mut peer = world.peer_at(address).await;
    for (sender, reply) in [("bob@other.example", "451 4.7.1"), ("bob@sender.example", "250")] {
        peer.expect(&format!("MAIL FROM:<{sender}>"), "250").await;
        peer.expect("RCPT TO:<alice@example.org>", reply).await;
        peer.expect("RSET", "250").await;
    }
}

#[tokio::test]
async fn the_domain_of_a_sender_is_asked_once_for_all_recipients() {
    let names = Names::of(&[("sender.example", Record::Failure)]).await;
    let Some((world, address)) = asking(&names).await else {
        eprintln!("this machine has no address beside its loopback: no domain can name it");
        return;
    };
    let (_alice, _bob) = (world.person("alice").await, world.person("bob").await);
    let mut peer = world.peer_at(address).await;
    peer.expect("MAIL FROM:<c@sender.example>", "250").await;
    peer.expect("RCPT TO:<alice@example.org>", "451 4.7.1").await;
    let asked = names.asked();
    assert!(asked > 0);
    peer.expect("RCPT TO:<bob@example.org>", "451 4.7.1").await;
    assert_eq!(names.asked(), asked);
}

#[tokio::test]
async fn what_was_answered_is_said_before_something_slow_is_asked() {
    let names = Names::of(&[("sender.example", Record::Silence)]).await;
    let Some((world, address)) = asking(&names).await else {
        eprintln!("this machine has no address beside its loopback: no domain can name it");
        return;
    };
    let _alice = world.person("alice").await;
    let mut peer = world.peer_at(address).await;
    peer.send(b"MAIL FROM:<c@sender.example>\r\nRCPT TO:<alice@example.org>\r\n")
        .await;
    let soon = timeout(Duration::from_secs(2), peer.reply("250 2.1.0")).await;
    soon.expect("DNS is given longer than that");
}
