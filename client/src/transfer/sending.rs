//! Many files into the drive at once.
//!
//! Who sends brings [`Outgoing`] files, and each is told what becomes of it. [`Sending`] decides the rest: what travels
//! together and what side by side, how many become visible in one change of the drive, what is tried again, and what one
//! failure means for the others.

mod queue;

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use async_trait::async_trait;
use futures::stream::{Abortable, FuturesUnordered};
use futures::{FutureExt as _, StreamExt as _};
use postern_crypto::node::Content;
use postern_protocol::limits::MAX_BATCH_RECORDS;
use postern_protocol::{NodeId, TimeMs};

use self::queue::{Job, Queue};
use super::bundle::upload_bundle;
use super::cutting::Way;
use super::journal::forget_journal;
use super::lanes::Lanes;
use super::upload::{Upload, abandon, changed, upload};
use crate::drive::NewFile;
use crate::{Drive, Error, Patience, Result};

/// While small files go on coming, those that have come become visible so often: each change of the drive has its price,
/// and somebody is watching.
const ATTACH_EVERY_MS: i64 = 1_000;

/// A file that is to be sent.
#[async_trait(?Send)]
pub trait Outgoing: Sized {
    /// Which one it is among all. The same file keeps its id when it is sent again.
    fn id(&self) -> NodeId;

    /// How long it is.
    fn size_bytes(&self) -> u64;

    /// All of each, of small ones ([`Way::Bundled`]). One that cannot be read holds up no other.
    async fn read(files: &[Rc<Self>]) -> Vec<Result<Vec<u8>>>;

    /// What reads and sends it, if it is not small.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    fn lanes(&self) -> Result<Box<dyn Lanes>>;

    /// What its journal is called.
    fn journal(&self) -> String;

    /// The file is not the one with which its journal began. Whether the upload shall begin anew, instead of failing.
    fn starts_over(&self) -> bool;

    /// Where the content goes, now that all of it is sent. The last moment to notice that it changed meanwhile.
    ///
    /// # Errors
    /// [`Error::Unreadable`], and what finding the folder can end with.
    async fn place(&self, content: Content) -> Result<NewFile>;

    /// Is told what becomes of it.
    fn tell(&self, news: News);
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It is being read, sealed and sent, for the first time or once more.
    Begun,
    /// So many bytes of it have been dealt with.
    Progress(u64),
    /// The server cannot be reached, or not now: it is tried again.
    Waiting(Error),
    /// It could not be sent.
    Failed(Error),
    /// It is in its folder.
    Done,
}

/// Sends files into a drive.
pub struct Sending<I> {
    drive: Rc<Drive>,
    patience: Option<Patience>,
    state: RefCell<State<I>>,
}

struct State<I> {
    queue: Queue<I>,
    finished: Vec<Finished<I>>,
    is_attaching: bool,
    /// Those that are on their way into their folders, and wanted there.
    attaching: HashSet<NodeId>,
    /// So often the server was in the way of that, one time after the other.
    attempts: u32,
    attached: TimeMs,
    ended: Option<Error>,
}

/// A file that is sent and not visible yet.
struct Finished<I> {
    item: Rc<I>,
    new: NewFile,
    journal: Option<String>,
}

impl<I: Outgoing> Sending<I> {
    /// Sends into `drive`. With `patience`, what the server does not answer is tried again until it does. Without, the
    /// first failure that is not of one file alone ends the whole.
    #[must_use]
    pub fn new(drive: Rc<Drive>, patience: Option<Patience>) -> Self {
        let state = State {
            queue: Queue::default(),
            finished: Vec::new(),
            is_attaching: false,
            attaching: HashSet::new(),
            attempts: 0,
            attached: TimeMs(0),
            ended: None,
        };
        Self {
            drive,
            patience,
            state: RefCell::new(state),
        }
    }

    /// Takes a file in. Nothing happens before somebody [runs](Sending::run) this. What waits or is on its way already is
    /// not taken twice.
    pub fn add(&self, item: Rc<I>) {
        self.state.borrow_mut().queue.add(item);
    }

    /// Takes files out again. When it returns, nothing reads or sends them any more. What is on its way into its folder
    /// arrives there, if that works at once.
    pub async fn stop(&self, ids: &[NodeId]) {
        let stopping: Vec<_> = {
            let mut state = self.state.borrow_mut();
            state.finished.retain(|one| !ids.contains(&one.item.id()));
            state.attaching.retain(|id| !ids.contains(id));
            ids.iter().filter_map(|id| state.queue.stop(*id)).collect()
        };
        for stopped in stopping {
            // One that was dropped has ended as well.
            let _ = stopped.await;
        }
    }

