//! Mail that comes in: what is acknowledged is there, once, byte for byte, and sealed.

mod killed;
mod order;
mod programs;
mod relayed;
mod smuggling;
mod trouble;
mod unseen;

use std::thread;
use std::time::{Duration, Instant};

use postern_tests::{Carrier, Cli, Server};
use serde_json::Value;

const PASSWORD: &str = "a gate in a wall";
const ALICE: &str = "alice@localhost";
/// What came before this letter is in the mailbox before it.
const LAST: &str = "the last";

/// Somebody who gets mail.
struct Mailbox {
    owner: Cli,
}

/// A message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Letter {
    id: String,
    subject: String,
    size_bytes: u64,
    /// `gateway` for what its owner can open, and the gateway has signed.
    origin: String,
}

impl Mailbox {
    /// That of a new account, [`ALICE`].
    fn of_alice(server: &Server) -> Self {
        let (owner, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
        Self { owner }
    }

    /// All that is in it.
    fn letters(&self) -> Vec<Letter> {
        let listed = self
            .owner
            .run(["--json", "mail", "ls", "all", "--limit", "1000000"]);
        let listed: Value = serde_json::from_str(&listed).expect("answers are JSON");
        let letters = listed["messages"].as_array().expect("a list");
        letters.iter().map(Letter::listed).collect()
    }

    /// All that is in it, as soon as there are so many.
    #[track_caller]
    fn letters_once_there_are(&self, count: usize) -> Vec<Letter> {
        self.letters_once(|letters| letters.len() >= count)
    }

    /// All that is in it, as soon as it is so.
    #[track_caller]
    fn letters_once(&self, it_is_so: impl Fn(&[Letter]) -> bool) -> Vec<Letter> {
        let begun = Instant::now();
        loop {
            let letters = self.letters();
            if it_is_so(&letters) {
                return letters;
            }
            let patience = begun.elapsed() < Duration::from_secs(120);
            assert!(patience, "only {} letters: {letters:?}", letters.len());
        }
    }

    /// All that is in it, as soon as everything is there that was taken so far.
    #[track_caller]
    fn letters_after_the_last(&self, server: &Server) -> Vec<Letter> {
        let mut carrier = Carrier::to(server.mail()).expect("it listens");
        // There may be no room for it at first.
        while !was_taken(&carrier.brings(ALICE, &letter(LAST, 1_000)).expect("it answers")) {
            thread::sleep(Duration::from_millis(100));
        }
        self.letters_once(|letters| letters.iter().any(|letter| letter.subject == LAST))
    }

    /// Byte for byte.
    fn export(&self, letter: &Letter) -> Vec<u8> {
        let export = self.owner.typed(["mail", "export", &letter.id, "--output", "-"]);
        export.succeeds().stdout
    }
}

impl Letter {
    fn listed(listed: &Value) -> Self {
        let text = |field: &str| listed[field].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("id"),
            subject: text("subject"),
            size_bytes: listed["size_bytes"].as_u64().unwrap_or_default(),
            origin: text("origin"),
        }
    }
}

/// A message of about so many bytes, in lines that are not all the same.
fn letter(subject: &str, size_bytes: usize) -> Vec<u8> {
    let mut text = format!("From: bob@sender.example\r\nTo: {ALICE}\r\nSubject: {subject}\r\n\r\n");
    let mut line = 0;
    while text.len() < size_bytes {
        line += 1;
        text += &format!("{subject}, line {line}: the quick brown fox jumps over the lazy dog.\r\n");
    }
    text.into_bytes()
}

fn was_taken(reply: &str) -> bool {
    reply.starts_with("250")
}

/// A part of a message, as `BDAT` sends it; `mark` says whether it is the last.
fn chunk(bytes: &[u8], mark: &str) -> Vec<u8> {
    [format!("BDAT {}{mark}\r\n", bytes.len()).as_bytes(), bytes].concat()
}
