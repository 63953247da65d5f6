//! Putting files: small ones bundled, larger ones side by side, large ones one after another in parts, and what is there
//! already not again.

mod bundled;
mod single;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::pin::pin;

use futures::channel::mpsc;
use futures::{SinkExt as _, Stream, StreamExt as _, TryStreamExt as _, join, stream};
use postern_client::drive::{Entry, IfTaken, NewFile};
use postern_client::protocol::NodeId;
use postern_client::protocol::limits::MAX_BATCH_RECORDS;
use postern_client::protocol::volume::NodeKind;
use postern_client::transfer::{MAX_BUNDLED_BYTES, SEGMENT_PLAIN_BYTES, bundles, forget_journal};
use postern_client::{Content, Drive, Error};

use crate::failure::Result;
use crate::local::{LocalFile, Plan, modified};
use crate::progress::Progress;
use crate::say::Say;

/// So many bundles are on their way at once: one is read and sealed, one is sent, one is written to the server's disk.
const BUNDLES_AT_ONCE: usize = 3;
/// So many files that fill a request are on their way at once: each waits for the line more than it fills it.
const MIDDLE_AT_ONCE: usize = 8;
/// So many of them become visible together; a crash takes away no more than these.
const MIDDLE_BATCH: usize = 50;

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

/// Which file was sent, and what came of it.
type Sent = (usize, postern_client::Result<Finished>);

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
        let size_bytes = |index: &usize| files[*index].size_bytes;
        let (small, others): (Vec<_>, Vec<_>) =
            wanted.partition(|index| size_bytes(index) <= MAX_BUNDLED_BYTES);
        let (middle, large): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|index| is_whole(&files[*index]));

        let bundle = |indices: Vec<usize>| self.send_bundle(files, indices);
        let small = stream::iter(bundles(small, size_bytes)).map(bundle);
        let small = small.buffer_unordered(BUNDLES_AT_ONCE).flat_map(stream::iter);
        self.put_some(files, small, MAX_BATCH_RECORDS, &mut outcomes)
            .await?;

        let send = |index: usize| async move { (index, self.send(&files[index]).await) };
        let middle = stream::iter(middle).map(send).buffer_unordered(MIDDLE_AT_ONCE);
        self.put_some(files, middle, MIDDLE_BATCH, &mut outcomes).await?;
        // A large one fills the line by itself, and is worth a commit of its own.
        let large = stream::iter(large).then(send);
        self.put_some(files, large, 1, &mut outcomes).await?;
        Ok(outcomes)
    }

    /// Makes files visible, `batch` at a time, while others are still being sent.
    async fn put_some(
        &self,
        files: &[LocalFile],
        sent: impl Stream<Item = Sent>,
        batch: usize,
        outcomes: &mut [Outcome],
    ) -> Result<()> {
        let (to_attach, batches) = mpsc::channel(0);
        let attached = batches.map(Ok).try_for_each(|some| self.attach(some));
        let gathered = self.gather(files, sent, batch, to_attach, outcomes);
        let (gathered, attached) = join!(gathered, attached);
        attached.and(gathered)
    }

    /// Hands on what was sent in batches. What was is kept also if the rest fails.
    async fn gather(
        &self,
        files: &[LocalFile],
        sent: impl Stream<Item = Sent>,
        batch: usize,
        mut to_attach: mpsc::Sender<Vec<Finished>>,
        outcomes: &mut [Outcome],
    ) -> Result<()> {
        let (mut sent, mut finished, mut ended) = (pin!(sent), Vec::new(), Ok(()));
        while let Some((index, one)) = sent.next().await {
            match one {
                Ok(one) => finished.push(one),
                Err(error) if concerns_one_file(&error) => {
                    self.say
                        .warn(&format!("{}: {error}", files[index].path.display()));
                    outcomes[index] = Outcome::Failed;
                }
                Err(error) => {
                    ended = Err(error.into());
                    break;
                }
            }
            if finished.len() >= batch && to_attach.send(std::mem::take(&mut finished)).await.is_err() {
                // Attaching has failed, and says why.
                return Ok(());
            }
        }
        let _ = to_attach.send(finished).await;
        ended
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

    /// The file with this content.
    fn new_file(&self, file: &LocalFile, content: Content) -> NewFile {
        NewFile {
            node: None,
            parent: self.folders[file.folder],
            name: file.name.clone(),
            if_taken: IfTaken::Replace,
            modified: file.modified,
            media_type: media_type(&file.name),
            content,
        }
    }

    fn refuse_folder(&self, file: &LocalFile) -> postern_client::Result<()> {
        match self.there(file) {
            Some(entry) if entry.kind == NodeKind::Folder => Err(Error::EntryExists),
            _ => Ok(()),
        }
    }

    fn there(&self, file: &LocalFile) -> Option<&Entry> {
        self.there.get(&(self.folders[file.folder], file.name.clone()))
    }
}

/// The kind of content, as its name suggests it.
pub(crate) fn media_type(name: &str) -> String {
    mime_guess::from_path(name)
        .first_raw()
        .unwrap_or_default()
        .to_owned()
}

/// It goes in one request.
fn is_whole(file: &LocalFile) -> bool {
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