    /// Takes all files out. [`run`](Sending::run) returns when the last has ended.
    pub fn stop_all(&self) {
        let mut state = self.state.borrow_mut();
        state.queue.clear();
        state.finished.clear();
        state.attaching.clear();
    }

    /// Sends until nothing is left to be done. Several may run at once: what one finds done by another it leaves alone.
    ///
    /// # Errors
    /// Without patience: what ended the whole. What was finished before is in its folder.
    pub async fn run(&self) -> Result<()> {
        let mut under_way = FuturesUnordered::new();
        loop {
            while let Some(job) = self.next_job() {
                under_way.push(self.send(job).left_future());
            }
            if let Some(batch) = self.next_batch() {
                under_way.push(self.attach(batch).right_future());
            }
            if under_way.next().await.is_none() {
                return self.state.borrow_mut().ended.take().map_or(Ok(()), Err);
            }
        }
    }

    fn next_job(&self) -> Option<Job<I>> {
        let mut state = self.state.borrow_mut();
        if state.ended.is_some() {
            return None;
        }
        state.queue.next()
    }

    /// All that is finished, while nothing else is being attached: the slower the server, the more goes together.
    fn next_batch(&self) -> Option<Vec<Finished<I>>> {
        let now = self.drive.account().surroundings().now();
        let mut state = self.state.borrow_mut();
        let may_wait = state.queue.has(Way::Bundled)
            && state.finished.len() < MAX_BATCH_RECORDS
            && now.0 - state.attached.0 < ATTACH_EVERY_MS;
        if state.is_attaching || state.finished.is_empty() || may_wait {
            return None;
        }
        state.is_attaching = true;
        state.attached = now;
        let most = state.finished.len().min(MAX_BATCH_RECORDS);
        let batch: Vec<_> = state.finished.drain(..most).collect();
        state.attaching = batch.iter().map(|one| one.item.id()).collect();
        Some(batch)
    }

    async fn send(&self, Job { number, items, stop }: Job<I>) {
        let sent = Abortable::new(self.send_all(&items), stop).await;
        self.state.borrow_mut().queue.end(number);
        for (item, finished) in sent.into_iter().flatten() {
            match finished {
                Ok(finished) => self.state.borrow_mut().finished.push(finished),
                Err(error) => self.fail(&item, error),
            }
        }
    }

    async fn send_all(&self, items: &[Rc<I>]) -> Vec<(Rc<I>, Result<Finished<I>>)> {
        for item in items {
            item.tell(News::Begun);
        }
        let sent = match items {
            [item] if Way::of(item.size_bytes()) != Way::Bundled => {
                let sent = self.until_it_passes(items, || self.send_alone(item)).await;
                sent.map(|one| vec![(Rc::clone(item), Ok(one))])
            }
            _ => self.until_it_passes(items, || self.send_bundle(items)).await,
        };
        sent.unwrap_or_else(|error| {
            let failed = |item: &Rc<I>| (Rc::clone(item), Err(error.clone()));
            items.iter().map(failed).collect()
        })
    }

