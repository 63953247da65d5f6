//! A file of this disk on its way into the drive.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::rc::Rc;

use async_trait::async_trait;
use postern_client::device::keys::described_name;
use postern_client::drive::{IfTaken, NewFile};
use postern_client::protocol::NodeId;
use postern_client::protocol::volume::NodeKind;
use postern_client::transfer::{DEFAULT_WIDTH, FileSource, Lanes, LocalLanes, News, Outgoing};
use postern_client::{Content, Error, Result, compute};

use super::{Outcome, Uploader, media_type};
use crate::local::{LocalFile, modified};
use crate::progress::FilePart;

/// A file that is to be put.
pub(super) struct Local<'a> {
    into: &'a Uploader<'a>,
    file: &'a LocalFile,
    id: NodeId,
    part: FilePart<'a>,
    outcome: Cell<Outcome>,
}

impl<'a> Local<'a> {
    pub(super) fn new(into: &'a Uploader<'_>, file: &'a LocalFile) -> Self {
        let (part, outcome) = (into.progress.file(), into.expected(file));
        if outcome == Outcome::Unchanged {
            part.at(file.size_bytes);
        }
        Self {
            into,
            file,
            id: into.drive.account().surroundings().new_id(),
            part,
            outcome: Cell::new(outcome),
        }
    }

    /// What became of it, or will if nothing goes wrong.
    pub(super) fn outcome(&self) -> Outcome {
        self.outcome.get()
    }

    fn refuse_folder(&self) -> Result<()> {
        match self.into.there(self.file) {
            Some(entry) if entry.kind == NodeKind::Folder => Err(Error::EntryExists),
            _ => Ok(()),
        }
    }
}

#[async_trait(?Send)]
impl Outgoing for Local<'_> {
    fn id(&self) -> NodeId {
        self.id
    }

    fn size_bytes(&self) -> u64 {
        self.file.size_bytes
    }

    async fn read(files: &[Rc<Self>]) -> Vec<Result<Vec<u8>>> {
        let wanted = files
            .iter()
            .map(|local| local.refuse_folder().map(|()| local.file.clone()));
        let wanted: Vec<_> = wanted.collect();
        compute(move || wanted.into_iter().map(|file| read(&file?)).collect()).await
    }

    fn lanes(&self) -> Result<Box<dyn Lanes>> {
        self.refuse_folder()?;
        let opened = File::open(&self.file.path).map_err(|error| unreadable(&error))?;
        let (api, source) = (self.into.drive.account().api(), FileSource::new(opened)?);
        let lanes = LocalLanes::new(api.clone(), Rc::new(source), DEFAULT_WIDTH);
        Ok(Box::new(lanes))
    }

    /// One upload of one file to one place. The path is made whole, so that the folder it is typed in does not matter.
    fn journal(&self) -> String {
        let path = fs::canonicalize(&self.file.path).unwrap_or_else(|_| self.file.path.clone());
        described_name(&[
            &self.into.drive.account().id().0,
            &self.into.folder(self.file).0,
            self.file.name.as_bytes(),
            path.as_os_str().as_encoded_bytes(),
        ])
    }

    fn starts_over(&self) -> bool {
        self.into.say.note(&format!(
            "{} has changed since its upload began: starting over",
            self.file.path.display()
        ));
        true
    }

    async fn place(&self, content: Content) -> Result<NewFile> {
        refuse_changed(self.file)?;
        Ok(NewFile {
            node: Some(self.id),
            parent: self.into.folder(self.file),
            name: self.file.name.clone(),
            if_taken: IfTaken::Replace,
            modified: self.file.modified,
            media_type: media_type(&self.file.name),
            content,
        })
    }

    fn tell(&self, news: News) {
        match news {
            News::Progress(bytes) => self.part.at(bytes),
            News::Failed(error) => {
                let path = self.file.path.display();
                self.into.say.warn(&format!("{path}: {error}"));
                self.outcome.set(Outcome::Failed);
            }
            News::Begun | News::Waiting(_) | News::Done => {}
        }
    }
}

fn read(file: &LocalFile) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(file.size_bytes).unwrap_or_default());
    let opened = File::open(&file.path).map_err(|error| unreadable(&error))?;
    // One more than was planned for shows that it grew.
    let read = opened.take(file.size_bytes + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error))?;
    Ok(bytes)
}

/// Half of the old and half of the new text is neither.
fn refuse_changed(file: &LocalFile) -> Result<()> {
    let meta = fs::metadata(&file.path).map_err(|error| unreadable(&error))?;
    if meta.len() == file.size_bytes && modified(&meta) == file.modified {
        Ok(())
    } else {
        Err(Error::Unreadable("it changed while it was read".to_owned()))
    }
}

fn unreadable(error: &io::Error) -> Error {
    Error::Unreadable(error.to_string())
}
