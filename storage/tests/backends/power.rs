//! The power fails while the story is told that does everything that writes.
//!
//! What the stores really asked of the disk is on a tape; for each state that a disk may be in after a cut, they are
//! opened on it again. `POSTERN_LONG` looks at thousands of states, and at power cuts after a process had died.

use std::path::Path;
use std::process::Command;

use postern_storage::contract::crash::ACTS;
use postern_tests::{Cut, Tape, is_long, memory_folder};

use crate::crash::{FOLDER, STEP, open};

/// A step that no story comes to.
const NEVER: u32 = 1_000_000;

/// Lets a child tell the story in `folder`, and die at a step.
fn tell(tape: &mut Tape, folder: &Path, step: u32) {
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child
        .args(["--exact", "crash::child", "--nocapture"])
        .env(FOLDER, folder)
        .env(STEP, step.to_string());
    let output = tape.record(&child);
    assert!(output.status.success() || step < NEVER, "{output:?}");
}

/// Says which cut it was, if its test fails.
struct Watch<'a>(&'a Cut);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{:?}", self.0);
        }
    }
}

/// What was acknowledged is there and nothing is there by halves; then everybody goes on, or everything is swept.
async fn nothing_is_lost(cut: &Cut, goes_on: bool) {
    let _watch = Watch(cut);
    let folder = memory_folder();
    cut.lay_out(folder.path());
    let is_done = |act: &&str| cut.said().contains(&format!("done: {act}\n"));
    let done: Vec<_> = ACTS.into_iter().filter(is_done).collect();
    let (story, records) = open(folder.path(), None, NEVER).await;
    story.check(&done).await;
    if goes_on {
        story.tell(|_| ()).await;
        story.check_end().await;
    } else {
        story.check_swept().await;
        story.check(&done).await;
    }
    records.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let folder = memory_folder();
    let mut tape = Tape::of(folder.path());
    tell(&mut tape, folder.path(), NEVER);
    tape.check();
    let (mut states, random) = (0, if is_long() { 300 } else { 2 });
    for cut in tape.cuts(1, random) {
        nothing_is_lost(&cut, states % 2 == 0).await;
        states += 1;
    }
    println!("{states} states");
    assert!(states > 60, "the cuts are no longer made: {states}");
}
