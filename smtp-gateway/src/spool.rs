//! The spool: where mail lies between "250" and the mailbox.
//!
//! A message is whole and durable here before anybody is told that it was taken, and stays until it is durable there. What
//! lies here is sealed. A journal says what is here: a small message lies in a file that is written round and round, a
//! larger one in a file of its own. Both hold the same bytes.
//!
//! The order of things, whatever fails in between:
//!
//! - taking: the bytes, the file's name, the journal, and only then "250". Of what the journal says nothing, that was never
//!   acknowledged: a file goes when the spool is opened.
//! - handing on: the mailbox, the journal, the file. What was handed on and stands in the journal still is handed on
//!   again, which is harmless. Before the journal forgets a message it is noted as taken lately, since who brought it may
//!   bring it again.

mod circular;
mod disk;
mod draft;
mod entry;
mod error;
mod flash;
mod journal;
mod mail;
mod recent;
mod ring;

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use postern_crypto::hash::hash;
use postern_crypto::mail::Brought;
use postern_disk::Room;
use postern_protocol::{MessageId, TimeMs};

use circular::CircularFile;
pub use draft::Draft;
use entry::{Content, Entry, Filed, Receipt, Small};
pub use error::{Damaged, SpoolError};
use journal::{Journal, NotKept, Place};
use mail::TRAILER_BYTES;
pub use mail::{MAX_COPIES, SpooledMail};
use recent::Recent;
pub use recent::{Claim, Seen};

/// Up to this size a message has no file of its own.
pub const LARGEST_SMALL: usize = 16 << 10;

/// Mail that was taken and not handed on yet. Clones are the same spool.
#[derive(Debug, Clone)]
pub struct Spool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    folders: Folders,
    journal: Journal,
    recent: Recent,
    room: Arc<Room>,
}

#[derive(Debug, Clone)]
struct Folders {
    root: PathBuf,
}

/// A message that waits.
#[derive(Debug)]
pub struct WaitingMail {
    /// What is needed to deliver it.
    pub mail: SpooledMail,
    body: WaitingBody,
}

#[derive(Debug)]
enum WaitingBody {
    Here(Bytes),
    File(PathBuf),
}

/// How full a spool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// How many messages wait.
    pub messages: usize,
    /// How many bytes they have, sealed.
    pub size_bytes: u64,
    /// When the oldest of them came.
    pub oldest: Option<TimeMs>,
}

/// The oldest messages that wait.
#[derive(Debug)]
pub struct Batch {
    spool: Spool,
    entries: Vec<Entry>,
}

impl Folders {
    fn mail(&self) -> PathBuf {
        self.root.join("mail")
    }

    fn arriving(&self) -> PathBuf {
        self.root.join("arriving")
    }

    fn aside(&self) -> PathBuf {
        self.root.join("aside")
    }

    fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    fn small(&self) -> PathBuf {
        self.root.join("small")
    }

    fn recent(&self) -> PathBuf {
        self.root.join("recent")
    }

    fn file(&self, message: MessageId) -> PathBuf {
        self.mail().join(name(message))
    }
}

