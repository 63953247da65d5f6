//! `postern put`

use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use clap::Args as ClapArgs;
use postern_client::Drive;
use postern_client::drive::{IfTaken, NewFile};
use postern_client::protocol::volume::NodeKind;
use postern_client::transfer::{DEFAULT_WIDTH, LocalLanes, StreamSource, Upload, upload};
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::{About as _, Failure, Result};
use crate::local::{LocalFile, Plan};
use crate::progress::Progress;
use crate::remote::Remote;
use crate::stop::unless_stopped;
use crate::term::{count, size};
use crate::upload::{Outcome, Uploader, media_type};

const STANDARD_INPUT: &str = "-";
const GO_ON: &str = "What was sent is kept for a week: run the same command again to go on where it stopped.";
const ONLY_ONCE: &str = "Standard input cannot be read twice: nothing was kept.";

/// Put files and folders into the drive; what was interrupted goes on where it stopped
///
/// A file that is there already gets the new content; one of the same size and time is not sent again. Symbolic links
/// in a folder are left out.
#[derive(ClapArgs)]
pub(crate) struct Put {
    /// Files and folders, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder of the drive, made if missing [default: /]; for standard input without --name, the file itself
    #[arg(long, value_name = "FOLDER")]
    to: Option<Remote>,
    /// The name of what comes from standard input
    #[arg(long)]
    name: Option<String>,
}

#[derive(Serialize)]
struct Done {
    folders: Vec<String>,
    files: Vec<DoneFile>,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct DoneFile {
    path: String,
    size_bytes: u64,
    outcome: &'static str,
}

#[derive(Serialize)]
struct Skipped {
    path: String,
    reason: String,
}

impl Put {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let from_stdin = self.paths.iter().any(|path| path.as_os_str() == STANDARD_INPUT);
        match (from_stdin, &self.name) {
            (true, _) if self.paths.len() > 1 => {
                Err(Failure::usage("- cannot be put together with other paths"))
            }
            (true, _) => self.put_stdin(desk).await,
            (false, Some(_)) => Err(Failure::usage("--name is for what comes from standard input")
                .advise("Put the file, then rename it with `postern mv`.")),
            (false, None) => self.put_paths(desk).await,
        }
    }

    async fn put_paths(self, desk: &Desk) -> Result<()> {
        let plan = Plan::of(&self.paths)?;
        for (path, why) in &plan.skipped {
            desk.say().warn(&format!("left out {}: {why}", path.display()));
        }
        let drive = Rc::new(desk.drive().await?);
        let to = self.to.unwrap_or_default();
        let outcomes = unless_stopped(GO_ON, put_plan(desk, &drive, &to, &plan)).await?;
        let done = done(&to, &plan, &outcomes);
        desk.say().done(&done, || in_words(&plan, &outcomes))?;
        complain(&outcomes)
    }

    async fn put_stdin(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        let path = self.stdin_path(&drive).await?;
        let put = put_stream(desk, &drive, &path);
        let (size_bytes, outcome) = unless_stopped(ONLY_ONCE, put).await.about(|| path.to_string())?;
        let file = DoneFile {
            path: path.to_string(),
            size_bytes,
            outcome: name_of(outcome),
        };
        let done = Done {
            folders: Vec::new(),
            files: vec![file],
            skipped: Vec::new(),
        };
        desk.say()
            .done(&done, || format!("put {path} ({})", size(size_bytes)))
    }

    async fn stdin_path(&self, drive: &Drive) -> Result<Remote> {
        let to = self.to.clone().unwrap_or_default();
        if let Some(name) = &self.name {
            return Ok(to.child(name));
        }
        let there = to.entry_if_any(drive).await?;
        if there.is_some_and(|entry| entry.kind == NodeKind::Folder) {
            return Err(Failure::usage("what comes from standard input has no name")
                .advise("Give it one with --name, or its whole path with --to."));
        }
        Ok(to)
    }
}

async fn put_plan(desk: &Desk, drive: &Rc<Drive>, to: &Remote, plan: &Plan) -> Result<Vec<Outcome>> {
    let root = drive.account().root();
    let target = drive.make_folders(root, &[to.names().to_vec()]).await;
    let target = target.about(|| to.to_string())?[0];
    let progress = Progress::new(desk.say(), "sealing and sending", Some(plan.bytes()));
    let uploader = Uploader::prepare(drive, desk.say(), &progress, target, plan).await?;
    let outcomes = uploader.put_all(&plan.files).await;
    outcomes.map_err(|failure| failure.resumable(GO_ON))
}

