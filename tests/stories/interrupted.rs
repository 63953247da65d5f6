//! Programs die in the middle of an upload; nothing is lost and nothing is there twice.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use postern_tests::{Cli, Recorder, Server, Setup, every_file, noise};

const PASSWORD: &str = "a gate in a wall";
const SIZE: usize = 100 << 20;
const PART: usize = 8 << 20;

on_both_kinds_of_storage!(
    an_upload_goes_on_after_the_server_was_killed,
    an_upload_goes_on_after_the_client_was_killed,
    an_upload_that_was_swept_begins_anew,
    an_upload_that_the_store_has_lost_begins_anew,
);

fn an_upload_goes_on_after_the_server_was_killed(setup: &Setup) {
    let server = setup.start();
    let way = Recorder::in_front_of(server.address());
    let (alice, _) = Cli::sign_up(&way.url(), "alice", PASSWORD);
    let file = alice.home().join("film");
    fs::write(&file, noise(7, SIZE)).expect("a file");

    way.hold_after(SIZE / 2);
    let upload = alice.typed(["put"]).arg(&file).spawn();
    wait_until(|| way.is_holding());
    server.kill();
    let _server = setup.start();
    way.release();

    upload.wait().ended_with(0);
    assert_stored_once(setup, &alice);
}

fn an_upload_goes_on_after_the_client_was_killed(setup: &Setup) {
    let server = setup.start();
    let (alice, way) = interrupted(&server);
    let sent_before = way.sent_bytes();
    goes_on(setup, &alice);
    let sent_again = way.sent_bytes() - sent_before;
    assert!(
        sent_again < SIZE - PART,
        "{sent_again} bytes were sent again, although parts were there"
    );
}

fn an_upload_that_was_swept_begins_anew(setup: &Setup) {
    let server = setup.start();
    let (alice, _way) = interrupted(&server);
    drop(server);
    wait_until(|| {
        let _server = setup.start_with(&[("SWEEP_UPLOAD_HOURS", "0"), ("SWEEP_REMOVED_MINUTES", "0")]);
        sleep(Duration::from_millis(500));
        setup.blobs().is_empty()
    });
    let _server = setup.start();
    goes_on(setup, &alice);
}

fn an_upload_that_the_store_has_lost_begins_anew(setup: &Setup) {
    let server = setup.start();
    let (alice, _way) = interrupted(&server);
    setup.lose_uploads();
    goes_on(setup, &alice);
}

/// Somebody whose program was killed when some of an upload had arrived.
fn interrupted(server: &Server) -> (Cli, Recorder) {
    let way = Recorder::in_front_of(server.address());
    let (alice, _) = Cli::sign_up(&way.url(), "alice", PASSWORD);
    let file = alice.home().join("film");
    fs::write(&file, noise(7, SIZE)).expect("a file");

    // More than is on its way at once: some of it has arrived.
    way.hold_after(SIZE / 4 * 3);
    let upload = alice.typed(["put"]).arg(&file).spawn();
    wait_until(|| way.is_holding());
    upload.kill();
    way.release();
    (alice, way)
}

fn goes_on(setup: &Setup, alice: &Cli) {
    alice.typed(["put"]).arg(alice.home().join("film")).succeeds();
    assert_stored_once(setup, alice);
}

fn assert_stored_once(setup: &Setup, alice: &Cli) {
    assert!(alice.typed(["get", "/film", "-o", "-"]).succeeds().stdout == noise(7, SIZE));
    assert_eq!(alice.run(["ls", "/"]).matches("film").count(), 1);
    let large = setup
        .stored()
        .into_iter()
        .flat_map(every_file)
        .filter_map(|file| file.metadata().ok());
    let stored: u64 = large
        .map(|meta| meta.len())
        .filter(|&length| length > 1 << 20)
        .sum();
    assert!(
        stored < (SIZE + PART) as u64 * 2,
        "{stored} bytes are stored for a file of {SIZE}"
    );
}

#[track_caller]
fn wait_until(mut happens: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happens() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not happen");
        sleep(Duration::from_millis(5));
    }
}
