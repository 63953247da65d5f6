//! What the devices of an account keep of its mailbox as a whole, sealed, at the server: what is known of each message,
//! and which words are in it. So a new device need not open every message again, and none has to fetch mail to search it.
//!
//! Whoever has the mailbox open keeps it up ([`Mailbox::keep_index`]). Of two devices that do so at once, one is second: it
//! throws away what it wrote, and begins with what the other left. Nothing depends on it: what it lacks is in the
//! mailbox, and what is wrong with it makes a device read the mailbox instead.

mod listings;
mod pieces;
mod words;

use std::collections::HashSet;
use std::rc::Rc;

use postern_crypto::mail::{Manifest, ManifestPlace, Piece};
use postern_protocol::limits::{MAX_MAIL_BATCH, is_number};
use postern_protocol::mail::PutMailIndex;
use postern_protocol::{ContentId, MessageId};
use postern_search::Query;

use super::held::Held;
use super::{Entry, Mailbox};
use crate::{Error, Result};

use listings::{Listings, News};
use words::WordList;

/// So much has to be new before it is written down, unless somebody wants it now.
const WORTH_WRITING: usize = 64;

/// What this device knows of the index.
#[derive(Default)]
pub(super) struct Index {
    /// As the server counts. 0: there is none yet.
    version: u64,
    manifest: Manifest,
    listings: Listings,
    words: WordList,
    /// The revision of the list that is written down whole.
    listed: Option<u64>,
    /// A revision of the list of which all words are known.
    read: Option<u64>,
    is_known: bool,
}

impl Index {
    /// Those messages whose words are not known, also those of which they could not be read. Once there is none, nobody looks
    /// through the list again while it stays as it is.
    fn unread<'a>(&mut self, held: &'a Held) -> Vec<&'a Rc<Entry>> {
        if self.read == Some(held.revision()) {
            return Vec::new();
        }
        let is_unread = |entry: &&Rc<Entry>| !self.words.has(entry.message);
        let unread: Vec<_> = held.iter().filter(is_unread).collect();
        self.read = unread.is_empty().then(|| held.revision());
        unread
    }

    /// Those of them that nobody tried to read yet.
    fn untried<'a>(&mut self, held: &'a Held) -> Vec<&'a Rc<Entry>> {
        let mut unread = self.unread(held);
        unread.retain(|entry| !self.words.has_failed(entry.message));
        unread
    }
}

/// How far the words of the mailbox are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Of so many messages, and of those whose bodies do not open: this program does not try them again.
    pub read: usize,
    /// Of so many.
    pub all: usize,
}

/// When to write down what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// When it is worth it.
    Enough,
    /// Now, however little it is: this program ends.
    Anything,
}

/// What the server handed out of the index.
enum Loaded {
    /// All of it, or that there is none that opens.
    Whole(Index),
    /// Not every piece: as if there was none.
    Withheld(Index),
}

/// What a device that begins gets out of the index.
pub(super) struct Filling {
    pub(super) entries: Vec<Entry>,
    /// All that happened up to this change is in there.
    pub(super) change: u64,
}

impl Mailbox {
    /// Goes on with the index: reads words of some messages that are in it not yet, the newest first, and writes down what
    /// is new. Answers how far it is; nothing, as long as not all of the mailbox is loaded.
    ///
    /// # Errors
    /// As all requests.
    pub async fn keep_index(&self, worth: Worth) -> Result<Option<Reach>> {
        let _keeping = self.keeping.lock().await;
        if !self.is_whole() {
            return Ok(None);
        }
        self.refresh().await?;
        self.know_words().await?;
        self.compare().await?;
        self.read_some().await?;
        if self.is_worth_writing(worth) {
            match self.write().await {
                // Another device was faster, or a piece is gone: the next time begins with what there is.
                Err(Error::Busy | Error::NotFound) => drop(self.index.take()),
                // Without room it is not kept, and this device knows what it read all the same.
                Err(Error::QuotaExceeded | Error::StorageFull) => {}
                written => written?,
            }
        }
        Ok(Some(self.reach()))
    }

