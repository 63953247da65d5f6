//! Putting files: many small ones side by side, large ones one after another in parts, and what is there already not
//! again.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::rc::Rc;

use futures::{StreamExt as _, stream};
use postern_client::drive::{Entry, NewFile};
use postern_client::protocol::NodeId;
use postern_client::protocol::volume::NodeKind;
use postern_client::transfer::{
    DEFAULT_WIDTH, FileSource, LocalLanes, SEGMENT_PLAIN_BYTES, Upload, abandon, forget_journal,
    journal_name, upload,
};
use postern_client::{Content, Drive, Error};

use crate::failure::Result;
use crate::local::{LocalFile, Plan, modified};
use crate::progress::{FilePart, Progress};
use crate::say::Say;

/// So many small files are on their way at once: each waits for the line more than it fills it.
const SMALL_AT_ONCE: usize = 8;
/// So many small files become visible together; a crash takes away no more than these.
const SMALL_BATCH: usize = 200;

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
    drive: &'a Drive,
    say: &'a Say,
    progress: &'a Progress,
    /// The plan's folders in the drive.
    folders: Vec<NodeId>,
    /// What is in them.
    there: HashMap<(NodeId, String), Entry>,
}

/// A file that is uploaded and not visible yet.
struct Finished {
    new: NewFile,
    journal: Option<String>,
}

impl<'a> Uploader<'a> {
    /// Makes the folders, and looks at what is in them.
    pub(crate) async fn prepare(
        drive: &'a Drive,
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
        let mut outcomes: Vec<_> = files.iter().map(|file| self.expected(file)).collect();
        let wanted = (0..files.len()).filter(|index| outcomes[*index] != Outcome::Unchanged);
        let (small, large): (Vec<_>, Vec<_>) = wanted.partition(|index| is_small(&files[*index]));
        self.put_some(files, small, SMALL_AT_ONCE, SMALL_BATCH, &mut outcomes)
            .await?;
        // A large one fills the line by itself, and is worth a commit of its own.
        self.put_some(files, large, 1, 1, &mut outcomes).await?;
        Ok(outcomes)
    }

    async fn put_some(
        &self,
        files: &[LocalFile],
        indices: Vec<usize>,
        at_once: usize,
        batch: usize,
        outcomes: &mut [Outcome],
    ) -> Result<()> {
        let send = |index: usize| async move { (index, self.send(&files[index]).await) };
        let mut sent = stream::iter(indices).map(send).buffer_unordered(at_once);
        let mut finished = Vec::new();
        while let Some((index, one)) = sent.next().await {
            match one {
                Ok(one) => finished.push(one),
                Err(error) if concerns_one_file(&error) => {
                    self.say
                        .warn(&format!("{}: {error}", files[index].path.display()));
                    outcomes[index] = Outcome::Failed;
                }
                Err(error) => {
                    // What is uploaded is kept, if that is still possible.
                    let _ = self.attach(finished).await;
                    return Err(error.into());
                }
            }
            if finished.len() >= batch {
                self.attach(std::mem::take(&mut finished)).await?;
            }
        }
        self.attach(finished).await
    }

    /// Makes uploaded files visible, in one change of the drive. Their journals are of no more use then.
    async fn attach(&self, finished: Vec<Finished>) -> Result<()> {
        let (new, journals): (Vec<_>, Vec<_>) =
            finished.into_iter().map(|one| (one.new, one.journal)).unzip();
        self.drive.attach(&new).await?;
        for journal in journals.into_iter().flatten() {
            forget_journal(self.drive.account().surroundings(), &journal).await?;
        }
        Ok(())
    }

    async fn send(&self, file: &LocalFile) -> postern_client::Result<Finished> {
        if self
            .there(file)
            .is_some_and(|entry| entry.kind == NodeKind::Folder)
        {
            return Err(Error::EntryExists);
        }
        let journal = (!is_small(file)).then(|| self.journal(file));
        let part = self.progress.file();
        let content = match self.send_content(file, journal.as_deref(), &part).await {
            Err(Error::FileDiffers) => self.start_over(file, journal.as_deref(), &part).await?,
            content => content?,
        };
        refuse_changed(file)?;
        let new = NewFile {
            node: None,
            parent: self.folders[file.folder],
            name: file.name.clone(),
            modified: file.modified,
            media_type: media_type(&file.name),
            content,
        };
        Ok(Finished { new, journal })
    }

    async fn start_over(
        &self,
        file: &LocalFile,
        journal: Option<&str>,
        part: &FilePart<'_>,
    ) -> postern_client::Result<Content> {
        let path = file.path.display();
        self.say.note(&format!(
            "{path} has changed since its upload began: starting over"
        ));
        if let Some(journal) = journal {
            abandon(self.drive.account(), journal).await?;
        }
        self.send_content(file, journal, part).await
    }

    async fn send_content(
        &self,
        file: &LocalFile,
        journal: Option<&str>,
        part: &FilePart<'_>,
    ) -> postern_client::Result<Content> {
        let opened = File::open(&file.path).map_err(|error| unreadable(&error))?;
        let source = FileSource::new(opened)?;
        let what = Upload {
            size_bytes: Some(source.size_bytes()),
            journal,
        };
        let account = self.drive.account();
        let lanes = LocalLanes::new(account.api().clone(), Rc::new(source), DEFAULT_WIDTH);
        upload(account, what, &lanes, &|bytes| part.at(bytes)).await
    }

    /// What will become of the file if nothing goes wrong.
    fn expected(&self, file: &LocalFile) -> Outcome {
        match self.there(file) {
            None => Outcome::Added,
            Some(entry) if is_same(entry, file) => {
                self.progress.file().at(file.size_bytes);
                Outcome::Unchanged
            }
            Some(_) => Outcome::Replaced,
        }
    }

    fn there(&self, file: &LocalFile) -> Option<&Entry> {
        self.there.get(&(self.folders[file.folder], file.name.clone()))
    }

    /// One upload of one file to one place. The path is made whole, so that the folder it is typed in does not matter.
    fn journal(&self, file: &LocalFile) -> String {
        let path = fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
        journal_name(&[
            &self.drive.account().id().0,
            &self.folders[file.folder].0,
            file.name.as_bytes(),
            path.as_os_str().as_encoded_bytes(),
        ])
    }
}

/// The kind of content, as its name suggests it.
pub(crate) fn media_type(name: &str) -> String {
    mime_guess::from_path(name)
        .first_raw()
        .unwrap_or_default()
        .to_owned()
}

fn is_small(file: &LocalFile) -> bool {
    file.size_bytes < SEGMENT_PLAIN_BYTES
}

/// The same length and the same time to the millisecond: an upload that goes on need not send it again.
fn is_same(entry: &Entry, file: &LocalFile) -> bool {
    entry.kind == NodeKind::File && entry.size_bytes == file.size_bytes && entry.modified == file.modified
}

fn concerns_one_file(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreadable(_) | Error::EntryExists | Error::EntryName(_) | Error::TooLarge | Error::Busy
    )
}

/// Half of the old and half of the new text is neither.
fn refuse_changed(file: &LocalFile) -> postern_client::Result<()> {
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
