use std::fs;
use std::path::Path;
use std::process::Command;

use crate::world::World;

const LETTER: &[u8] = b"Subject: A letter\r\n\r\nDear Alice,\r\n";

#[tokio::test]
async fn f10_a_message_that_goes_in_circles_is_refused() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    for (hops, reply) in [(101, "554 5.4.6"), (100, "250")] {
        let head = b"Received: from a\r\n by b\r\nReceived-SPF: none\r\n".repeat(hops);
        let said = peer
            .bring(&["alice@example.org"], &[&head[..], LETTER].concat())
            .await;
        assert!(said.starts_with(reply), "{hops}: {said}");
    }
    world.mailbox(&alice, 1).await;
}

#[tokio::test]
async fn f10_a_report_without_a_sender_is_taken_and_nothing_is_ever_sent_back() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut peer = world.peer().await;
    peer.expect("MAIL FROM:<>", "250").await;
    peer.expect("RCPT TO:<nobody-here@example.org>", "550 5.1.1")
        .await;
    peer.expect("RCPT TO:<alice@example.org>", "250").await;
    peer.expect("DATA", "354").await;
    peer.send(LETTER).await;
    peer.expect(".", "250").await;
    let mailbox = world.mailbox(&alice, 1).await;
    assert_eq!(world.open(&alice, &mailbox[0]).await.summary.sender, "");
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("--archive").arg(from).arg(to).status();
    assert!(copied.expect("cp can be started").success());
}

#[tokio::test]
async fn f10_mail_that_is_handed_on_again_after_a_crash_is_there_once() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.blobs.set_away(true);
    let mut peer = world.peer().await;
    for lines in [1, 10_000] {
        peer.bring(&["alice@example.org"], &LETTER.repeat(lines)).await;
    }
    drop(peer);
    let world = world
        .again_after(|folder| copy(&folder.join("spool"), &folder.join("before")))
        .await;
    world.blobs.set_away(false);
    world.mailbox(&alice, 2).await;
    // As if the power had failed between the mailbox and the journal.
    let as_before = |folder: &Path| {
        fs::remove_dir_all(folder.join("spool")).expect("it is there");
        fs::rename(folder.join("before"), folder.join("spool")).expect("it is there");
    };
    let world = world.again_after(as_before).await;
    while world.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    world.mailbox(&alice, 2).await;
}
