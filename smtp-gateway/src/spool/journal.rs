//! Who writes the journal and the small messages: one thread, which serves all sessions in turn. What comes while it writes
//! is written next, together, so that many share what the disk takes for one.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use postern_protocol::MessageId;
use rustix::fs::FallocateFlags;
use rustix::io::Errno;
use tokio::sync::{Notify, oneshot};

use super::Load;
use super::circular::CircularFile;
use super::entry::{Content, Entry};
use super::error::SpoolError;
use super::flash::{FileFlash, PAGE_BYTES};
use super::ring::{Found, Ring, RingError};

/// How many times as large as the journal the file of the small messages is: of the smallest messages there are, which take
/// a block each, it holds fewer than the journal names.
const SMALL_TO_JOURNAL: usize = 8;

/// The smallest journal that can be written.
const MIN_JOURNAL_BYTES: usize = 4 * PAGE_BYTES;

/// The journal, as everybody but its thread sees it.
#[derive(Debug)]
pub(super) struct Journal {
    orders: Sender<Order>,
    waiting: Arc<Waiting>,
}

/// What was taken and not handed on, oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    entries: Mutex<VecDeque<Entry>>,
    more: Notify,
}

/// Why a message was not kept.
#[derive(Debug)]
pub(super) struct NotKept {
    pub(super) error: SpoolError,
    /// The disk failed while the journal was written: nobody knows what it says now.
    pub(super) is_perhaps_named: bool,
}

enum Order {
    Keep(Entry, oneshot::Sender<Result<(), NotKept>>),
    Forget(usize, oneshot::Sender<Result<Vec<MessageId>, SpoolError>>),
}

/// Where everything lies.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The journal.
    pub(super) journal: PathBuf,
    /// The file of the small messages.
    pub(super) small: PathBuf,
    /// How many bytes of them it holds, if it has to be made.
    pub(super) small_bytes: usize,
    /// The folder of those messages that are files of their own.
    pub(super) mail: PathBuf,
}

impl Journal {
    /// Reads the journal, or makes it if there is none, and begins to serve. Yields those of its items that cannot be
    /// understood too.
    pub(super) fn open(place: Place, lock: File) -> Result<(Self, Vec<Vec<u8>>), SpoolError> {
        let (ring, found) = open_ring(&place)?;
        let waiting = Arc::new(Waiting {
            entries: Mutex::new(found.waiting.into()),
            more: Notify::new(),
        });
        let (orders, inbox) = channel();
        let writer = Writer {
            place,
            ring: Some(ring),
            waiting: Arc::clone(&waiting),
            _lock: lock,
        };
        thread::Builder::new()
            .name("mail-journal".to_owned())
            .spawn(move || writer.serve(&inbox))?;
        waiting.more.notify_one();
        Ok((Self { orders, waiting }, found.unreadable))
    }

    /// Notes a message. It is durable when this returns.
    pub(super) async fn keep(&self, entry: Entry) -> Result<(), NotKept> {
        self.order(|answer| Order::Keep(entry, answer)).await?
    }

    /// Notes that the oldest messages, so many of them, were handed on; yields the files that it does not name any more.
    pub(super) async fn forget(&self, count: usize) -> Result<Vec<MessageId>, SpoolError> {
        let forgotten = self.order(|answer| Order::Forget(count, answer)).await;
        forgotten.map_err(|not_done| not_done.error)?
    }

    async fn order<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, NotKept> {
        let not_done = |is_perhaps_named| NotKept {
            error: SpoolError::Broken,
            is_perhaps_named,
        };
        let (answer, answered) = oneshot::channel();
        self.orders.send(order(answer)).map_err(|_| not_done(false))?;
        answered.await.map_err(|_| not_done(true))
    }

    pub(super) fn waiting(&self) -> &Waiting {
        &self.waiting
    }
}

