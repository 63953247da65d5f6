//! The process dies at step 0, at step 1, … of a story that does everything that writes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use postern_storage::contract::crash::{ACTS, Story, die_at};
use postern_storage::{FolderBlobs, SqlRecords};
use postern_tests::Postgres;
use tempfile::TempDir;

pub(crate) const FOLDER: &str = "POSTERN_CRASH_FOLDER";
const POSTGRES: &str = "POSTERN_CRASH_POSTGRES";
pub(crate) const STEP: &str = "POSTERN_CRASH_STEP";

/// More steps than the story has would mean that it never comes to its end.
const TOO_MANY: u32 = 1_000;

/// Where stories happen: a folder, with SQLite in it or Postgres beside it.
struct Place {
    folder: TempDir,
    postgres: Option<Postgres>,
}

impl Place {
    fn new(postgres: Option<Postgres>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self { folder, postgres }
    }

    fn address(&self) -> Option<String> {
        self.postgres.as_ref().map(Postgres::url)
    }

    /// Lets a child tell story `step` and die at that step. Yields the acts that it had done, and whether it came to
    /// the end.
    fn die(&self, step: u32) -> (Vec<&'static str>, bool) {
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child
            .args(["--exact", "crash::child", "--nocapture"])
            .env(FOLDER, self.folder.path())
            .env(STEP, step.to_string())
            .envs(self.address().map(|address| (POSTGRES, address)));
        let output = child.stdin(Stdio::null()).output().expect("a child");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_done = |act: &&str| said.contains(&format!("done: {act}\n"));
        let ended = said.contains("the end");
        assert_eq!(
            ended,
            output.status.success(),
            "it failed instead of dying:\n{said}\n{output:?}"
        );
        (ACTS.into_iter().filter(is_done).collect(), ended)
    }

    async fn open(&self, number: u32) -> (Story, SqlRecords) {
        open(self.folder.path(), self.address(), number).await
    }
}

pub(crate) async fn open(folder: &Path, postgres: Option<String>, number: u32) -> (Story, SqlRecords) {
    let records = match postgres {
        Some(address) => SqlRecords::open_postgres(&address, 2).await,
        None => SqlRecords::open_sqlite(&folder.join("records.db")).await,
    };
    let records = records.expect("opens");
    let blobs = FolderBlobs::open(folder.join("blobs")).await.expect("opens");
    (
        Story::new(Arc::new(records.clone()), Arc::new(blobs), number),
        records,
    )
}

/// Not a test of its own: what the child process does.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let (Ok(folder), Ok(step)) = (std::env::var(FOLDER), std::env::var(STEP)) else {
        return;
    };
    let step: u32 = step.parse().expect("a number");
    let (story, records) = open(folder.as_ref(), std::env::var(POSTGRES).ok(), step).await;
    die_at(step.into());
    story.tell(|act| println!("done: {act}")).await;
    records.close().await;
    println!("the end");
}

async fn nothing_is_lost_or_doubled(place: &Place) {
    for step in 0..TOO_MANY {
        let (done, ended) = place.die(step);
        let (story, records) = place.open(step).await;
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
async fn a_crash_at_any_step_loses_and_doubles_nothing_in_sqlite() {
    nothing_is_lost_or_doubled(&Place::new(None)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_at_any_step_loses_and_doubles_nothing_in_postgres() {
    nothing_is_lost_or_doubled(&Place::new(Some(Postgres::start()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_behind_is_swept_before_anybody_goes_on() {
    let place = Place::new(None);
    for step in 0..TOO_MANY {
        let (_, ended) = place.die(step);
        let (story, records) = place.open(step).await;
        story.check_swept().await;
        records.close().await;
        if ended {
            return;
        }
    }
}