    /// How far the words are known.
    #[must_use]
    pub fn reach(&self) -> Reach {
        let (mut index, held) = (self.index.borrow_mut(), self.held.borrow());
        let all = held.len();
        Reach {
            read: all - index.untried(&held).len(),
            all,
        }
    }

    /// Compares the list with what the index says. What it has and the list has not is gone only if it was deleted: what
    /// happened since the index was written is followed once more for that. A server that withholds a message from one
    /// device shall not make it vanish from the others.
    async fn compare(&self) -> Result<()> {
        let (entries, change) = {
            let mut index = self.index.borrow_mut();
            (index.listings.take_entries(), index.manifest.change)
        };
        let is_told = |entry: &Entry| {
            let held = self.held.borrow();
            held.has(entry.message) || held.is_gone(entry.message)
        };
        if !entries.iter().all(is_told) {
            let _turn = self.turn.lock().await;
            self.held.borrow_mut().rewind(change);
            self.load_changes().await?;
        }
        self.held.borrow_mut().add_known(entries);
        Ok(())
    }

    /// Fills the list with what the index says. `None` if there is none. Of what did not open for the device that wrote it
    /// down, or was vouched for by nobody, the server is asked once more: one bad answer must not stay for ever.
    pub(super) async fn filling(&self) -> Result<Option<Filling>> {
        self.know_index().await?;
        let unsure = self.index.borrow().listings.unsure();
        let mut again = Vec::new();
        for some in unsure.chunks(MAX_MAIL_BATCH) {
            again.extend(self.read(some.to_vec()).await?);
        }
        let mut index = self.index.borrow_mut();
        let mut entries = index.listings.take_entries();
        entries.extend(again);
        Ok((!index.manifest.listings.is_empty()).then_some(Filling {
            entries,
            change: index.manifest.change,
        }))
    }

    /// The messages that have the words of a query.
    pub(super) async fn with_words(&self, query: &Query) -> Result<HashSet<MessageId>> {
        self.know_words().await?;
        let mut index = self.index.borrow_mut();
        let held = self.held.borrow();
        let unread = index.unread(&held);
        index.words.matching(query, &unread)
    }

    /// Asks for the index once. One that does not open, or of which a piece is withheld, is as good as none: then everything
    /// is written anew.
    async fn know_index(&self) -> Result<()> {
        if self.index.borrow().is_known {
            return Ok(());
        }
        let asked = match self.load_index().await? {
            // A piece that is gone was replaced by another device while this one was reading.
            Loaded::Withheld(_) => self.load_index().await?,
            whole => whole,
        };
        let (Loaded::Whole(loaded) | Loaded::Withheld(loaded)) = asked;
        let mut index = self.index.borrow_mut();
        // Somebody else may have asked at the same time, and gone on with it.
        if !index.is_known {
            *index = loaded;
        }
        Ok(())
    }

    /// Asks for the words of the index as well. Pieces that are gone were replaced by another device: what it wrote is
    /// asked for then.
    async fn know_words(&self) -> Result<()> {
        self.know_index().await?;
        if !self.load_words().await?.is_empty() {
            self.index.take();
            self.know_index().await?;
            let withheld = self.load_words().await?;
            withheld.iter().for_each(|piece| self.forget_words(piece));
        }
        Ok(())
    }

    async fn load_index(&self) -> Result<Loaded> {
        let kept = self.account.api.mail_index().await?;
        if !is_number(kept.version) {
            return Err(Error::NotAuthentic);
        }
        let place = ManifestPlace {
            account: &self.account.id().0,
            version: kept.version,
        };
        let nothing = Index {
            version: kept.version,
            is_known: true,
            ..Index::default()
        };
        let Some(sealed) = kept.manifest else {
            return Ok(Loaded::Whole(nothing));
        };
        let mail = &self.account.unlocked().mail.key;
        let Ok(manifest) = Manifest::open(mail, place, sealed.as_slice()) else {
            return Ok(Loaded::Whole(nothing));
        };
        pieces::forget_others(&self.account, &manifest).await?;
        match Listings::load(&self.account, &manifest).await {
            Ok(listings) => Ok(Loaded::Whole(Index {
                listings,
                manifest,
                ..nothing
            })),
            Err(Error::NotAuthentic) => Ok(Loaded::Whole(nothing)),
            Err(Error::NotFound | Error::TooLarge) => Ok(Loaded::Withheld(nothing)),
            Err(error) => Err(error),
        }
    }

