//! A message is read by nobody on its way: it is sealed while it comes, and nothing of it stays in the server, neither on
//! its disk nor in its memory.

use std::process::Command;

use postern_tests::{Canary, Carrier, Setup, crash_writes_memory};

use super::{ALICE, Mailbox, letter, was_taken};

/// Stands in every line.
const SECRET: &str = "canary of the night Vt8yQp";
const LARGE: usize = 100 << 20;
/// Of one session, sealed, checked and written, with whatever the rest of the server takes meanwhile.
const MOST_MEMORY: u64 = 24 << 20;

#[test]
fn f5_nothing_of_a_message_is_left_on_the_disk_or_in_memory() {
    let setup = Setup::folder_and_sqlite().with("MAIL_MESSAGE_BYTES", "200000000");
    let server = setup.start();
    let alice = Mailbox::of_alice(&server);
    let canary = Canary::new("the text", SECRET);
    let mut carrier = Carrier::to(server.mail()).expect("it listens");
    // What every connection and every table takes anyway.
    assert!(was_taken(
        &carrier
            .brings(ALICE, &letter("first", 1_000))
            .expect("it answers")
    ));
    alice.letters_once_there_are(1);
    let before = server.peak_memory_bytes();
    for (number, size_bytes) in [3_000, 300_000, LARGE].into_iter().enumerate() {
        let text = letter(SECRET, size_bytes);
        assert!(was_taken(&carrier.brings(ALICE, &text).expect("it answers")));
        alice.letters_once_there_are(number + 2);
    }
    drop(carrier);
    let more = server.peak_memory_bytes() - before;
    assert!(more < MOST_MEMORY, "{} KiB", more >> 10);
    for folder in setup.stored() {
        canary.must_not_be_below(folder);
    }
    canary.must_not_be_in("the log", setup.log().as_bytes());
    server.must_not_remember(&canary);
    assert!(server.stop());
}

#[test]
fn f5_a_message_that_breaks_off_with_the_server_leaves_nothing_readable() {
    let setup = Setup::folder_and_sqlite();
    let server = setup.start();
    Mailbox::of_alice(&server);
    assert!(server.stop());
    let canary = Canary::new("the text", SECRET);
    for size_bytes in [3_000, 300_000, 10 << 20] {
        let server = setup.start();
        let mut carrier = Carrier::to(server.mail()).expect("it listens");
        assert_eq!(carrier.announces(ALICE, "").expect("it answers"), None);
        carrier.sends(&letter(SECRET, size_bytes)).expect("it reads");
        server.kill();
        for folder in setup.stored() {
            canary.must_not_be_below(folder);
        }
    }
}

#[test]
fn f5_the_memory_of_a_server_that_crashes_is_not_written_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut other = Command::new("sleep")
        .arg("1000")
        .current_dir(folder.path())
        .spawn()
        .expect("it can be started");
    assert!(
        crash_writes_memory(&mut other),
        "this system writes down no memory at all, and so shows nothing"
    );
    let setup = Setup::folder_and_sqlite();
    assert!(!setup.start().crash_writes_memory());
}
