//! Many small files: fetched in one request, and made durable together.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use postern_client::drive::Entry;
use postern_client::protocol::NodeId;
use postern_client::{Error, compute};
use postern_disk::{Flush, folder_of};

use super::Saver;
use crate::failure::{About as _, Result};
use crate::partial::{move_to, stamp, unsaved};
use crate::target::beside;

/// A small file, whole and opened, that is not saved yet.
struct Opened {
    place: PathBuf,
    entry: Entry,
    bytes: Vec<u8>,
}

/// A file that is written beside its place.
struct Written {
    place: PathBuf,
    path: PathBuf,
    file: File,
}

impl Saver<'_> {
    /// Saves small files below `folder`, as many as fit into a bundle.
    pub(super) async fn bundle(&self, folder: &Path, files: Vec<&(PathBuf, Entry)>) -> Result<()> {
        let nodes: Vec<NodeId> = files.iter().map(|(_, entry)| entry.id).collect();
        let fetched = match self.shelf.read_small(&nodes).await {
            // One of them has gone: who asks for each learns which.
            Err(Error::NotFound) => return self.one_by_one(folder, &files).await,
            fetched => fetched.about(|| folder.display().to_string())?,
        };
        let mut opened = Vec::with_capacity(files.len());
        for ((path, entry), bytes) in files.iter().zip(fetched) {
            let place = folder.join(path);
            let bytes = bytes.about(|| place.display().to_string())?;
            let entry = entry.clone();
            opened.push(Opened { place, entry, bytes });
        }
        let force = self.force;
        compute(move || save(&opened, force)).await?;
        for (_, entry) in files {
            self.progress.file().at(entry.size_bytes);
        }
        Ok(())
    }

    async fn one_by_one(&self, folder: &Path, files: &[&(PathBuf, Entry)]) -> Result<()> {
        for (path, entry) in files {
            self.file(entry, &folder.join(path)).await?;
        }
        Ok(())
    }
}

fn save(files: &[Opened], force: bool) -> Result<()> {
    let folders: BTreeSet<_> = files.iter().map(|file| folder_of(&file.place)).collect();
    let Some(first) = folders.first().copied() else {
        return Ok(());
    };
    let flush = at(first, Flush::begin(folders.iter().copied()))?;
    let mut written = Vec::with_capacity(files.len());
    for file in files {
        written.push(at(&file.place, write(file))?);
    }
    at(first, flush.files(written.iter().map(|written| &written.file)))?;
    for Written { place, path, .. } in &written {
        at(place, move_to(path, place, force))?;
    }
    at(first, flush.names(folders))
}

fn at<T>(place: &Path, saved: io::Result<T>) -> Result<T> {
    saved
        .map_err(|error| unsaved(&error))
        .about(|| place.display().to_string())
}

fn write(opened: &Opened) -> io::Result<Written> {
    let path = beside(&opened.place, &opened.entry.id.to_string());
    let mut file = File::create(&path)?;
    file.write_all(&opened.bytes)?;
    stamp(&file, opened.entry.modified);
    Ok(Written {
        place: opened.place.clone(),
        path,
        file,
    })
}
