//! Putting files: what is there already is not sent again, and everything else is told by what came of it.

mod local;

use std::collections::HashMap;
use std::rc::Rc;

use postern_client::Drive;
use postern_client::drive::Entry;
use postern_client::protocol::NodeId;
use postern_client::protocol::volume::NodeKind;
use postern_client::transfer::Sending;

use self::local::Local;
use crate::failure::Result;
use crate::local::{LocalFile, Plan};
use crate::progress::Progress;
use crate::say::Say;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is new.
    Added,
    /// It took the place of another content.
    Replaced,
    /// It was there already.
    Unchanged,
    /// It could not be put; the person has been told why.
    Failed,
}

/// Puts files into the folders of a plan.
pub(crate) struct Uploader<'a> {
    drive: &'a Rc<Drive>,
    say: &'a Say,
    progress: &'a Progress,
    /// The plan's folders in the drive.
    folders: Vec<NodeId>,
    /// What is in them.
    there: HashMap<(NodeId, String), Entry>,
}

impl<'a> Uploader<'a> {
    /// Makes the folders, and looks at what is in them.
    pub(crate) async fn prepare(
        drive: &'a Rc<Drive>,
        say: &'a Say,
        progress: &'a Progress,
        target: NodeId,
        plan: &Plan,
    ) -> Result<Self> {
        let folders = drive.make_folders(target, &plan.folders).await?;
        let mut there = HashMap::new();
        for folder in &folders {
            for entry in drive.list(Some(*folder)).await?.entries {
                there.insert((*folder, entry.name.clone()), entry);
            }
        }
        Ok(Self {
            drive,
            say,
            progress,
            folders,
            there,
        })
    }

    /// Puts all files, and answers what became of each.
    pub(crate) async fn put_all(&self, files: &[LocalFile]) -> Result<Vec<Outcome>> {
        // Whoever reads this will run the command again rather than wait for a server.
        let sending = Sending::new(Rc::clone(self.drive), None);
        let all: Vec<_> = files.iter().map(|file| Rc::new(Local::new(self, file))).collect();
        for local in &all {
            if local.outcome() != Outcome::Unchanged {
                sending.add(Rc::clone(local));
            }
        }
        sending.run().await?;
        Ok(all.iter().map(|local| local.outcome()).collect())
    }

    /// What will become of the file if nothing goes wrong.
    fn expected(&self, file: &LocalFile) -> Outcome {
        match self.there(file) {
            None => Outcome::Added,
            Some(entry) if is_same(entry, file) => Outcome::Unchanged,
            Some(_) => Outcome::Replaced,
        }
    }

    fn there(&self, file: &LocalFile) -> Option<&Entry> {
        self.there.get(&(self.folder(file), file.name.clone()))
    }

    fn folder(&self, file: &LocalFile) -> NodeId {
        self.folders[file.folder]
    }
}

/// The kind of content, as its name suggests it.
pub(crate) fn media_type(name: &str) -> String {
    mime_guess::from_path(name)
        .first_raw()
        .unwrap_or_default()
        .to_owned()
}

/// The same length and the same time to the millisecond: an upload that goes on need not send it again.
fn is_same(entry: &Entry, file: &LocalFile) -> bool {
    entry.kind == NodeKind::File && entry.size_bytes == file.size_bytes && entry.modified == file.modified
}
