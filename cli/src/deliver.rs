//! What `get` and `open` end with: a file on standard output, or a file or folder on the disk.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use clap::Args as ClapArgs;
use postern_client::Error;
use postern_client::device::Device;
use postern_client::drive::Entry;
use postern_client::protocol::volume::NodeKind;
use postern_client::transfer::{Checkpoint, WriteSink};
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::{Failure, Result, unwritten};
use crate::progress::Progress;
use crate::save::{Saver, Tree};
use crate::shelf::Shelf;
use crate::stop::unless_stopped;
use crate::target::{STANDARD_OUTPUT, target};
use crate::term::{count, size};

const GO_ON: &str =
    "What has come is kept beside its place: run the same command again to go on where it stopped.";
const CUT_SHORT: &str = "What was written to standard output is only a part.";

/// Where it goes.
#[derive(ClapArgs)]
pub(crate) struct Output {
    /// Where to save it, or - for standard output [default: its own name in this folder]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Write over what is there
    #[arg(long)]
    force: bool,
}

/// A place for one file.
pub(crate) enum Place {
    StandardOutput(Arc<File>),
    File { path: PathBuf, force: bool },
}

#[derive(Serialize)]
struct Saved {
    saved: String,
    files: usize,
    size_bytes: u64,
}

impl Output {
    /// Delivers `entry` from `shelf`.
    pub(crate) async fn deliver(
        &self,
        desk: &Desk,
        shelf: &dyn Shelf,
        device: Rc<dyn Device>,
        entry: &Entry,
    ) -> Result<()> {
        if self.is_stdout() {
            return self.print(desk, shelf, entry).await;
        }
        let place = target(self.output.as_deref(), &entry.name, entry.kind, self.force)?;
        let saved = self.save(desk, shelf, device, entry, &place);
        let saved = unless_stopped(GO_ON, saved).await?;
        desk.say().done(&saved, || in_words(&saved, entry.kind))
    }

    /// Where one file called `name` goes.
    pub(crate) fn place_for(&self, desk: &Desk, name: &str) -> Result<Place> {
        if self.is_stdout() {
            return Ok(Place::StandardOutput(Arc::new(standard_output(desk)?)));
        }
        Ok(Place::File {
            path: target(self.output.as_deref(), name, NodeKind::File, self.force)?,
            force: self.force,
        })
    }

    fn is_stdout(&self) -> bool {
        self.output
            .as_ref()
            .is_some_and(|path| path.as_os_str() == STANDARD_OUTPUT)
    }

    async fn print(&self, desk: &Desk, shelf: &dyn Shelf, entry: &Entry) -> Result<()> {
        let stdout = standard_output(desk)?;
        if entry.kind == NodeKind::Folder {
            return Err(Failure::usage(format!(
                "{} is a folder, and standard output takes one file",
                entry.name
            )));
        }
        unless_stopped(CUT_SHORT, print(desk, shelf, entry, stdout)).await
    }

    async fn save(
        &self,
        desk: &Desk,
        shelf: &dyn Shelf,
        device: Rc<dyn Device>,
        entry: &Entry,
        place: &Path,
    ) -> Result<Saved> {
        let tree = match entry.kind {
            NodeKind::Folder => Some(Tree::of(shelf, entry).await?),
            NodeKind::File => None,
        };
        let size_bytes = tree.as_ref().map_or(entry.size_bytes, Tree::bytes);
        let progress = Progress::new(desk.say(), "fetching and opening", Some(size_bytes));
        let saver = Saver {
            shelf,
            device,
            progress: &progress,
            force: self.force,
        };
        let saved = match &tree {
            Some(tree) => saver.folder(entry, tree, place).await,
            None => saver.file(entry, place).await,
        };
        saved.map_err(|failure| failure.resumable(GO_ON))?;
        Ok(Saved {
            saved: place.display().to_string(),
            files: tree.map_or(1, |tree| tree.files.len()),
            size_bytes,
        })
    }
}

/// The file itself: Rust's standard output would look for the ends of lines.
fn standard_output(desk: &Desk) -> Result<File> {
    if desk.say().is_json() {
        return Err(Failure::usage("--json and -o - both want standard output"));
    }
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    stdout.map(File::from).map_err(|error| unwritten(&error))
}

async fn print(desk: &Desk, shelf: &dyn Shelf, entry: &Entry, stdout: File) -> Result<()> {
    let content = shelf.content(entry.id).await?;
    let progress = Progress::new(desk.say(), "fetching and opening", Some(entry.size_bytes));
    let part = progress.file();
    let (mut sink, mut checkpoint) = (WriteSink::new(stdout), Checkpoint::start());
    let fetched = shelf
        .download(&content, &mut checkpoint, &mut sink, &|bytes| part.at(bytes))
        .await;
    match fetched {
        Err(Error::Cancelled) => Err(Failure::Enough),
        outcome => Ok(outcome?),
    }
}

fn in_words(saved: &Saved, kind: NodeKind) -> String {
    let size = size(saved.size_bytes);
    match kind {
        NodeKind::File => format!("saved {} ({size})", saved.saved),
        NodeKind::Folder => format!("saved {} ({}, {size})", saved.saved, count(saved.files, "file")),
    }
}
