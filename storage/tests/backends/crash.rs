//! The process dies at step 0, at step 1, … of a story that does everything that writes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use postern_storage::contract::crash::{ACTS, Story, die_at};
use postern_storage::{FolderBlobs, SqlRecords};
use tempfile::TempDir;

const FOLDER: &str = "POSTERN_CRASH_FOLDER";
const STEP: &str = "POSTERN_CRASH_STEP";

/// More steps than the story has would mean that it never comes to its end.
const TOO_MANY: u32 = 1_000;

async fn open(folder: &Path) -> (Story, SqlRecords) {
    let records = SqlRecords::open_sqlite(&folder.join("records.db"))
        .await
        .expect("opens");
    let blobs = FolderBlobs::open(folder.join("blobs")).await.expect("opens");
    (Story::new(Arc::new(records.clone()), Arc::new(blobs)), records)
}

/// Not a test of its own: what the child process does.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let (Ok(folder), Ok(step)) = (std::env::var(FOLDER), std::env::var(STEP)) else {
        return;
    };
    let (story, _) = open(folder.as_ref()).await;
    die_at(step.parse().expect("a number"));
    story.tell(|act| println!("done: {act}")).await;
    println!("the end");
}

/// Lets a child tell the story and die at `step`. Yields the acts that it had done, and whether it came to the end.
fn die(folder: &Path, step: u32) -> (Vec<&'static str>, bool) {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "crash::child", "--nocapture"])
        .env(FOLDER, folder)
        .env(STEP, step.to_string())
        .stdin(Stdio::null())
        .output()
        .expect("a child");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let done = ACTS
        .into_iter()
        .filter(|act| said.contains(&format!("done: {act}\n")))
        .collect();
    let ended = said.contains("the end");
    assert_eq!(
        ended,
        output.status.success(),
        "it failed instead of dying:\n{said}\n{output:?}"
    );
    (done, ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_step_loses_and_doubles_nothing() {
    for step in 0..TOO_MANY {
        let folder = TempDir::new().expect("a temporary folder");
        let (done, ended) = die(folder.path(), step);
        let (story, records) = open(folder.path()).await;
        story.check(&done).await;
        story.tell(|_| ()).await;
        story.check_end().await;
        records.close().await;
        if ended {
            assert!(step > 50, "the steps are no longer counted: {step}");
            return;
        }
    }
    panic!("the story does not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_behind_is_swept_before_anybody_goes_on() {
    for step in (0..TOO_MANY).step_by(7) {
        let folder = TempDir::new().expect("a temporary folder");
        let (_, ended) = die(folder.path(), step);
        let (story, records) = open(folder.path()).await;
        story.check_swept().await;
        records.close().await;
        if ended {
            return;
        }
    }
}
