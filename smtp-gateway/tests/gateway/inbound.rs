use postern_domain::store::{Address, NewAddress};
use postern_protocol::{AccountName, DomainName};

use crate::world::{NOW, SetUp, World};

const LETTER: &str =
    "From: Bob <bob@sender.example>\r\nTo: alice@example.org\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";

#[tokio::test]
async fn a_message_reaches_its_mailbox_sealed_and_signed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    let reply = peer
        .bring(&["Alice+letters@EXAMPLE.org"], LETTER.as_bytes())
        .await;
    assert!(reply.starts_with("250 2.0.0"), "{reply}");
    peer.expect("QUIT", "221").await;
    peer.closed().await;
    let mailbox = world.mailbox(&alice, 1).await;
    let opened = world.open(&alice, &mailbox[0]).await;
    assert_eq!(opened.text, LETTER.as_bytes());
    assert!(opened.through_gateway);
    assert_eq!(opened.delivered.address, "Alice+letters@example.org");
    let summary = opened.summary;
    assert_eq!(
        (&*summary.subject, &*summary.snippet),
        ("A letter", "Dear Alice,")
    );
    assert_eq!(
        (&*summary.sender, summary.received_ms),
        ("bob@sender.example", NOW.0)
    );
    assert_eq!(
        (&*summary.from[0].name, &*summary.from[0].address),
        ("Bob", "bob@sender.example")
    );
    assert_eq!(
        (&*summary.peer.address, &*summary.peer.hello, &*summary.peer.tls),
        ("127.0.0.1", "sender.example", "")
    );
    assert_eq!(
        (mailbox[0].received, summary.size_bytes),
        (NOW, LETTER.len() as u64)
    );
}

#[tokio::test]
async fn a_message_of_any_size_comes_byte_for_byte() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    // In the journal, in a file, and in a file of several parts.
    for (count, lines) in [(1, 100), (2, 4_000), (3, 200_000)] {
        let text = [
            LETTER.as_bytes(),
            &"Lines and \u{e4} more.. lines, of which none is short.\r\n"
                .repeat(lines)
                .into_bytes(),
        ]
        .concat();
        let reply = peer.bring(&["alice@example.org"], &text).await;
        assert!(reply.starts_with("250"), "{reply}");
        let mailbox = world.mailbox(&alice, count).await;
        let mut sizes = mailbox.clone();
        sizes.sort_by_key(|message| message.size_bytes);
        let opened = world.open(&alice, sizes.last().expect("one")).await;
        assert!(opened.text == text, "{lines} lines");
    }
}

#[tokio::test]
async fn one_body_serves_all_recipients_and_everybody_gets_one_copy() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let to = ["alice@example.org", "bob@example.org", "alice+again@example.org"];
    let reply = world.peer().await.bring(&to, LETTER.as_bytes()).await;
    assert!(reply.starts_with("250"), "{reply}");
    let (of_alice, of_bob) = (world.mailbox(&alice, 1).await, world.mailbox(&bob, 1).await);
    assert_eq!(of_alice[0].message, of_bob[0].message);
    assert_ne!(of_alice[0].envelope, of_bob[0].envelope);
    for (person, mailbox, address) in [(&alice, of_alice, to[0]), (&bob, of_bob, to[1])] {
        let opened = world.open(person, &mailbox[0]).await;
        assert!(opened.text == LETTER.as_bytes() && opened.through_gateway);
        assert_eq!(opened.delivered.address, address);
    }
    let page = world.stores.blobs.list(None).await.expect("memory");
    assert_eq!(page.entries.len(), 1, "one body");
}

