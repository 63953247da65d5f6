use std::net::Ipv4Addr;
use std::time::Duration;

use postern_smtp_gateway::BlockLists;

use crate::names::{Names, Record};
use crate::world::{SetUp, World, own_address};

fn lists(names: &Names, lists: &[&str]) -> BlockLists {
    let lists = lists.iter().map(|list| (*list).to_owned());
    BlockLists::new(lists.collect(), names.resolver())
}

async fn listing<'a>(lists: &'a BlockLists, peer: &str) -> Option<&'a str> {
    lists.listing(peer.parse().expect("an address")).await
}

const OF_IPV6: &str = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.zen.example.org";

#[tokio::test]
async fn who_is_on_a_list_is_found_and_asked_for_once() {
    let names = Names::of(&[
        ("7.2.0.192.zen.example.org", Record::A([127, 0, 0, 4])),
        (OF_IPV6, Record::A([127, 0, 0, 2])),
    ])
    .await;
    let lists = lists(&names, &["other.example.org", "zen.example.org"]);
    for (peer, expected) in [
        ("192.0.2.7", Some("zen.example.org")),
        ("::ffff:192.0.2.7", Some("zen.example.org")),
        ("2001:db8::1", Some("zen.example.org")),
        ("192.0.2.8", None),
        ("2001:db8::2", None),
    ] {
        assert_eq!(listing(&lists, peer).await, expected, "{peer}");
        let asked = names.asked();
        assert_eq!(listing(&lists, peer).await, expected, "{peer}");
        assert_eq!(names.asked(), asked, "{peer}");
    }
}

#[tokio::test]
async fn a_list_that_fails_or_says_that_it_does_not_answer_refuses_nobody() {
    let names = Names::of(&[
        ("7.2.0.192.failing.example.org", Record::Failure),
        ("7.2.0.192.angry.example.org", Record::A([127, 255, 255, 254])),
        ("7.2.0.192.hijacked.example.org", Record::A([198, 51, 100, 1])),
    ])
    .await;
    let of_all = ["failing.example.org", "angry.example.org", "hijacked.example.org"];
    assert_eq!(listing(&lists(&names, &of_all), "192.0.2.7").await, None);
    assert!(names.asked() >= 3);
}

#[tokio::test]
async fn a_list_that_says_nothing_is_not_waited_for_without_end() {
    let names = Names::of(&[("7.2.0.192.silent.example.org", Record::Silence)]).await;
    let lists = lists(&names, &["silent.example.org"]).within(Duration::from_millis(50));
    assert_eq!(listing(&lists, "192.0.2.7").await, None);
}

#[tokio::test]
async fn no_list_is_asked_about_this_very_machine() {
    let names = Names::of(&[]).await;
    let lists = lists(&names, &["zen.example.org"]);
    for peer in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(listing(&lists, peer).await, None);
    }
    assert_eq!(names.asked(), 0);
}

#[tokio::test]
async fn who_is_on_a_list_is_told_on_which_one() {
    let Some(own) = own_address() else {
        eprintln!("this machine has no address beside its loopback: there is nobody to refuse");
        return;
    };
    let [a, b, c, d] = own.octets();
    let name = format!("{d}.{c}.{b}.{a}.zen.example.org");
    let names = Names::of(&[(&name, Record::A([127, 0, 0, 2]))]).await;
    let set_up = SetUp {
        block_lists: Some(lists(&names, &["zen.example.org"])),
        listen: Ipv4Addr::UNSPECIFIED.into(),
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let _alice = world.person("alice").await;
    let port = world.address.port();
    for (to, replies) in [(own, "554 5.7.1"), (Ipv4Addr::LOCALHOST, "250")] {
        let mut peer = world.peer_at((to, port).into()).await;
        peer.expect("MAIL FROM:<b@sender.example>", "250").await;
        let reply = peer.expect("RCPT TO:<alice@example.org>", replies).await;
        assert_eq!(reply.contains("zen.example.org"), to == own, "{reply}");
    }
}
