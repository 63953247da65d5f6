use std::fs;

use postern_domain::device::Device;
use postern_smtp_gateway::pins::Pins;

use crate::world::World;

const LETTER: &[u8] = b"Subject: A letter\r\n\r\nDear Alice,\r\n";

fn count(world: &World, folder: &str) -> usize {
    fs::read_dir(world.folder.path().join("spool").join(folder))
        .expect("a folder")
        .count()
}

#[tokio::test]
async fn f4_mail_is_taken_while_the_stores_are_away_and_comes_when_they_are_back() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.blobs.set_away(true);
    let mut peer = world.peer().await;
    for lines in [1, 10_000] {
        let reply = peer.bring(&["alice@example.org"], &LETTER.repeat(lines)).await;
        assert!(reply.starts_with("250"), "{reply}");
    }
    assert_eq!(count(&world, "mail"), 1);
    let page = alice.user.newest_messages(None, 10).await.expect("memory");
    assert!(page.messages.is_empty());
    world.blobs.set_away(false);
    world.mailbox(&alice, 2).await;
}

#[tokio::test]
async fn f4_mail_that_was_taken_survives_the_gateway() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.blobs.set_away(true);
    let mut peer = world.peer().await;
    for lines in [1, 10_000] {
        peer.bring(&["alice@example.org"], &LETTER.repeat(lines)).await;
    }
    drop(peer);
    let world = world.again().await;
    world.blobs.set_away(false);
    let mailbox = world.mailbox(&alice, 2).await;
    for message in &mailbox {
        assert!(
            world.open(&alice, message).await.through_gateway,
            "the same key as before"
        );
    }
    let world = world.again().await;
    world.mailbox(&alice, 2).await;
    assert_eq!(count(&world, "mail"), 0);
}

#[tokio::test]
async fn a_message_that_the_stores_never_take_holds_up_no_other() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    // A head of 80 bytes and a tag of 16 for each of its chunks.
    world.blobs.refuse(LETTER.len() as u64 * 2 + 96);
    let mut peer = world.peer().await;
    for lines in [1, 2, 3] {
        peer.bring(&["alice@example.org"], &LETTER.repeat(lines)).await;
    }
    let mailbox = world.mailbox(&alice, 2).await;
    assert!(
        mailbox
            .iter()
            .all(|message| message.size_bytes != LETTER.len() as u64 * 2 + 96)
    );
    assert_eq!(count(&world, "aside"), 1);
}

#[tokio::test]
async fn a_message_that_breaks_off_leaves_nothing() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for how in ["close", "reset"] {
        let mut peer = world.peer().await;
        peer.envelope(&["alice@example.org"]).await;
        peer.send(&LETTER.repeat(10_000)).await;
        if how == "reset" {
            peer.expect(".", "250").await;
            peer.expect("MAIL FROM:<b@sender.example>", "250").await;
            peer.expect("RSET", "250").await;
        }
    }
    world.mailbox(&alice, 1).await;
    while count(&world, "arriving") + count(&world, "mail") > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn f8_nothing_is_sealed_to_keys_that_changed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    // Somebody else's keys were seen under her name: as if the stores had exchanged them since.
    let pins = Pins::new(world.folder.path().join("pins"));
    let recipient = world
        .postern
        .gateway()
        .recipient("alice", None)
        .await
        .expect("memory");
    let mut other = recipient.expect("she is here");
    let mut mallory = Device::new("mallory");
    (mallory.name, mallory.account) = (other.name.clone(), other.account);
    other.statements = vec![mallory.sign_up().statement];
    pins.check(&other).expect("seen for the first time");

    let mut peer = world.peer().await;
    peer.expect("MAIL FROM:<b@sender.example>", "250").await;
    peer.expect("RCPT TO:<alice@example.org>", "451 4.7.5").await;
    peer.expect("DATA", "554 5.5.1").await;
    let page = alice.user.newest_messages(None, 10).await.expect("memory");
    assert!(page.messages.is_empty());
}

#[tokio::test]
async fn f4_who_stops_the_gateway_waits_for_what_is_under_way() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let (mut idle, mut busy) = (world.peer().await, world.peer().await);
    busy.envelope(&["alice@example.org"]).await;
    world.tell_to_stop();
    idle.reply("421 4.3.2").await;
    idle.closed().await;
    busy.send(LETTER).await;
    busy.expect(".", "250").await;
    busy.reply("421").await;
    busy.closed().await;
    let world = world.again().await;
    world.mailbox(&alice, 1).await;
    world.tell_to_stop();
    world.stopped().await;
}
