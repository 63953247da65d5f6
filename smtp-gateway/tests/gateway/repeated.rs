//! What is brought twice, since who brought it did not hear the answer, is there once.

use std::sync::atomic::{AtomicI64, Ordering};

use postern_protocol::TimeMs;

use crate::world::{NOW, SetUp, World};

const LETTER: &[u8] = b"Message-ID: <one@sender.example>\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";
const ALICE: &str = "alice@example.org";

#[tokio::test]
async fn f10_a_message_that_is_brought_again_is_there_once_also_after_a_crash() {
    let mut world = World::new().await;
    let alice = world.person("alice").await;
    for turn in 0..3 {
        for lines in [1, 10_000] {
            let mut peer = world.peer().await;
            let reply = peer.bring(&[ALICE], &LETTER.repeat(lines)).await;
            assert!(reply.starts_with("250"), "{turn}: {reply}");
        }
        world.mailbox(&alice, 2).await;
        world = world.again().await;
    }
    // And while it waits.
    world.blobs.set_away(true);
    let later = [LETTER, b"P.S.\r\n"].concat();
    for _ in 0..2 {
        let mut peer = world.peer().await;
        assert!(peer.bring(&[ALICE], &later).await.starts_with("250"));
        drop(peer);
        world = world.again().await;
        assert_eq!(world.waiting(), 1);
    }
    world.blobs.set_away(false);
    world.mailbox(&alice, 3).await;
}

#[tokio::test]
async fn what_is_not_the_same_message_is_there_as_often_as_it_comes() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let mut peer = world.peer().await;
    let without_a_name = &LETTER[LETTER.iter().position(|byte| *byte == b'\n').expect("lines") + 1..];
    for text in [
        LETTER,
        &[LETTER, b"P.S.\r\n"].concat(),
        without_a_name,
        without_a_name,
    ] {
        peer.bring(&[ALICE], text).await;
    }
    world.mailbox(&alice, 4).await;
    peer.bring(&["bob@example.org"], LETTER).await;
    world.mailbox(&bob, 1).await;
    // In whatever order they are named, and under whichever of their addresses.
    for both in [[ALICE, "bob@example.org"], ["bob+x@example.org", ALICE]] {
        peer.bring(&both, LETTER).await;
    }
    world.mailbox(&bob, 2).await;
    world.mailbox(&alice, 5).await;
    peer.expect("MAIL FROM:<somebody-else@sender.example>", "250")
        .await;
    peer.expect("RCPT TO:<alice@example.org>", "250").await;
    peer.expect("DATA", "354").await;
    peer.send(LETTER).await;
    peer.expect(".", "250").await;
    world.mailbox(&alice, 6).await;
}

static CLOCK: AtomicI64 = AtomicI64::new(NOW.0);

#[tokio::test]
async fn after_an_hour_the_same_message_is_a_new_one() {
    let set_up = SetUp {
        clock: || TimeMs(CLOCK.load(Ordering::Relaxed)),
        ..SetUp::default()
    };
    let world = World::set_up(set_up).await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    for (minutes, there) in [(0, 1), (60, 1), (61, 2), (62, 2)] {
        CLOCK.store(NOW.0 + minutes * 60_000, Ordering::Relaxed);
        assert!(peer.bring(&[ALICE], LETTER).await.starts_with("250"));
        while world.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        world.mailbox(&alice, there).await;
    }
}

#[tokio::test]
async fn a_message_that_was_put_off_is_taken_when_it_comes_again() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let full = world.folder.path().join("spool/arriving");
    std::fs::rename(&full, full.with_extension("away")).expect("it is there");
    let mut peer = world.peer().await;
    let large = LETTER.repeat(10_000);
    assert!(peer.bring(&[ALICE], &large).await.starts_with("451"));
    std::fs::rename(full.with_extension("away"), &full).expect("it is there");
    assert!(peer.bring(&[ALICE], &large).await.starts_with("250"));
    world.mailbox(&alice, 1).await;
}
