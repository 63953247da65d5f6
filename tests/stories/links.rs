//! A link hands a file to somebody without an account, as often and as long as its owner said.

use postern_tests::{Cli, Setup, noise};

const PASSWORD: &str = "a gate in a wall";
const LINK_PASSWORD: &str = "swordfish in July";

on_both_kinds_of_storage!(
    a_link_with_a_password_and_a_limit_of_one_opens_once,
    a_folder_can_be_shared_whole,
    a_revoked_link_says_so,
);

const NO_ACCESS: i32 = 5;

fn a_link_with_a_password_and_a_limit_of_one_opens_once(setup: &Setup) {
    let server = setup.start();
    let (alice, bob) = alice_and_bob(&server.url());
    let film = noise(3, 30_000_000);
    alice.typed(["put", "-", "--to", "/film"]).input(&film).succeeds();
    let shared = alice
        .typed(["share", "/film", "--downloads", "1", "--password-stdin"])
        .input(LINK_PASSWORD);
    let link = link_in(&shared.succeeds().text());

    let open = || bob.typed(["open", &link, "-o", "-", "--password-stdin"]);
    let refused = open().input("a wrong guess").ends_with(NO_ACCESS);
    assert!(refused.stdout.is_empty());
    assert!(open().input(LINK_PASSWORD).succeeds().stdout == film);
    let used_up = open().input(LINK_PASSWORD).ends_with(NO_ACCESS);
    assert!(
        used_up.stdout.is_empty() && used_up.stderr.contains("download"),
        "{}",
        used_up.stderr
    );
}

fn a_folder_can_be_shared_whole(setup: &Setup) {
    let server = setup.start();
    let (alice, bob) = alice_and_bob(&server.url());
    alice.run(["mkdir", "/album"]);
    for name in ["one", "two", "three"] {
        alice
            .typed(["put", "-", "--to", &format!("/album/{name}")])
            .input(name)
            .succeeds();
    }
    let link = link_in(&alice.run(["share", "/album"]));
    let album = bob.home().join("album");
    bob.typed(["open", &link, "-o"]).arg(&album).succeeds();
    let files = postern_tests::every_file(&album);
    assert_eq!(files.len(), 3);
    assert!(
        files
            .iter()
            .any(|file| std::fs::read(file).is_ok_and(|bytes| bytes == b"three"))
    );
}

fn a_revoked_link_says_so(setup: &Setup) {
    let server = setup.start();
    let (alice, bob) = alice_and_bob(&server.url());
    alice
        .typed(["put", "-", "--to", "/letter"])
        .input("words")
        .succeeds();
    let link = link_in(&alice.run(["share", "/letter"]));
    assert_eq!(bob.run(["open", &link, "-o", "-"]), "words");
    alice.run(["unshare", id_of(&link)]);
    bob.typed(["open", &link, "-o", "-"]).ends_with(NO_ACCESS);
}

fn alice_and_bob(url: &str) -> (Cli, Cli) {
    let (alice, _) = Cli::sign_up(url, "alice", PASSWORD);
    (alice, Cli::new(url))
}

fn link_in(text: &str) -> String {
    let link = text.split_whitespace().find(|word| word.contains("/s/"));
    link.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
}

fn id_of(link: &str) -> &str {
    let (_, rest) = link.split_once("/s/").expect("a link has its id after /s/");
    rest.split('#').next().unwrap_or_default()
}
