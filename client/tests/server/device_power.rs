//! The power fails while a device notes what it must not forget, and forgets what it must not know any more.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use futures::executor::block_on;
use postern_client::device::{Device, FolderDevice};
use postern_tests::{Cut, Tape, memory_folder};

use crate::platform::is_long;

const FOLDER: &str = "POSTERN_POWER_FOLDER";

/// What is noted under which key, one after the other; nothing where it is forgotten.
const ACTS: [(&str, Option<&str>); 9] = [
    ("session", Some("the keys")),
    ("memory/alice", Some("the highest that was seen")),
    ("journal/film", Some("one part")),
    ("journal/film", Some("one part, and another")),
    ("memory/alice", Some("higher still")),
    ("session", Some("other keys")),
    ("journal/film", None),
    ("session", None),
    ("session", Some("keys of somebody else")),
];

/// What a device knows after so many acts.
fn known(acts: usize) -> BTreeMap<&'static str, &'static str> {
    let mut known = BTreeMap::new();
    for (key, value) in &ACTS[..acts] {
        match value {
            Some(value) => known.insert(*key, *value),
            None => known.remove(key),
        };
    }
    known
}

fn device(folder: &Path) -> FolderDevice {
    FolderDevice::open(folder.join("share/postern")).expect("opens")
}

/// Not a test of its own: what the child process does.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let device = device(folder.as_ref());
    for (number, (key, value)) in ACTS.iter().enumerate() {
        match value {
            Some(value) => block_on(device.put(key, value.as_bytes())).expect("noted"),
            None => block_on(device.delete(key)).expect("forgotten"),
        }
        println!("done: {}.", number + 1);
    }
}

fn is_old_or_new(cut: &Cut) {
    let done = (0..=ACTS.len())
        .rfind(|acts| cut.said().contains(&format!("done: {acts}.")))
        .unwrap_or(0);
    let folder = memory_folder();
    cut.lay_out(folder.path());
    let device = device(folder.path());
    let found: BTreeMap<_, _> = ["session", "memory/alice", "journal/film"]
        .into_iter()
        .filter_map(|key| {
            let value = block_on(device.get(key)).expect("readable")?;
            Some((key, String::from_utf8(value.to_vec()).expect("text")))
        })
        .collect();
    let found: BTreeMap<_, _> = found.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let next = known((done + 1).min(ACTS.len()));
    assert!(
        found == known(done) || found == next,
        "after {done} acts: {found:?}\n{cut:?}"
    );
}

#[test]
fn what_a_device_noted_is_there_after_a_power_cut_and_what_it_forgot_is_not() {
    let folder = memory_folder();
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child
        .args(["--exact", "device_power::child", "--nocapture"])
        .env(FOLDER, folder.path());
    let mut tape = Tape::of(folder.path());
    let output = tape.record(&child);
    assert!(output.status.success(), "{output:?}");
    tape.check();
    let mut states = 0;
    for cut in tape.cuts(1, if is_long() { 500 } else { 10 }) {
        is_old_or_new(&cut);
        states += 1;
    }
    println!("{states} states");
    assert!(states > 40, "the cuts are no longer made: {states}");
}
