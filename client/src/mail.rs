//! The mailbox: what came, what it says, and what its owner noted on it.
//!
//! Nothing that the server says of a message is believed unopened: who wrote it, when it came and that it came through
//! the mail gateway stand in what the gateway sealed and signed ([`Origin`]). The server can withhold messages and hand
//! out older marks; it can neither write a message nor change one.

mod conversations;
mod counts;
mod entry;
mod export;
mod held;
mod home;
pub mod import;
mod index;
mod letter;
mod marks;
pub mod mbox;
mod opener;
mod put;
mod rest;
mod root;
mod search;
mod summing;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::future::try_join;
use futures::lock::Mutex;
use postern_crypto::node::Content;
use postern_protocol::MessageId;
use postern_protocol::limits::MAX_MAIL_PAGE;
use postern_protocol::mail::{MailCursor, Mark as SealedMark, Message};

pub use conversations::{Conversation, Drawer, group};
pub use counts::Counts;
pub use entry::{Entry, Noted, Opened};
pub use export::Export;
pub use home::Home;
pub use index::{Reach, Worth};
pub use letter::{Letter, MAX_SHOWN_BYTES};
pub use postern_crypto::MailKey;
pub use postern_crypto::account::{MailRoot, Tag};
pub use postern_crypto::mail::{
    Attachment, Checks, Mailbox as Person, Mark, Origin, Peer, Place, Summary, Verdict,
};
pub use postern_mime as mime;
pub use put::NewMessage;

use crate::account::Account;
use crate::compute::compute;
use crate::http::Door;
use crate::transfer::{Checkpoint, Sink, fetch};
use crate::{Error, Result};

use held::Held;
use index::Index;

/// So many messages are loaded first: more than a screen shows, and few, since each that is opened takes two key exchanges.
const FIRST_PAGE: u32 = 20;

/// The mailbox of an account.
pub struct Mailbox {
    account: Rc<Account>,
    home: RefCell<Option<Rc<Home>>>,
    held: RefCell<Held>,
    index: RefCell<Index>,
    /// Something happened, and could not be loaded.
    is_behind: Cell<bool>,
    /// Held while something is loaded: two loads of one device take turns.
    turn: Mutex<()>,
    /// Held while somebody goes on with the index.
    keeping: Mutex<()>,
}

impl Mailbox {
    /// The mailbox of `account`. Nothing is loaded yet.
    #[must_use]
    pub fn new(account: Rc<Account>) -> Self {
        Self {
            account,
            home: RefCell::default(),
            held: RefCell::default(),
            index: RefCell::default(),
            is_behind: Cell::default(),
            turn: Mutex::new(()),
            keeping: Mutex::new(()),
        }
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &Rc<Account> {
        &self.account
    }

    /// Its addresses, and by what gateways are known.
    ///
    /// # Errors
    /// As all requests; [`Error::NotAuthentic`] if what the server says of its gateways is not a statement.
    pub async fn home(&self) -> Result<Rc<Home>> {
        if let Some(home) = self.home.borrow().clone() {
            return Ok(home);
        }
        let home = Rc::new(home::load(&self.account).await?);
        *self.home.borrow_mut() = Some(Rc::clone(&home));
        Ok(home)
    }

    /// Loads the newest messages, if none are loaded.
    ///
    /// # Errors
    /// As [`Mailbox::refresh`].
    pub async fn ensure_loaded(&self) -> Result<()> {
        // Who loads older ones keeps nobody waiting.
        if !self.is_loaded() {
            let _turn = self.turn.lock().await;
            if !self.is_loaded() {
                self.load_page().await?;
            }
        }
        Ok(())
    }

    /// Loads the newest messages the first time, and then what has changed since the last time.
    ///
    /// # Errors
    /// As all requests; [`Error::NotAuthentic`] if what came leads nowhere.
    pub async fn refresh(&self) -> Result<()> {
        let _turn = self.turn.lock().await;
        match self.cursor() {
            None => drop(self.load_page().await?),
            Some(_) => drop(self.load_changes().await?),
        }
        self.date_spam().await;
        Ok(())
    }

    /// Loads what has changed, if anything was loaded before or is being loaded. Answers how many messages came into the
    /// inbox that nobody has read.
    ///
    /// # Errors
    /// As [`Mailbox::refresh`].
    pub async fn follow(&self) -> Result<usize> {
        let _turn = self.turn.lock().await;
        self.is_behind.set(false);
        let arrived = self.load_changes().await;
        self.is_behind.set(arrived.is_err());
        self.date_spam().await;
        arrived
    }

    /// Whether following failed the last time: nobody is told once more of what happened, so who looks follows again.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.is_behind.get()
    }

    /// Loads older messages: all of them, if the devices of the account have kept an index. Answers whether there are more.
    ///
    /// # Errors
    /// As [`Mailbox::refresh`].
    pub async fn load_older(&self) -> Result<bool> {
        let _turn = self.turn.lock().await;
        if self.held.borrow().is_whole() {
            self.date_spam().await;
            return Ok(false);
        }
        let has_page = self.held.borrow().before().is_some();
        if has_page && let Some(filling) = self.filling().await? {
            self.held.borrow_mut().add_rest(filling.entries, filling.change);
            self.load_changes().await?;
            self.date_spam().await;
            return Ok(false);
        }
        let more = self.load_page().await?;
        self.date_spam().await;
        Ok(more)
    }