async fn put_stream(desk: &Desk, drive: &Drive, path: &Remote) -> Result<(u64, Outcome)> {
    let account = drive.account();
    let (folder, name) = path.split()?;
    let there = path.entry_if_any(drive).await?;
    let parent = drive
        .make_folders(account.root(), &[folder.names().to_vec()])
        .await?[0];
    let source = Rc::new(StreamSource::new(io::stdin()));
    let lanes = LocalLanes::new(account.api().clone(), source, DEFAULT_WIDTH);
    let progress = Progress::new(desk.say(), "sealing and sending", None);
    let (part, endless) = (
        progress.file(),
        Upload {
            size_bytes: None,
            journal: None,
        },
    );
    let content = upload(account, endless, &lanes, &|bytes| part.at(bytes)).await?;
    let size_bytes = content.size;
    let new = NewFile {
        node: None,
        parent,
        name: name.to_owned(),
        if_taken: IfTaken::Replace,
        modified: account.surroundings().now(),
        media_type: media_type(name),
        content,
    };
    drive.attach(&[new]).await?;
    let outcome = there.map_or(Outcome::Added, |_| Outcome::Replaced);
    Ok((size_bytes, outcome))
}

fn done(to: &Remote, plan: &Plan, outcomes: &[Outcome]) -> Done {
    let folder = |index: usize| {
        plan.folders[index]
            .iter()
            .fold(to.clone(), |path, name| path.child(name))
    };
    let file = |(file, outcome): (&LocalFile, &Outcome)| DoneFile {
        path: folder(file.folder).child(&file.name).to_string(),
        size_bytes: file.size_bytes,
        outcome: name_of(*outcome),
    };
    let skipped = |(path, reason): &(PathBuf, String)| Skipped {
        path: path.display().to_string(),
        reason: reason.clone(),
    };
    Done {
        folders: (1..plan.folders.len())
            .map(|index| folder(index).to_string())
            .collect(),
        files: plan.files.iter().zip(outcomes).map(file).collect(),
        skipped: plan.skipped.iter().map(skipped).collect(),
    }
}

const fn name_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Added => "added",
        Outcome::Replaced => "replaced",
        Outcome::Unchanged => "unchanged",
        Outcome::Failed => "failed",
    }
}

fn in_words(plan: &Plan, outcomes: &[Outcome]) -> String {
    let number = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    let parts = [
        (Outcome::Added, "put"),
        (Outcome::Replaced, "replaced"),
        (Outcome::Unchanged, "there already:"),
    ];
    let said = parts
        .iter()
        .filter(|(outcome, _)| number(*outcome) > 0)
        .map(|(outcome, verb)| format!("{verb} {}", count(number(*outcome), "file")));
    let said = said.collect::<Vec<_>>().join(", ");
    match said.is_empty() {
        true => format!("put {}", count(plan.folders.len() - 1, "folder")),
        false => format!("{said} ({})", size(plan.bytes())),
    }
}

fn complain(outcomes: &[Outcome]) -> Result<()> {
    let failed = outcomes
        .iter()
        .filter(|outcome| **outcome == Outcome::Failed)
        .count();
    match failed {
        0 => Ok(()),
        _ => Err(Failure::told(format!(
            "{failed} of {} could not be put",
            count(outcomes.len(), "file")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_told_in_json_and_in_words() {
        let home = tempfile::tempdir().expect("a folder");
        let papers = home.path().join("papers");
        std::fs::create_dir(&papers).expect("a folder");
        std::fs::write(papers.join("letter"), "words").expect("a file");
        let plan = Plan::of(&[papers]).expect("readable");
        let to = "/in".parse().expect("a path");
        let json = serde_json::to_string(&done(&to, &plan, &[Outcome::Added])).expect("json");
        assert_eq!(
            json,
            r#"{"folders":["/in/papers"],"files":[{"path":"/in/papers/letter","size_bytes":5,"outcome":"added"}],"skipped":[]}"#
        );
        assert_eq!(in_words(&plan, &[Outcome::Added]), "put 1 file (5 B)");
        assert!(complain(&[Outcome::Added, Outcome::Failed]).is_err());
    }
}
