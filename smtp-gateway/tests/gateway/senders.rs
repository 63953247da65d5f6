//! What follows when a message does not come from whom it says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use postern_crypto::mail::{Summary, Verdict};
use postern_smtp_gateway::checks::{Checker, Dmarc};

use crate::names::{Names, Record};
use crate::world::{SetUp, World, own_address};

/// What a world answers to a letter in the name of `domain`, and whether it is spam and what DMARC says, if it came in.
async fn outcome(
    records: &[(&str, Record)],
    dmarc: Dmarc,
    domain: &str,
) -> (String, Option<(bool, Verdict)>) {
    let names = Names::of(records).await;
    let set_up = SetUp {
        checker: Some(Checker::new(names.resolver())),
        dmarc,
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let alice = world.person("alice").await;
    let letter = format!("From: Bob <bob@{domain}>\r\nSubject: A letter\r\n\r\nDear Alice,\r\n");
    let mut peer = world.peer().await;
    let reply = peer.bring(&["alice@example.org"], letter.as_bytes()).await;
    if !reply.starts_with("250") {
        return (reply[..9].to_owned(), None);
    }
    let mailbox = world.mailbox(&alice, 1).await;
    let checks = world.open(&alice, &mailbox[0]).await.summary.checks;
    (reply[..9].to_owned(), Some((checks.is_spam, checks.dmarc)))
}

const REJECT: &str = "v=DMARC1; p=reject";
const QUARANTINE: &str = "v=DMARC1; p=quarantine; pct=0";
const NONE: &str = "v=DMARC1; p=none; sp=reject";

#[tokio::test]
async fn f6_what_a_domain_asks_for_is_done_as_far_as_the_settings_say() {
    let (taken, refused) = ("250 2.0.0", "550 5.7.1");
    for (policy, dmarc, reply, is_spam) in [
        (REJECT, Dmarc::Note, taken, false),
        (REJECT, Dmarc::Quarantine, taken, true),
        (REJECT, Dmarc::Enforce, refused, true),
        (QUARANTINE, Dmarc::Note, taken, false),
        (QUARANTINE, Dmarc::Quarantine, taken, true),
        (QUARANTINE, Dmarc::Enforce, taken, true),
        (NONE, Dmarc::Quarantine, taken, false),
        (NONE, Dmarc::Enforce, taken, false),
    ] {
        let records = [("_dmarc.sender.example", Record::Txt(policy))];
        let outcome = outcome(&records, dmarc, "sender.example").await;
        let expected = (reply == taken).then_some((is_spam, Verdict::Fail));
        assert_eq!(outcome, (reply.to_owned(), expected), "{policy} {dmarc:?}");
    }
}

#[tokio::test]
async fn f6_what_is_below_a_domain_is_under_the_policy_for_that() {
    let records = [("_dmarc.sender.example", Record::Txt(NONE))];
    let (reply, _) = outcome(&records, Dmarc::Enforce, "below.sender.example").await;
    assert_eq!(reply, "550 5.7.1");
}

#[tokio::test]
async fn f6_no_envelope_however_it_is_spelt_vouches_for_the_sender_who_is_shown() {
    let own = Record::Txt("v=spf1 ip4:127.0.0.1 -all");
    let records = [
        ("evil.example", own),
        ("any.evil.example", own),
        ("bank.example", Record::Txt("v=spf1 -all")),
        ("_dmarc.bank.example", Record::Txt(REJECT)),
    ];
    let names = Names::of(&records).await;
    let set_up = SetUp {
        checker: Some(Checker::new(names.resolver())),
        dmarc: Dmarc::Enforce,
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let _alice = world.person("alice").await;
    let mut taken = 0;
    for sender in [
        "mallory@evil.example",
        "",
        "any@mail.nowhere.bank.example",
        "(any@bank.example",
        "any@bank.example(any.evil.example",
        "any@bank.example(.evil.example)",
        "any@bank.example'@any.evil.example",
        "'any@bank.example'@any.evil.example",
        "\"any@bank.example\"@any.evil.example",
        "any%bank.example@evil.example",
        "bank.example!any@evil.example",
        "@bank.example,@any.example:'any@evil.example",
        "@bank.example:any@evil.example",
        "@evil.example:any@bank.example",
        "any@bank.example\0@evil.example",
        "any@bank.example\0.evil.example",
        "any@evil.example> SIZE=1 <any@bank.example",
        "any@evil.example any@bank.example",
        "any@bank.example,any@evil.example",
    ] {
        let mut peer = world.peer().await;
        let reply = peer.expect(&format!("MAIL FROM:<{sender}>"), "").await;
        if !reply.starts_with("250") {
            assert!(reply.starts_with('5'), "{sender:?}: {reply}");
            continue;
        }
        peer.expect("RCPT TO:<alice@example.org>", "250").await;
        peer.expect("DATA", "354").await;
        peer.send(b"From: boss@bank.example\r\nSubject: A letter\r\n\r\nDear Alice,\r\n")
            .await;
        let reply = peer.expect(".", "").await;
        assert!(reply.starts_with("550 5.7.1"), "{sender:?}: {reply}");
        taken += 1;
    }
    assert!(taken > 3, "most are no addresses, but not all");
}

#[tokio::test]
async fn what_cannot_be_found_out_refuses_nothing() {
    let records = [("_dmarc.sender.example", Record::Failure)];
    let (reply, checked) = outcome(&records, Dmarc::Enforce, "sender.example").await;
    assert_eq!(
        (&*reply, checked),
        ("250 2.0.0", Some((false, Verdict::TemporaryError)))
    );
    let (reply, checked) = outcome(&[], Dmarc::Enforce, "sender.example").await;
    assert_eq!((&*reply, checked), ("250 2.0.0", Some((false, Verdict::None))));
}

/// What is noted of a message that this address brings to where mail is listened for.
async fn brought_from(own: Ipv4Addr, listen: IpAddr, names: &Names) -> Summary {
    let set_up = SetUp {
        checker: Some(Checker::new(names.resolver())),
        listen,
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let alice = world.person("alice").await;
    let mut peer = world.peer_at((own, world.address.port()).into()).await;
    peer.bring(&["alice@example.org"], b"From: b@sender.example\r\n\r\ntext\r\n")
        .await;
    let mailbox = world.mailbox(&alice, 1).await;
    world.open(&alice, &mailbox[0]).await.summary
}

#[tokio::test]
async fn who_comes_by_ipv4_to_where_both_are_listened_to_is_known_by_that_address() {
    let Some(own) = own_address() else {
        eprintln!("this machine has no address beside its loopback: no domain can name it");
        return;
    };
    for record in ["v=spf1 a -all", "v=spf1 mx -all"] {
        let names = Names::of(&[
            ("sender.example", Record::Txt(record)),
            ("sender.example", Record::A(own.octets())),
            ("sender.example", Record::Mx(1, "sender.example")),
        ])
        .await;
        let summary = brought_from(own, Ipv6Addr::UNSPECIFIED.into(), &names).await;
        assert_eq!(summary.checks.spf, Verdict::Pass, "{record}");
        assert_eq!(summary.peer.address, own.to_string());
    }
}

#[tokio::test]
async fn what_dns_calls_a_peer_is_told_if_that_name_leads_back_to_it() {
    let Some(own) = own_address() else {
        eprintln!("this machine has no address beside its loopback, which always has the same name");
        return;
    };
    let [a, b, c, d] = own.octets();
    let back = format!("{d}.{c}.{b}.{a}.in-addr.arpa");
    for (of_name, host) in [
        (Record::A(own.octets()), "mail.sender.example"),
        (Record::A([192, 0, 2, 1]), ""),
        (Record::Failure, ""),
    ] {
        let names = Names::of(&[
            (&back, Record::Ptr("mail.sender.example")),
            ("mail.sender.example", of_name),
        ])
        .await;
        let summary = brought_from(own, Ipv4Addr::UNSPECIFIED.into(), &names).await;
        assert_eq!(summary.peer.host, host);
    }
}