/// In hexadecimal, since some file systems take capital and small letters for the same.
fn name(message: MessageId) -> String {
    hex(&message.0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_aside(folders: &Folders, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let (beside, aside) = (folders.arriving().join(name), folders.aside().join(name));
    postern_disk::write_private(&beside, &aside, bytes)?;
    Ok(aside)
}

/// The file of the small messages, for who reads what could not be read before.
fn small_messages(folders: &Folders) -> io::Result<CircularFile<File>> {
    let file = File::open(folders.small())?;
    let size_bytes = file.metadata()?.len();
    Ok(CircularFile::new(file, size_bytes))
}

/// What cannot be understood of the journal is put where a person looks at it, with all small messages, since it named some
/// of them. It stands in the journal until all that is older was handed on, and is the same file each time.
fn set_items_aside(folders: &Folders, unreadable: &[Vec<u8>]) -> io::Result<()> {
    for item in unreadable {
        let name = format!("journal-{}", hex(&hash(item)[..16]));
        if folders.aside().join(&name).try_exists()? {
            continue;
        }
        let small = folders.aside().join(format!("{name}-small"));
        fs::copy(folders.small(), &small)?;
        File::open(&small)?.sync_all()?;
        let aside = write_aside(folders, &name, item)?;
        tracing::error!(path = %aside.display(), "what the journal of the spool says cannot be understood, and was set aside");
    }
    Ok(())
}

impl Spool {
    /// Opens the spool in this folder, or makes it, and cleans up what was left lying. The file of the small messages, if it
    /// has to be made, is of so many bytes.
    ///
    /// # Errors
    /// [`SpoolError`], also if somebody else has it open.
    pub fn open(root: &Path, small_bytes: usize) -> Result<Self, SpoolError> {
        let folders = Folders {
            root: root.to_owned(),
        };
        for folder in [folders.mail(), folders.arriving(), folders.aside()] {
            postern_disk::make_private_folder(&folder)?;
        }
        let lock = postern_disk::lock(&root.join("lock"))?;
        let lock = lock.ok_or_else(|| io::Error::new(ErrorKind::ResourceBusy, "the spool is in use"))?;
        let place = Place {
            journal: folders.journal(),
            small: folders.small(),
            small_bytes,
            mail: folders.mail(),
        };
        journal::clean(&place)?;
        let (journal, unreadable) = Journal::open(place, lock)?;
        let waiting = journal.waiting().all();
        set_items_aside(&folders, &unreadable)?;
        clean(&folders, &waiting, unreadable.is_empty())?;
        let recent = Recent::open(&folders.recent())?;
        waiting.iter().for_each(|entry| recent.took(&entry.receipt));
        Ok(Self {
            inner: Arc::new(Inner {
                room: Arc::new(Room::under(root)),
                folders,
                journal,
                recent,
            }),
        })
    }

    /// Begins to write a message.
    #[must_use]
    pub fn draft(&self, message: MessageId) -> Draft {
        Draft::new(self.clone(), message)
    }

    /// Whether a message of so many bytes can be written now. A small one needs no room that it has not already.
    ///
    /// # Errors
    /// [`SpoolError::Full`] if it would take the last of the disk, and those of the disk.
    pub fn has_room(&self, size_bytes: u64) -> Result<(), SpoolError> {
        if size_bytes > LARGEST_SMALL as u64 {
            self.inner.room.promise(size_bytes)?;
        }
        Ok(())
    }

    /// What waits.
    #[must_use]
    pub fn load(&self) -> Load {
        self.inner.journal.waiting().load()
    }

    /// Whether a message that came now was taken before, within the last hour: brought by the same sender, to the same
    /// recipients, with the same text. Two that have no identifier are never the same one.
    #[must_use]
    pub fn claim(&self, brought: Option<&Brought<'_>>, received: TimeMs) -> Seen {
        let recent = &self.inner.recent;
        recent.claim(Receipt {
            received,
            fingerprint: brought.map(|brought| recent.key().fingerprint(brought)),
        })
    }

    /// The oldest messages that wait, at most so many; waits until there is one.
    pub async fn oldest(&self, limit: usize) -> Batch {
        Batch {
            entries: self.inner.journal.waiting().oldest(limit).await,
            spool: self.clone(),
        }
    }

    async fn keep(&self, entry: Entry) -> Result<(), NotKept> {
        self.inner.journal.keep(entry).await
    }

    fn folders(&self) -> &Folders {
        &self.inner.folders
    }
}

impl Batch {
    /// The messages, each with what is needed to deliver it, or damaged.
    ///
    /// # Errors
    /// Those of the disk, which say nothing of a message: it may well be whole.
    pub fn mails(&self) -> io::Result<Vec<Result<WaitingMail, Damaged>>> {
        let folders = self.spool.folders();
        let mail = |entry| match open(folders, entry) {
            Err(Unread::Disk(error)) => Err(error),
            Err(Unread::Damaged(damaged)) => Ok(Err(damaged)),
            Ok(mail) => Ok(Ok(mail)),
        };
        self.entries.iter().map(mail).collect()
    }

    /// Puts what is at this place of the batch where a person looks at it: it can not be handed on.
    ///
    /// # Errors
    /// [`SpoolError`]; it is in its old place then.
    pub fn set_aside(&self, place: usize) -> Result<PathBuf, SpoolError> {
        let folders = self.spool.folders();
        match &self.entries[place].content {
            Content::Small(Small { bytes, hash }) => Ok(write_aside(folders, &hex(&hash[..16]), bytes)?),
            Content::Unread(extent, hash) => {
                let bytes = small_messages(folders)?.salvage(*extent);
                Ok(write_aside(folders, &hex(&hash[..16]), &bytes)?)
            }
            Content::File(Filed { message, .. }) => {
                let aside = folders.aside().join(name(*message));
                match fs::hard_link(folders.file(*message), &aside) {
                    Err(error) if !matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => {
                        return Err(error.into());
                    }
                    _ => postern_disk::sync_names(&folders.aside())?,
                }
                Ok(aside)
            }
        }
    }

    /// All of them were handed on, or set aside: they need not be kept here any more.
    ///
    /// # Errors
    /// [`SpoolError`]; they may come again then.
    pub async fn done(self) -> Result<(), SpoolError> {
        let Self { spool, entries } = self;
        let (recent, count) = (spool.inner.recent.clone(), entries.len());
        let receipts: Vec<_> = entries.iter().map(|entry| entry.receipt).collect();
        in_background(move || {
            if let Err(error) = recent.note(&receipts) {
                tracing::warn!(%error, "if a message is brought twice now, it will be there twice");
            }
        })
        .await?;
        let unnamed = spool.inner.journal.forget(count).await?;
        in_background(move || remove(spool.folders(), &unnamed)).await
    }
}

async fn in_background(work: impl FnOnce() + Send + 'static) -> Result<(), SpoolError> {
    Ok(tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?)
}

/// What cannot be removed now is removed when the spool is opened the next time.
fn remove(folders: &Folders, unnamed: &[MessageId]) {
    for message in unnamed {
        if let Err(error) = fs::remove_file(folders.file(*message)) {
            tracing::warn!(%error, "a message that was handed on cannot be removed from the spool yet");
        }
    }
}

impl WaitingMail {
    /// The sealed body, if it is in memory.
    #[must_use]
    pub fn body_here(&self) -> Option<Bytes> {
        match &self.body {
            WaitingBody::Here(bytes) => Some(bytes.clone()),
            WaitingBody::File(_) => None,
        }
    }

    /// The file that begins with the sealed body, if it is not in memory.
    #[must_use]
    pub fn body_file(&self) -> Option<&Path> {
        match &self.body {
            WaitingBody::Here(_) => None,
            WaitingBody::File(path) => Some(path),
        }
    }
}

/// Why a message could not be read.
enum Unread {
    Damaged(Damaged),
    Disk(io::Error),
}

impl From<Damaged> for Unread {
    fn from(damaged: Damaged) -> Self {
        Self::Damaged(damaged)
    }
}

fn open(folders: &Folders, entry: &Entry) -> Result<WaitingMail, Unread> {
    match &entry.content {
        Content::Small(small) => open_small(small),
        Content::Unread(extent, hash) => {
            let bytes = small_messages(folders).and_then(|small| small.read(*extent));
            let bytes = bytes.map_err(Unread::Disk)?.into();
            open_small(&Small { bytes, hash: *hash })
        }
        Content::File(filed) => {
            let path = folders.file(filed.message);
            let (record, hash) = read_record(&path, filed.size_bytes).map_err(|error| {
                tracing::error!(%error, path = %path.display(), "a spooled message cannot be read");
                match error.kind() {
                    ErrorKind::NotFound | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                        Unread::Damaged(Damaged)
                    }
                    _ => Unread::Disk(error),
                }
            })?;
            if hash != filed.record_hash {
                return Err(Damaged.into());
            }
            Ok(WaitingMail {
                mail: SpooledMail::decode(&record, &filed.record_hash, filed.size_bytes)?,
                body: WaitingBody::File(path),
            })
        }
    }
}

fn open_small(small: &Small) -> Result<WaitingMail, Unread> {
    let bytes = small.whole()?;
    let mail = SpooledMail::decode_whole(bytes)?;
    let body = usize::try_from(mail.body_bytes).map_err(|_| Damaged)?;
    Ok(WaitingMail {
        mail,
        body: WaitingBody::Here(bytes.slice(..body)),
    })
}

fn read_record(path: &Path, size_bytes: u64) -> io::Result<(Vec<u8>, postern_domain::store::Digest)> {
    let file = File::open(path)?;
    let damaged = || io::Error::new(ErrorKind::InvalidData, Damaged);
    if file.metadata()?.len() != size_bytes {
        return Err(damaged());
    }
    let mut trailer = [0; TRAILER_BYTES];
    let at = size_bytes.checked_sub(TRAILER_BYTES as u64).ok_or_else(damaged)?;
    file.read_exact_at(&mut trailer, at)?;
    let (start, len, hash) = SpooledMail::record_place(&trailer, size_bytes).map_err(|_| damaged())?;
    let mut record = vec![0; len];
    file.read_exact_at(&mut record, start)?;
    Ok((record, hash))
}

/// Removes what was never acknowledged, and what was handed on already. As long as not all of the journal can be understood,
/// nobody knows which files that is: they are put where a person looks at them.
fn clean(folders: &Folders, waiting: &[Entry], is_all_understood: bool) -> io::Result<()> {
    for left in fs::read_dir(folders.arriving())? {
        fs::remove_file(left?.path())?;
    }
    let named: std::collections::HashSet<_> = waiting
        .iter()
        .filter_map(|entry| match &entry.content {
            Content::File(filed) => Some(name(filed.message)),
            Content::Small(_) | Content::Unread(..) => None,
        })
        .collect();
    for file in fs::read_dir(folders.mail())? {
        let file = file?;
        let is_named = file.file_name().to_str().is_some_and(|name| named.contains(name));
        if is_named {
            continue;
        }
        if is_all_understood {
            fs::remove_file(file.path())?;
        } else {
            postern_disk::put_in_place(&file.path(), &folders.aside().join(file.file_name()))?;
        }
    }
    Ok(())
}
