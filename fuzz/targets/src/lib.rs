//! What is fuzzed: one function for each parser, which must not panic, and may say what must hold of what it took.
//!
//! Here and not beside the fuzzer, so that every test run can put all inputs that were worth keeping (`fuzz/corpus`),
//! and some made of them, through the same functions without a fuzzer (`tests/replay.rs`). The fuzzer's programs
//! (`fuzz/fuzz_targets`) are one line each.

mod accounts;
mod links;
mod mail;
mod messages;
mod streams;
mod trees;

/// A target: its name, which is also that of its corpus and of its program, and what takes the input.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("answers", messages::answers),
    ("bundle", messages::bundle),
    ("cbox", accounts::cbox),
    ("directory", accounts::directory),
    ("grant", links::grant),
    ("head", trees::head),
    ("header", streams::header),
    ("kept", streams::kept),
    ("letter", accounts::letter),
    ("link", links::link),
    ("login", accounts::login),
    ("mime", mail::mime),
    ("names", trees::names),
    ("node", trees::node),
    ("ranges", messages::ranges),
    ("recovery_words", accounts::recovery_words),
    ("requests", messages::requests),
    ("smtp", mail::smtp),
    ("state", accounts::state),
    ("stream", streams::stream),
    ("summary", mail::summary),
    ("tree", trees::tree),
    ("words", mail::words),
];

/// Puts one input into the target of that name. For the fuzzer's programs.
pub fn run(name: &str, data: &[u8]) {
    let found = TARGETS.iter().find(|(there, _)| *there == name);
    let (_, target) = found.expect("the programs are named after targets");
    target(data);
}

/// What a person could have typed.
fn typed(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}