    /// Answers which pieces the server did not hand out.
    async fn load_words(&self) -> Result<Vec<Piece>> {
        let missing = {
            let index = self.index.borrow();
            index.words.missing(&index.manifest)
        };
        let mut withheld = Vec::new();
        for piece in missing {
            match words::load(&self.account, &piece).await {
                Ok(words) => self.index.borrow_mut().words.add(piece, words),
                Err(Error::NotAuthentic) => self.forget_words(&piece),
                Err(Error::NotFound | Error::TooLarge) => withheld.push(piece),
                Err(error) => return Err(error),
            }
        }
        Ok(withheld)
    }

    /// The messages of a piece are read again, and it is left out of what is written next.
    fn forget_words(&self, piece: &Piece) {
        let mut index = self.index.borrow_mut();
        index.manifest.words.retain(|other| other != piece);
    }

    /// Reads the words of some messages.
    async fn read_some(&self) -> Result<()> {
        let unread: Vec<_> = {
            let (mut index, held) = (self.index.borrow_mut(), self.held.borrow());
            let unread = index.untried(&held).into_iter();
            unread.take(words::MOST_AT_ONCE).cloned().collect()
        };
        let read = words::read(&self.account, unread).await?;
        self.index.borrow_mut().words.add_read(read);
        Ok(())
    }

    fn is_worth_writing(&self, worth: Worth) -> bool {
        let (index, held) = (self.index.borrow(), self.held.borrow());
        let fresh = index.words.fresh();
        let least = match worth {
            Worth::Enough => WORTH_WRITING,
            Worth::Anything => 1,
        };
        let is_listed = index.listed == Some(held.revision());
        fresh >= least || (!is_listed && index.listings.differences(&held) >= least)
    }

    /// Writes down what is new, and puts small pieces together.
    async fn write(&self) -> Result<()> {
        let (version, revision, news, words) = {
            let (index, held) = (self.index.borrow(), self.held.borrow());
            let revision = held.revision();
            let is_held = |message: &_| held.has(*message);
            let words = index.words.rewritten(&index.manifest, is_held)?;
            let news = if index.listed == Some(revision) {
                News::default()
            } else {
                index.listings.news(&held)
            };
            (index.version + 1, revision, news, words)
        };
        let followed = self.held.borrow().followed();
        let change = followed.ok_or(Error::Internal("a whole list has a cursor"))?;
        let before = self.index.borrow().manifest.clone();
        let listings = listings::write(&self.account, &before.listings, &news).await?;
        let words = words::write(&self.account, words).await?;
        let manifest = Manifest {
            change,
            listings,
            words: words.iter().map(|(piece, _)| piece.clone()).collect(),
        };
        self.put_manifest(version, &manifest).await?;
        pieces::forget_others(&self.account, &manifest).await?;
        let mut index = self.index.borrow_mut();
        index.listings.wrote(&news);
        index.words.wrote(words);
        index.read = None;
        index.version = version;
        index.manifest = manifest;
        index.listed = Some(revision);
        Ok(())
    }

    async fn put_manifest(&self, version: u64, manifest: &Manifest) -> Result<()> {
        let place = ManifestPlace {
            account: &self.account.id().0,
            version,
        };
        let rng = &mut self.account.surroundings().rng();
        let sealed = manifest.seal(&self.account.unlocked().mail.key, place, rng);
        let pieces = manifest.listings.iter().chain(&manifest.words);
        let put = PutMailIndex {
            version,
            manifest: sealed.into(),
            contents: pieces.map(|piece| ContentId(piece.content.id)).collect(),
        };
        self.account.api.put_mail_index(&put).await
    }
}
