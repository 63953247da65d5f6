//! Overload and abuse at the front door. Beside each attack somebody goes on listing, uploading and downloading, who must
//! be served; the server's memory stays bounded; its answers are honest; and afterwards everything is as before.
//!
//! `POSTERN_LONG=1` makes the crowds as large as they were promised, and prints what they took.

mod floods;
mod guesses;
mod sockets;
mod transfers;

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use postern_tests::{Cli, Crowd, Neighbour, Recorder, Server, Setup, every_file, is_long, noise};

pub(crate) const PASSWORD: &str = "a gate in a wall";
/// How much a server may grow under an attack of moderate size, in a build without optimisation; twice that under a large
/// one.
const MAY_GROW_BYTES: u64 = 256 << 20;
const MIB: u64 = 1 << 20;

/// `few`, or in the thorough run `many`.
pub(crate) fn sized(few: usize, many: usize) -> usize {
    if is_long() { many } else { few }
}

/// A server under attack, and somebody who lives beside it.
pub(crate) struct Siege {
    pub(crate) server: Server,
    /// What the server stands on, which must outlive it.
    setup: Setup,
    pub(crate) crowd: Crowd,
    neighbour: Option<Neighbour>,
    before: Measure,
}

#[derive(Debug)]
struct Measure {
    memory_bytes: u64,
    open_files: usize,
}

impl Siege {
    pub(crate) fn of(setup: Setup) -> Self {
        let server = setup.start();
        let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
        let neighbour = Neighbour::at(alice);
        // Whatever is made at the first use is made.
        neighbour.was_served();
        let (bob, _) = Cli::sign_up(&server.url(), "bob", PASSWORD);
        Self {
            crowd: Crowd::before(server.address()),
            neighbour: Some(Neighbour::at(bob)),
            before: Measure {
                memory_bytes: server.memory_bytes(),
                open_files: server.open_files(),
            },
            server,
            setup,
        }
    }

    /// An account of the attackers' own, with a file of `bytes` in it.
    pub(crate) fn insider(&self, bytes: usize) -> Insider {
        let recorder = Recorder::in_front_of(self.server.address());
        let (cli, _) = Cli::sign_up(&recorder.url(), "mallory", PASSWORD);
        let file = cli.home().join("file");
        fs::write(&file, noise(7, bytes)).expect("a file");
        cli.typed(["put"]).arg(&file).succeeds();
        Insider {
            sent: recorder.sent(),
        }
    }

    /// How much the server has grown at most, so far.
    pub(crate) fn growth_bytes(&self) -> u64 {
        self.server
            .peak_memory_bytes()
            .saturating_sub(self.before.memory_bytes)
    }

    /// The attack is over: the neighbour was served, memory stayed bounded, and nothing is held any more.
    pub(crate) fn ends(&mut self, what: &str) {
        let rounds = self.neighbour.take().expect("it ends once").was_served();
        let growth = self.growth_bytes();
        self.holds_nothing();
        println!(
            "{what}: {} MiB at most beyond {} MiB, {} MiB afterwards; the neighbour was served {rounds} times",
            growth / MIB,
            self.before.memory_bytes / MIB,
            self.server.memory_bytes() / MIB,
        );
        let may_grow = if is_long() {
            2 * MAY_GROW_BYTES
        } else {
            MAY_GROW_BYTES
        };
        assert!(
            growth < may_grow,
            "{what}: the server grew by {} MiB",
            growth / MIB
        );
    }

    /// Every connection and every file is closed again, soon, and nothing that was given up lies among what is arriving.
    pub(crate) fn holds_nothing(&self) {
        // The databases open a connection more when there is much to do, of which each has a few files.
        let may_have = self.before.open_files + 16;
        eventually("handles are given back", || self.server.open_files() <= may_have);
        let is_arriving = |file: &PathBuf| file.components().any(|part| part.as_os_str() == "arriving");
        eventually("what was given up is removed", || {
            let mut files = self.setup.stored().into_iter().flat_map(every_file);
            !files.any(|file| is_arriving(&file))
        });
    }
}

/// An account of the attackers' own, as its client spoke to the server.
pub(crate) struct Insider {
    sent: Vec<u8>,
}

impl Insider {
    /// What shows who it is. Of all that did, the last: the one before it only tried the password, and has ended.
    pub(crate) fn bearer(&self) -> String {
        let at = memchr::memmem::rfind(&self.sent, b"authorization: ").expect("it is signed in");
        let last = Self {
            sent: self.sent[at..].to_vec(),
        };
        last.word_after("authorization: ", "\r\n")
    }

    /// The id of its file's content.
    pub(crate) fn content(&self) -> String {
        let in_parts = memchr::memmem::find(&self.sent, b"PUT /api/v1/uploads/").is_some();
        let path = if in_parts { "uploads" } else { "contents" };
        let rest = self.word_after(&format!("PUT /api/v1/{path}/"), " ");
        rest.split('/').next().unwrap_or_default().to_owned()
    }

    /// Its file as it was sent, and the checksum of that; it was small enough to be sent whole.
    pub(crate) fn sealed(&self) -> (Vec<u8>, String) {
        let at = memchr::memmem::find(&self.sent, b"PUT /api/v1/contents/").expect("it was sent whole");
        let request = Self {
            sent: self.sent[at..].to_vec(),
        };
        let length: usize = request
            .word_after("content-length: ", "\r\n")
            .parse()
            .expect("a number");
        let start = memchr::memmem::find(&request.sent, b"\r\n\r\n").expect("a head ends") + 4;
        let checksum = request.word_after("postern-checksum: ", "\r\n");
        (request.sent[start..start + length].to_vec(), checksum)
    }

    fn word_after(&self, before: &str, end: &str) -> String {
        let at = memchr::memmem::find(&self.sent, before.as_bytes()).expect("it was said") + before.len();
        let rest = &self.sent[at..];
        let length = memchr::memmem::find(rest, end.as_bytes()).expect("it ends");
        String::from_utf8_lossy(&rest[..length]).into_owned()
    }
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn eventually(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("it never came to be so: {what}");
}

/// A request to a path of the interface, whole.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut words = head(method, path, headers, body.len());
    words.extend_from_slice(body);
    words
}

/// A request whose body is announced, and is to follow.
pub(crate) fn head(method: &str, path: &str, headers: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut words = format!("{method} /api/v1{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        words.push_str(&format!("{name}: {value}\r\n"));
    }
    words.push_str("\r\n");
    words.into_bytes()
}

/// A request of JSON by a stranger.
pub(crate) fn ask(path: &str, json: &str) -> Vec<u8> {
    request(
        "POST",
        path,
        &[("content-type", "application/json")],
        json.as_bytes(),
    )
}

/// An id that nobody else has.
pub(crate) fn id(number: usize) -> String {
    format!("{number:0>21}A")
}

/// Base64url without padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three
            .iter()
            .fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(LETTERS[number >> (18 - 6 * place) & 63]));
        }
    }
    text
}
