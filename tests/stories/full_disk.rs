//! The server's disk is full.

use std::fs;

use postern_tests::{Cli, Setup, noise};

const PASSWORD: &str = "a gate in a wall";

#[test]
fn a_full_disk_is_told_and_room_can_be_made_again() {
    let setup = Setup::folder_and_sqlite().on_a_disk_of_mib(60);
    let server = setup.start();
    let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
    let put = |name: &str, bytes: usize| {
        let file = alice.home().join(name);
        fs::write(&file, noise(3, bytes)).expect("a file");
        alice.typed(["put"]).arg(&file)
    };
    put("first", 20 << 20).succeeds();

    let refused = put("second", 100 << 20).ends_with(1);
    assert!(
        refused.stderr.contains("the server's disk is full"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("only they can make room"),
        "{}",
        refused.stderr
    );

    // What is there is there, and everything that takes no room for contents goes on.
    assert!(alice.typed(["get", "/first", "-o", "-"]).succeeds().stdout == noise(3, 20 << 20));
    alice.run(["mkdir", "/letters"]);
    alice.run(["mv", "/first", "/letters/first"]);
    alice.run(["rm", "/letters"]);
    assert_eq!(alice.run(["ls"]), "");
    assert!(server.stop(), "it went as it should");
}