impl Waiting {
    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().expect("nothing panics while it holds this")
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.entries().len()
    }

    /// How many, how many bytes, and when the oldest came.
    pub(super) fn load(&self) -> Load {
        let entries = self.entries();
        Load {
            messages: entries.len(),
            size_bytes: entries.iter().map(Entry::size_bytes).sum(),
            oldest: entries.front().map(|oldest| oldest.receipt.received),
        }
    }

    /// The oldest, at most `limit` of them; waits until there is one.
    pub(super) async fn oldest(&self, limit: usize) -> Vec<Entry> {
        loop {
            let oldest: Vec<_> = self.entries().iter().take(limit).cloned().collect();
            if !oldest.is_empty() {
                return oldest;
            }
            self.more.notified().await;
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Entry> {
        self.entries().iter().cloned().collect()
    }
}

struct Writer {
    place: Place,
    /// None once the disk has failed: what it holds then is not known, and it is not written to again.
    ring: Option<Ring<File>>,
    waiting: Arc<Waiting>,
    /// Nobody else has this spool before the last write is done.
    _lock: File,
}

type Kept = (Entry, oneshot::Sender<Result<(), NotKept>>);

impl Writer {
    fn serve(mut self, inbox: &Receiver<Order>) {
        while let Ok(order) = inbox.recv() {
            let (mut kept, mut forgotten) = (Vec::new(), Vec::new());
            for order in [order].into_iter().chain(inbox.try_iter()) {
                match order {
                    Order::Keep(entry, answer) => kept.push((entry, answer)),
                    Order::Forget(count, answer) => forgotten.push((count, answer)),
                }
            }
            // What goes makes room for what comes. Where nobody waits for the answer any more, it is done all the same.
            for (count, answer) in forgotten {
                let _ = answer.send(self.forget(count));
            }
            if !kept.is_empty() {
                self.keep(kept);
            }
        }
    }

    fn keep(&mut self, kept: Vec<Kept>) {
        let (entries, answers): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        let mut answers = answers.into_iter();
        let mut rest = &entries[..];
        let named = self.sync_names(&entries);
        while !rest.is_empty() {
            let named = named.as_ref().map_err(|error| NotKept::surely(copied(error)));
            let outcome = named.and_then(|()| self.push(rest));
            let count = *outcome.as_ref().unwrap_or(&rest.len());
            let (done, later) = rest.split_at(count);
            if outcome.is_ok() {
                self.waiting.entries().extend(done.iter().cloned());
                self.waiting.more.notify_one();
            }
            for answer in answers.by_ref().take(count) {
                let _ = answer.send(outcome.as_ref().map(|_| ()).map_err(NotKept::copied));
            }
            rest = later;
        }
    }

    /// The names of messages that are files of their own have to be durable before anything says so: once for all of them.
    fn sync_names(&self, entries: &[Entry]) -> Result<(), SpoolError> {
        let has_file = entries
            .iter()
            .any(|entry| matches!(entry.content, Content::File(_)));
        if has_file {
            postern_disk::sync_names(&self.place.mail)?;
        }
        Ok(())
    }

    fn push(&mut self, entries: &[Entry]) -> Result<usize, NotKept> {
        self.renew_if_broken().map_err(NotKept::surely)?;
        let ring = self.ring.as_mut().ok_or(NotKept::surely(SpoolError::Broken))?;
        let pushed = ring.push(entries);
        self.outcome(pushed).map_err(|error| NotKept {
            is_perhaps_named: !matches!(error, SpoolError::Full),
            error,
        })
    }

    fn forget(&mut self, count: usize) -> Result<Vec<MessageId>, SpoolError> {
        let forgotten = self.ring.as_mut().map(|ring| ring.forget(count));
        self.waiting.entries().drain(..count);
        match forgotten {
            Some(forgotten) => self.outcome(forgotten),
            // Of a journal that failed nothing is asked any more, and what it says again is delivered once all the same.
            None => Ok(Vec::new()),
        }
    }

    fn outcome<T>(&mut self, outcome: Result<T, RingError>) -> Result<T, SpoolError> {
        if let Err(RingError::Disk(_) | RingError::Damaged(_)) = &outcome {
            self.ring = None;
        }
        Ok(outcome?)
    }

    /// After a failed sync nobody knows what is on the disk, and a later one that succeeds says nothing of it. So the journal
    /// is made anew, once everything that it said was handed on.
    fn renew_if_broken(&mut self) -> Result<(), SpoolError> {
        if self.ring.is_some() {
            return Ok(());
        }
        if self.waiting.len() > 0 {
            return Err(SpoolError::Broken);
        }
        make_journal(&self.place)?;
        make_small(&self.place)?;
        let (ring, _) = open_ring(&self.place)?;
        self.ring = Some(ring);
        Ok(())
    }
}

impl NotKept {
    /// The journal does not name it.
    fn surely(error: SpoolError) -> Self {
        Self {
            error,
            is_perhaps_named: false,
        }
    }

    fn copied(&self) -> Self {
        Self {
            error: copied(&self.error),
            ..*self
        }
    }
}

fn copied(error: &SpoolError) -> SpoolError {
    match error {
        SpoolError::Full => SpoolError::Full,
        SpoolError::Disk(error) => SpoolError::Disk(io::Error::new(error.kind(), error.to_string())),
        SpoolError::Broken => SpoolError::Broken,
    }
}

impl From<RingError> for SpoolError {
    fn from(error: RingError) -> Self {
        match error {
            RingError::Full => Self::Full,
            RingError::Disk(error) => error.into(),
            RingError::Damaged(what) => Self::Disk(io::Error::other(what)),
        }
    }
}

fn open_ring(place: &Place) -> Result<(Ring<File>, Found), SpoolError> {
    if !place.journal.try_exists()? {
        make_journal(place)?;
    }
    if !place.small.try_exists()? {
        make_small(place)?;
    }
    let open = |path: &Path| -> io::Result<(File, u64)> {
        let file = File::options().read(true).write(true).open(path)?;
        let size_bytes = file.metadata()?.len();
        Ok((file, size_bytes))
    };
    let (journal, journal_bytes) = open(&place.journal)?;
    let (small, small_bytes) = open(&place.small)?;
    let journal = FileFlash::new(journal, usize::try_from(journal_bytes).unwrap_or(usize::MAX));
    Ok(Ring::open(journal, CircularFile::new(small, small_bytes))?)
}

/// A journal in which nothing stands, in place of any other: it has to be there before the small messages that the other
/// one named go.
fn make_journal(place: &Place) -> io::Result<()> {
    make(
        &place.journal,
        (place.small_bytes / SMALL_TO_JOURNAL).max(MIN_JOURNAL_BYTES),
    )
}

fn make_small(place: &Place) -> io::Result<()> {
    make(&place.small, place.small_bytes)
}

/// Makes a file of its full size, so that no room is missing later, and puts it in place of any other.
fn make(path: &Path, size_bytes: usize) -> io::Result<()> {
    let beside = path.with_extension("new");
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&beside)?;
    fill(&file, size_bytes.next_multiple_of(PAGE_BYTES))?;
    file.sync_all()?;
    postern_disk::put_in_place(&beside, path)
}

/// Gives the file its size, takes the room for it on the disk, and writes it. What was never written would be noted by the
/// file system at its first write, each time with a commit of its own: a tenth more mail comes in without (median of five
/// turns, messages of 10 KiB from 20 sessions, ext4).
fn fill(file: &File, size_bytes: usize) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, size_bytes as u64) {
        Ok(()) | Err(Errno::OPNOTSUPP) => {}
        Err(error) => return Err(error.into()),
    }
    let zeros = [0; PAGE_BYTES];
    (0..size_bytes / PAGE_BYTES).try_for_each(|page| file.write_all_at(&zeros, (page * PAGE_BYTES) as u64))
}

/// Removes what files that were being made have left.
pub(super) fn clean(place: &Place) -> io::Result<()> {
    for file in [&place.journal, &place.small] {
        match fs::remove_file(file.with_extension("new")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
