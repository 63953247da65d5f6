//! Saving files and folders to this disk. Nothing stands under its own name before it is whole.

mod together;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use postern_client::Error;
use postern_client::device::Device;
use postern_client::drive::Entry;
use postern_client::names::LocalNames;
use postern_client::protocol::volume::NodeKind;
use postern_client::transfer::{Way, bundles};
use postern_disk::{Flush, folder_of, put_in_place, sync_names};

use crate::failure::{About as _, Failure, Result};
use crate::local::modified;
use crate::partial::Partial;
use crate::progress::Progress;
use crate::shelf::Shelf;
use crate::target::beside;

/// So many bundles of small files are on their way at once: one is fetched, one is opened, one is written to the disk.
const BUNDLES_AT_ONCE: usize = 3;
/// So many files that fill a request are on their way at once.
const WHOLE_AT_ONCE: usize = 6;

/// Saves what a shelf holds.
pub(crate) struct Saver<'a> {
    pub(crate) shelf: &'a dyn Shelf,
    pub(crate) device: Rc<dyn Device>,
    pub(crate) progress: &'a Progress,
    pub(crate) force: bool,
}

/// A folder with all below it, by safe and unique paths.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) files: Vec<(PathBuf, Entry)>,
}

impl Tree {
    /// Everything below `folder`.
    pub(crate) async fn of(shelf: &dyn Shelf, folder: &Entry) -> Result<Self> {
        let mut tree = Self::default();
        let mut waiting = vec![(PathBuf::new(), folder.id)];
        while let Some((path, id)) = waiting.pop() {
            let mut names = LocalNames::default();
            for entry in shelf.list(id).await?.entries {
                let inner = path.join(names.take(&entry.name));
                match entry.kind {
                    NodeKind::Folder => waiting.push((inner, entry.id)),
                    NodeKind::File => tree.files.push((inner, entry)),
                }
            }
            tree.folders.push(path);
        }
        Ok(tree)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, entry)| entry.size_bytes).sum()
    }
}

impl Saver<'_> {
    /// Saves one file at `place`.
    pub(crate) async fn file(&self, entry: &Entry, place: &Path) -> Result<()> {
        let saved = self.try_file(entry, place).await;
        saved.about(|| place.display().to_string())
    }

    /// Saves a folder at `place`. It comes together beside it, unless it is to go into one that is there.
    pub(crate) async fn folder(&self, entry: &Entry, tree: &Tree, place: &Path) -> Result<()> {
        let merges = place.is_dir();
        let work = if merges {
            place.to_owned()
        } else {
            beside(place, &entry.id.to_string())
        };
        for folder in &tree.folders {
            make_folder(&work.join(folder))?;
        }
        self.files(tree, &work).await?;
        let settled = settle(tree, &work, place);
        settled.map_err(|error| Failure::told(format!("{} cannot be made: {error}", place.display())))
    }

    async fn files(&self, tree: &Tree, folder: &Path) -> Result<()> {
        let wanted = tree
            .files
            .iter()
            .filter(|(path, entry)| !self.is_there(&folder.join(path), entry));
        let save = |(path, entry): &(PathBuf, Entry)| {
            let (place, entry) = (folder.join(path), entry.clone());
            async move { self.file(&entry, &place).await }
        };
        let mut ways: HashMap<_, Vec<_>> = HashMap::new();
        for file in wanted {
            ways.entry(Way::of(file.1.size_bytes)).or_default().push(file);
        }
        let mut going = |way| ways.remove(&way).unwrap_or_default();
        let small = stream::iter(bundles(going(Way::Bundled), |(_, entry)| entry.size_bytes));
        let saved = small.map(|some| self.bundle(folder, some));
        let saved = saved.buffer_unordered(BUNDLES_AT_ONCE);
        saved.try_collect::<()>().await?;
        for (some, at_once) in [(going(Way::Whole), WHOLE_AT_ONCE), (going(Way::InParts), 1)] {
            let saved = stream::iter(some).map(save).buffer_unordered(at_once);
            saved.try_collect::<()>().await?;
        }
        Ok(())
    }

    async fn try_file(&self, entry: &Entry, place: &Path) -> postern_client::Result<()> {
        let content = self.shelf.content(entry.id).await?;
        let mut partial = Partial::open(Rc::clone(&self.device), place, &content).await?;
        let (mut checkpoint, part) = (partial.checkpoint(), self.progress.file());
        let progress = |bytes| part.at(bytes);
        let fetched = self
            .shelf
            .download(&content, &mut checkpoint, &mut partial, &progress);
        match fetched.await {
            Ok(()) => partial.finish(entry.modified, self.force).await,
            // Going on from there would end the same way for ever.
            Err(Error::NotAuthentic) => {
                partial.discard().await;
                Err(Error::NotAuthentic)
            }
            Err(error) => {
                partial.pause().await;
                Err(error)
            }
        }
    }

    /// A run before this one has saved it: the same length and the same time.
    fn is_there(&self, place: &Path, entry: &Entry) -> bool {
        let there = fs::symlink_metadata(place).is_ok_and(|meta| {
            meta.is_file() && meta.len() == entry.size_bytes && modified(&meta) == entry.modified
        });
        if there {
            self.progress.file().at(entry.size_bytes);
        }
        there
    }
}

/// Gives a folder that has come together in `work` its place. What was saved is there also after a power cut: files are
/// durable already, and so are folders from now on.
fn settle(tree: &Tree, work: &Path, place: &Path) -> io::Result<()> {
    let folders: Vec<_> = tree.folders.iter().map(|folder| work.join(folder)).collect();
    let folders = folders.iter().map(PathBuf::as_path);
    Flush::begin(folders.clone())?.names(folders)?;
    if work == place {
        sync_names(folder_of(place))
    } else {
        put_in_place(work, place)
    }
}

fn make_folder(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)
        .map_err(|error| Failure::told(format!("{} cannot be made: {error}", path.display())))
}