#[tokio::test]
async fn mail_goes_to_given_addresses_other_domains_and_who_catches_all() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let records = &world.stores.records;
    let domain = DomainName::parse("other.example").expect("a domain");
    records.add_domain(&domain, NOW).await.expect("memory");
    for (domain, local) in [(None, "info"), (Some(domain.clone()), "sales")] {
        let address = Address {
            domain,
            local: AccountName::parse(local).expect("a name"),
        };
        let new = NewAddress {
            address,
            account: alice.device.account,
            now: NOW,
        };
        records.give_address(&new, 10).await.expect("memory");
    }
    let mut peer = world.peer().await;
    peer.bring(&["info@example.org"], LETTER.as_bytes()).await;
    peer.bring(&["sales+spring@other.example"], LETTER.as_bytes())
        .await;
    peer.expect("MAIL FROM:<>", "250").await;
    peer.expect("RCPT TO:<alice@other.example>", "550 5.1.1").await;
    records
        .set_catch_all(&domain, Some(alice.device.account))
        .await
        .expect("memory");
    peer.expect("RCPT TO:<\"any one\"@other.example>", "250").await;
    peer.expect("RSET", "250").await;
    peer.bring(&["whoever@other.example"], LETTER.as_bytes()).await;
    world.mailbox(&alice, 3).await;
}

#[tokio::test]
async fn the_keeper_of_each_domain_is_whom_the_settings_name_unless_the_domain_has_one() {
    let name = |name: &str| AccountName::parse(name).expect("a name");
    let set_up = SetUp {
        postmaster: Some(name("alice")),
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let records = &world.stores.records;
    let domain = DomainName::parse("other.example").expect("a domain");
    records.add_domain(&domain, NOW).await.expect("memory");
    let mut peer = world.peer().await;
    peer.bring(&["postmaster@example.org"], b"\r\none\r\n").await;
    peer.bring(&["postmaster@other.example"], b"\r\ntwo\r\n").await;
    peer.bring(&["Abuse+x@other.example"], b"\r\nthree\r\n").await;
    peer.expect("MAIL FROM:<>", "250").await;
    peer.expect("RCPT TO:<admin@other.example>", "550 5.1.1").await;
    peer.expect("RCPT TO:<postmaster@elsewhere.example>", "550 5.7.1")
        .await;
    peer.expect("RSET", "250").await;
    let new = NewAddress {
        address: Address {
            domain: Some(domain),
            local: name("postmaster"),
        },
        account: bob.device.account,
        now: NOW,
    };
    records.give_address(&new, 10).await.expect("memory");
    peer.bring(&["postmaster@other.example"], b"\r\nfour\r\n").await;
    world.mailbox(&bob, 1).await;
    world.mailbox(&alice, 3).await;
}

#[tokio::test]
async fn who_is_not_here_is_told_so() {
    let world = World::new().await;
    let _alice = world.person("alice").await;
    let mut peer = world.peer().await;
    peer.expect("MAIL FROM:<bob@sender.example>", "250").await;
    for (to, reply) in [
        ("bob@example.org", "550 5.1.1"),
        ("admin@example.org", "550 5.1.1"),
        ("alice@elsewhere.example", "550 5.7.1"),
        ("alice@sub.example.org", "550 5.7.1"),
        ("alice@[127.0.0.1]", "550 5.7.1"),
        ("postmaster", "550 5.1.1"),
        ("alice@example.org", "250"),
    ] {
        peer.expect(&format!("RCPT TO:<{to}>"), reply).await;
    }
}

#[tokio::test]
async fn several_messages_come_over_one_connection_and_in_chunks() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    for _ in 0..3 {
        peer.expect("MAIL FROM:<bob@sender.example>", "250").await;
        peer.expect("RCPT TO:<alice@example.org>", "250").await;
        let (head, body) = LETTER.split_at(40);
        peer.send(format!("BDAT {}\r\n{head}", head.len()).as_bytes())
            .await;
        peer.reply("250").await;
        peer.send(format!("BDAT {} LAST\r\n{body}", body.len()).as_bytes())
            .await;
        peer.reply("250 2.0.0").await;
    }
    for message in world.mailbox(&alice, 3).await {
        assert_eq!(world.open(&alice, &message).await.text, LETTER.as_bytes());
    }
}
