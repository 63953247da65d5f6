//! An account: its password, its recovery key, its sessions.

use std::path::Path;

use postern_tests::{Cli, Setup};

const PASSWORD: &str = "a gate in a wall";
const NEW_PASSWORD: &str = "a wall in a gate";
const NO_ACCESS: i32 = 5;

on_both_kinds_of_storage!(
    a_changed_password_replaces_the_old_one,
    the_recovery_key_opens_the_account_again,
    new_recovery_words_take_the_place_of_the_old_ones,
    a_revoked_session_is_over,
);

fn a_changed_password_replaces_the_old_one(setup: &Setup) {
    let server = setup.start();
    let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    alice
        .typed(["put", "-", "--to", "/letter"])
        .input("words")
        .succeeds();
    alice
        .typed(["passwd", "--password-stdin"])
        .input(format!("{PASSWORD}\n{NEW_PASSWORD}\n"))
        .succeeds();

    let phone = Cli::new(&server.url());
    log_in(&phone).input(PASSWORD).ends_with(NO_ACCESS);
    log_in(&phone).input(NEW_PASSWORD).succeeds();
    assert_eq!(phone.run(["get", "/letter", "-o", "-"]), "words");
}

fn the_recovery_key_opens_the_account_again(setup: &Setup) {
    let server = setup.start();
    let (alice, recovery) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    alice
        .typed(["put", "-", "--to", "/letter"])
        .input("words")
        .succeeds();

    let phone = Cli::new(&server.url());
    let words = phone.home().join("recovery.txt");
    std::fs::write(&words, recovery).expect("a file");
    let recover = phone
        .typed(["recover", "alice", "--password-stdin", "--recovery"])
        .arg(&words);
    recover.input(NEW_PASSWORD).succeeds();
    assert_eq!(phone.run(["get", "/letter", "-o", "-"]), "words");
    log_in(&Cli::new(&server.url()))
        .input(PASSWORD)
        .ends_with(NO_ACCESS);
}

fn new_recovery_words_take_the_place_of_the_old_ones(setup: &Setup) {
    let server = setup.start();
    let (alice, old) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    let kept = alice.home().join("recovery.txt");
    let replace = |current: &str| {
        alice
            .typed([
                "passwd",
                "--leaked",
                "--force",
                "--password-stdin",
                "--recovery-out",
            ])
            .arg(&kept)
            .input(format!("{current}\n{NEW_PASSWORD}\n"))
    };
    let read = || std::fs::read_to_string(&kept).expect("the words are there");
    replace("a slip of the finger").ends_with(NO_ACCESS);
    assert_eq!(read(), old);
    replace(PASSWORD).succeeds();
    assert_ne!(read(), old);
    assert!(!alice.home().join("recovery.txt.new").exists());

    let phone = Cli::new(&server.url());
    let stale = phone.home().join("stale.txt");
    std::fs::write(&stale, old).expect("a file");
    let recover = |words: &Path| {
        let typed = phone.typed(["recover", "alice", "--password-stdin", "--recovery"]);
        typed.arg(words).input("a third password of hers")
    };
    recover(&stale).ends_with(NO_ACCESS);
    recover(&kept).succeeds();
}

fn a_revoked_session_is_over(setup: &Setup) {
    let server = setup.start();
    let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    alice.run(["logout"]);
    alice.typed(["ls", "/"]).ends_with(NO_ACCESS);
    log_in(&alice).input(PASSWORD).succeeds();
    alice.run(["ls", "/"]);
}

fn log_in(device: &Cli) -> postern_tests::Typed {
    device.typed(["login", "alice", "--password-stdin"])
}