    /// Everything that is loaded, newest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Rc<Entry>> {
        self.held.borrow().entries()
    }

    /// Everything that is loaded, by conversations: the one with the newest message first.
    #[must_use]
    pub fn conversations(&self) -> Rc<Vec<Conversation>> {
        self.held.borrow_mut().conversations()
    }

    /// How much is loaded, and where how much of it was not read.
    #[must_use]
    pub fn counts(&self) -> Rc<Counts> {
        self.held.borrow_mut().counts()
    }

    /// The conversation of a message, if it is loaded.
    #[must_use]
    pub fn conversation(&self, message: MessageId) -> Option<Conversation> {
        conversations::of(&self.conversations(), message).cloned()
    }

    /// Whether anything was loaded.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.cursor().is_some()
    }

    /// Whether all that the server has is loaded.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.held.borrow().is_whole()
    }

    /// One message, loaded or not.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn entry(&self, message: MessageId) -> Result<Rc<Entry>> {
        if let Some(entry) = self.held.borrow().get(message) {
            return Ok(entry);
        }
        let read = self.read(vec![message]).await?;
        read.into_iter().next().map(Rc::new).ok_or(Error::NotFound)
    }

    /// Where a message's bytes are, and what opens them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotAuthentic`] if the message does not open.
    pub async fn content(&self, message: MessageId) -> Result<Content> {
        self.entry(message).await?.content()
    }

    /// Writes a message's `content` to `sink`, byte for byte as it came, from where `checkpoint` stands.
    ///
    /// # Errors
    /// [`Error::NotAuthentic`] if it is not the one of which the list told; the sink has got nothing of that.
    /// [`Error::NotFound`] if it is gone.
    pub async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        let api = &self.account.api;
        fetch(api, &Door::Mail, content, checkpoint, sink, progress).await
    }

    /// Deletes messages for good.
    ///
    /// # Errors
    /// As all requests.
    pub async fn delete(&self, messages: &[MessageId]) -> Result<()> {
        for some in messages.chunks(marks::MOST_AT_ONCE) {
            self.account.api.delete_messages(some.to_vec()).await?;
            let mut held = self.held.borrow_mut();
            some.iter().for_each(|message| held.delete(*message));
        }
        Ok(())
    }

    /// The messages of those ids that are there.
    pub(crate) async fn read(&self, messages: Vec<MessageId>) -> Result<Vec<Entry>> {
        let asked = messages.clone();
        let read = self.account.api.read_messages(messages).await?.messages;
        if read.iter().any(|message| !asked.contains(&message.message)) {
            return Err(Error::NotAuthentic);
        }
        self.open(read).await
    }

    async fn load_page(&self) -> Result<bool> {
        let before = self.held.borrow().before();
        let limit = if before.is_none() {
            FIRST_PAGE
        } else {
            MAX_MAIL_PAGE
        };
        // What opens the page is asked for along with it.
        let (page, _) = try_join(self.account.api.mail_page(before, limit), self.home()).await?;
        let paging = held::Paging::of(&page, before)?;
        let entries = self.open(page.messages).await?;
        let more = paging.more;
        self.held.borrow_mut().add_page(entries, &paging);
        Ok(more)
    }

    async fn load_changes(&self) -> Result<usize> {
        let (mut more, mut arrived) = (true, 0);
        while more {
            let Some(cursor) = self.cursor() else { break };
            let page = self.account.api.mail_changes(cursor).await?;
            held::check_changes(&page, cursor)?;
            let next = page.next;
            more = page.more;
            arrived += self.apply(held::sort(page.changes), next).await?;
        }
        Ok(arrived)
    }

    async fn apply(&self, changes: held::Sorted, next: MailCursor) -> Result<usize> {
        let mut arrived = self.open(changes.arrived).await?;
        arrived.extend(self.missed(&changes.marked).await?);
        let opener = self.opener().await?;
        let mut held = self.held.borrow_mut();
        let is_new = |entry: &&Entry| {
            let mark = &entry.noted.mark;
            mark.place == Place::Inbox && !mark.is_read && !held.has(entry.message)
        };
        let new = arrived.iter().filter(is_new).count();
        arrived.into_iter().for_each(|entry| held.add(entry));
        for (message, mark) in changes.marked {
            held.mark(message, |summary| opener.noted(message, Some(mark), summary));
        }
        changes
            .deleted
            .into_iter()
            .for_each(|message| held.delete(message));
        held.follow(next);
        Ok(new)
    }

    /// What came and was marked before this device looked: between two pages of changes it may be that a device is told of
    /// the mark alone. What stands further down than the list was read comes with its page.
    async fn missed(&self, marked: &[(MessageId, SealedMark)]) -> Result<Vec<Entry>> {
        let unknown: Vec<_> = {
            let held = self.held.borrow();
            let messages = marked.iter().map(|(message, _)| *message);
            messages.filter(|message| !held.has(*message)).collect()
        };
        let mut missed = Vec::new();
        for some in unknown.chunks(marks::MOST_AT_ONCE) {
            missed.extend(self.read(some.to_vec()).await?);
        }
        missed.retain(|entry| self.held.borrow().reaches(entry));
        Ok(missed)
    }

    fn cursor(&self) -> Option<MailCursor> {
        self.held.borrow().cursor()
    }

    /// Opening takes a while: each envelope is two key exchanges.
    async fn open(&self, messages: Vec<Message>) -> Result<Vec<Entry>> {
        let opener = self.opener().await?;
        let opened = compute(move || messages.into_iter().map(|message| opener.open(message)).collect());
        Ok(opened.await)
    }

    async fn opener(&self) -> Result<opener::Opener> {
        Ok(opener::Opener::new(&self.account, self.home().await?.gateway))
    }
}
