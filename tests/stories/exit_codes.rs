//! Scripts can tell from the exit code what went wrong.

use postern_tests::{Cli, Setup};

#[test]
fn each_kind_of_failure_has_its_code() {
    let setup = Setup::folder_and_sqlite();
    let server = setup.start();
    let (alice, _) = Cli::sign_up(&server.url(), "alice", "a gate in a wall");
    alice.typed(["frobnicate"]).ends_with(2);
    alice.typed(["get", "/nothing here", "-o", "-"]).ends_with(3);
    alice.typed(["open", "not a link", "-o", "-"]).ends_with(2);
    Cli::new(&server.url()).typed(["ls", "/"]).ends_with(5);
    Cli::new("http://127.0.0.1:1")
        .typed(["login", "alice", "--password-stdin"])
        .input("x")
        .ends_with(1);
}