    /// Small files in one request. One that cannot be read stays out, and the others go.
    async fn send_bundle(&self, items: &[Rc<I>]) -> Result<Vec<(Rc<I>, Result<Finished<I>>)>> {
        let read = I::read(items).await;
        let (mut sent, mut taken, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for (item, read) in items.iter().zip(read) {
            match read {
                Ok(bytes) if bytes.len() as u64 == item.size_bytes() => {
                    taken.push(item);
                    plain.push(bytes);
                }
                Ok(_) => sent.push((Rc::clone(item), Err(changed()))),
                Err(error) => sent.push((Rc::clone(item), Err(error))),
            }
        }
        if taken.is_empty() {
            return Ok(sent);
        }
        let contents = upload_bundle(self.drive.account(), plain).await?;
        for (item, content) in taken.into_iter().zip(contents) {
            item.tell(News::Progress(item.size_bytes()));
            sent.push((Rc::clone(item), finish(item, content, None).await));
        }
        Ok(sent)
    }

    async fn send_alone(&self, item: &Rc<I>) -> Result<Finished<I>> {
        // What goes in one request cannot be half done.
        let journal = (Way::of(item.size_bytes()) == Way::InParts).then(|| item.journal());
        let content = match self.upload(&**item, journal.as_deref()).await {
            Err(Error::FileDiffers) if item.starts_over() => {
                abandon(self.drive.account(), &item.journal()).await?;
                self.upload(&**item, journal.as_deref()).await?
            }
            content => content?,
        };
        finish(item, content, journal).await
    }

    async fn upload(&self, item: &I, journal: Option<&str>) -> Result<Content> {
        let what = Upload {
            size_bytes: Some(item.size_bytes()),
            journal,
        };
        let progress = |bytes| item.tell(News::Progress(bytes));
        upload(self.drive.account(), what, &*item.lanes()?, &progress).await
    }

    async fn attach(&self, batch: Vec<Finished<I>>) {
        let mut batches = vec![batch];
        while let Some(mut batch) = batches.pop() {
            let new: Vec<_> = batch.iter().map(|one| one.new.clone()).collect();
            match (self.drive.attach(&new).await, self.patience) {
                (Ok(_), _) => self.settle(batch).await,
                // One that cannot be attached must not hold up its neighbours: it is found by halving.
                (Err(error), _) if batch.len() > 1 && concerns_one_file(&error) => {
                    batches.push(batch.split_off(batch.len() / 2));
                    batches.push(batch);
                }
                (Err(error), Some(patience)) if error.passes() => {
                    batches.push(batch);
                    let again = batches.drain(..).rev().flatten().collect();
                    self.attach_later(again, &error, patience).await;
                }
                (Err(error), _) => batch.iter().for_each(|one| self.fail(&one.item, error.clone())),
            }
        }
        self.state.borrow_mut().is_attaching = false;
    }

    /// Puts them back for as long as only the server is in the way, so that they can still be taken out.
    async fn attach_later(&self, mut batch: Vec<Finished<I>>, why: &Error, patience: Patience) {
        let around = self.drive.account().surroundings();
        let attempt = {
            let mut state = self.state.borrow_mut();
            batch.retain(|one| state.attaching.contains(&one.item.id()));
            state.finished.splice(..0, batch);
            state.attempts += 1;
            state.attempts - 1
        };
        self.tell_finished(&News::Waiting(why.clone()));
        patience
            .wait_out(why, attempt, &*around.clock, &*around.entropy)
            .await;
        self.tell_finished(&News::Begun);
    }

    fn tell_finished(&self, news: &News) {
        let waiting = self
            .state
            .borrow()
            .finished
            .iter()
            .map(|one| Rc::clone(&one.item))
            .collect::<Vec<_>>();
        waiting.iter().for_each(|item| item.tell(news.clone()));
    }

    /// Files that are in their folders. Their journals are of no more use.
    async fn settle(&self, attached: Vec<Finished<I>>) {
        self.state.borrow_mut().attempts = 0;
        for Finished { item, journal, .. } in attached {
            let forgotten = match journal {
                Some(journal) => forget_journal(self.drive.account().surroundings(), &journal).await,
                None => Ok(()),
            };
            match forgotten {
                Ok(()) => item.tell(News::Done),
                Err(error) => self.fail(&item, error),
            }
        }
    }

    fn fail(&self, item: &I, error: Error) {
        if self.patience.is_some() || concerns_one_file(&error) {
            return item.tell(News::Failed(error));
        }
        let mut state = self.state.borrow_mut();
        state.queue.clear();
        state.ended.get_or_insert(error);
    }

    /// Does `work` for these files, and again as long as only the server is in the way.
    async fn until_it_passes<T, F: Future<Output = Result<T>>>(
        &self,
        items: &[Rc<I>],
        work: impl Fn() -> F,
    ) -> Result<T> {
        let around = self.drive.account().surroundings();
        let tell = |news: &News| items.iter().for_each(|item| item.tell(news.clone()));
        let mut attempt = 0;
        loop {
            match (work().await, self.patience) {
                (Err(error), Some(patience)) if error.passes() => {
                    tell(&News::Waiting(error.clone()));
                    patience
                        .wait_out(&error, attempt, &*around.clock, &*around.entropy)
                        .await;
                    tell(&News::Begun);
                }
                (done, _) => return done,
            }
            attempt += 1;
        }
    }
}

async fn finish<I: Outgoing>(item: &Rc<I>, content: Content, journal: Option<String>) -> Result<Finished<I>> {
    Ok(Finished {
        new: item.place(content).await?,
        item: Rc::clone(item),
        journal,
    })
}

/// Whether others may fare better.
const fn concerns_one_file(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreadable(_)
            | Error::FileDiffers
            | Error::UploadLost
            | Error::EntryExists
            | Error::EntryName(_)
            | Error::WrongKind(_)
            | Error::NotFound
            | Error::TooLarge
            | Error::Busy
    )
}
