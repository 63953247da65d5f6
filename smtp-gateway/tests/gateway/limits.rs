use postern_smtp_gateway::Limits;

use crate::world::{QUOTA_BYTES, World};

#[tokio::test]
async fn a_mailbox_that_is_full_is_told_before_the_text() {
    let world = World::new().await;
    let _alice = world.person("alice").await;
    let mut peer = world.peer().await;
    let size = QUOTA_BYTES + 1;
    peer.expect(&format!("MAIL FROM:<b@sender.example> SIZE={size}"), "250")
        .await;
    peer.expect("RCPT TO:<alice@example.org>", "452 4.2.2").await;
    peer.expect("RSET", "250").await;
    peer.expect(&format!("MAIL FROM:<b@sender.example> SIZE={QUOTA_BYTES}"), "250")
        .await;
    peer.expect("RCPT TO:<alice@example.org>", "250").await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let limits = Limits {
        message_bytes: 400_000,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    peer.expect("MAIL FROM:<b@sender.example> SIZE=400001", "552")
        .await;
    let reply = peer
        .bring(&["alice@example.org"], &b"word \r\n".repeat(60_000))
        .await;
    assert!(reply.starts_with("552 5.3.4"), "{reply}");
    let reply = peer
        .bring(&["alice@example.org"], &[&[b'x'; 300_000][..], b"\r\n"].concat())
        .await;
    assert!(reply.starts_with("552 5.3.4"), "a head without end: {reply}");
    peer.bring(&["alice@example.org"], b"\r\nWhat may come.\r\n")
        .await;
    let mailbox = world.mailbox(&alice, 1).await;
    assert_eq!(
        world.open(&alice, &mailbox[0]).await.text,
        b"\r\nWhat may come.\r\n"
    );
}

#[tokio::test]
async fn one_address_has_not_all_the_connections() {
    let limits = Limits {
        connections_by_address: 2,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let (_one, two) = (world.peer().await, world.peer().await);
    let mut third = world.connect().await;
    third.reply("421 4.7.0").await;
    third.closed().await;
    drop(two);
    loop {
        let mut next = world.connect().await;
        if next.read().await.starts_with("220") {
            break;
        }
    }
}

#[tokio::test]
async fn a_message_for_which_the_disk_has_no_room_is_put_off_before_its_text() {
    let limits = Limits {
        message_bytes: 1 << 60,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let mut peer = world.peer().await;
    let size = 1_u64 << 59;
    peer.expect(&format!("MAIL FROM:<b@sender.example> SIZE={size}"), "452 4.3.1")
        .await;
    peer.expect("MAIL FROM:<b@sender.example> SIZE=1000", "250").await;
}
