//! Seeds secrets that can be recognised, uses everything, and then looks through all that the server was sent, has
//! stored and has logged. Nothing of it may be there, in no form.

use postern_tests::{Canary, Cli, Recorder, Setup};

const NAME: &str = "alice-of-the-canaries";
const PASSWORD: &str = "canary password Xq7mTz";
const LINK_PASSWORD: &str = "canary link password Lw9pRv";
const FOLDER: &str = "canary folder Bn4kYs";
const FILE: &str = "canary file Hj2vDc.txt";
const CONTENT: &str = "canary content Fg8sWe, and once more: canary content Fg8sWe";

on_both_kinds_of_storage!(the_server_never_learns_a_secret);

fn the_server_never_learns_a_secret(setup: &Setup) {
    let server = setup.start();
    let way = Recorder::in_front_of(server.address());
    let (alice, recovery) = Cli::sign_up(&way.url(), NAME, PASSWORD);
    let fragment = use_everything(&alice, &Cli::new(&way.url()));
    assert!(server.stop(), "{}", setup.log());

    let received = way.sent();
    assert!(
        Canary::new("the account's name", NAME)
            .form_in(&received)
            .is_some(),
        "the search finds nothing at all"
    );
    for canary in canaries(&recovery, &fragment) {
        canary.must_not_be_in("what the server was sent", &received);
        canary.must_not_be_in("the server's log", setup.log().as_bytes());
        setup.flush();
        for folder in setup.stored() {
            canary.must_not_be_below(folder);
        }
    }
}

/// Returns the part of a link that only its holder may know.
fn use_everything(alice: &Cli, bob: &Cli) -> String {
    alice.run(["mkdir", &format!("/{FOLDER}")]);
    let remote = format!("/{FOLDER}/{FILE}");
    alice
        .typed(["put", "-", "--to", &remote])
        .input(CONTENT)
        .succeeds();
    let shared = alice
        .typed(["share", &remote, "--password-stdin"])
        .input(LINK_PASSWORD)
        .succeeds()
        .text();
    let link = shared
        .split_whitespace()
        .find(|word| word.contains("/s/"))
        .expect("a link")
        .to_owned();
    bob.typed(["open", &link, "-o", "-", "--password-stdin"])
        .input("canary wrong password")
        .finish();
    let opened = bob
        .typed(["open", &link, "-o", "-", "--password-stdin"])
        .input(LINK_PASSWORD)
        .succeeds();
    assert_eq!(opened.text(), CONTENT);
    alice.run(["mv", &remote, &format!("/{FOLDER}/moved {FILE}")]);
    alice.run(["logout"]);
    alice
        .typed(["login", NAME, "--password-stdin"])
        .input(PASSWORD)
        .succeeds();
    link.split_once('#').expect("a link has a fragment").1.to_owned()
}

fn canaries(recovery: &str, fragment: &str) -> Vec<Canary> {
    let mut canaries = vec![
        Canary::new("the password", PASSWORD),
        Canary::new("the link's password", LINK_PASSWORD),
        Canary::new("the folder's name", FOLDER),
        Canary::new("the file's name", FILE),
        Canary::new("the content", &CONTENT[..22]),
        Canary::new("the link's secret", fragment),
    ];
    // Three words in a row, wherever in the key, are enough to tell that it leaked.
    let words: Vec<&str> = recovery
        .split_whitespace()
        .filter(|word| word.len() > 2)
        .collect();
    canaries.extend(
        words
            .windows(3)
            .map(|three| Canary::new("the recovery key", three.join(" "))),
    );
    canaries
}
