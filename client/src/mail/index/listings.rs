//! What is known of each message, written down: a log, of which the newest pieces are put together now and then.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use postern_crypto::Id;
use postern_crypto::mail::{Listed, Listing, Manifest, Note, Piece};
use postern_protocol::MessageId;

use super::pieces;
use crate::account::Account;
use crate::compute::compute;
use crate::mail::entry::Entry;
use crate::mail::held::Held;
use crate::{Error, Result};

/// So many messages go into one piece: enough of them that there are few pieces, few enough that one is soon there.
const MOST: usize = Listing::MAX_MESSAGES as usize / 2;

/// So many pieces are under way while one is read: more would only take memory.
const AHEAD: usize = 3;

/// What the listings say.
#[derive(Default)]
pub(super) struct Listings {
    known: HashMap<MessageId, Written>,
    /// Until somebody takes them.
    entries: Vec<Entry>,
}

/// What is written down of a message.
struct Written {
    /// Of what is noted on it.
    version: u64,
    is_sure: bool,
}

impl Written {
    fn of(entry: &Entry) -> Self {
        Self {
            version: entry.noted.version,
            is_sure: entry.is_sure(),
        }
    }

    fn lacks_mark(&self, entry: &Entry) -> bool {
        entry.noted.version > self.version
    }

    fn lacks_letter(&self, entry: &Entry) -> bool {
        entry.is_sure() && !self.is_sure
    }
}

impl Listings {
    pub(super) async fn load(account: &Account, manifest: &Manifest) -> Result<Self> {
        let mut plain = stream::iter(&manifest.listings)
            .map(|piece| pieces::load(account, piece))
            .buffered(AHEAD);
        let mut replayed = Replayed::default();
        while let Some(plain) = plain.try_next().await? {
            let next = compute(move || -> Result<_> { Ok(replayed.then(Listing::decode(&plain)?)) });
            replayed = next.await?;
        }
        let entries: Vec<_> = replayed.messages.into_values().map(Entry::from).collect();
        let written = |entry: &Entry| (entry.message, Written::of(entry));
        Ok(Self {
            known: entries.iter().map(written).collect(),
            entries,
        })
    }

    /// Those that did not open, or that nobody vouched for, when they were written down.
    pub(super) fn unsure(&self) -> Vec<MessageId> {
        let unsure = self.entries.iter().filter(|entry| !entry.is_sure());
        unsure.map(|entry| entry.message).collect()
    }

    pub(super) fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// In how many messages the mailbox differs from what is written down.
    pub(super) fn differences(&self, held: &Held) -> usize {
        let is_other = |entry: &&Rc<Entry>| match self.known.get(&entry.message) {
            Some(written) => written.lacks_letter(entry) || written.lacks_mark(entry),
            None => true,
        };
        held.iter().filter(is_other).count() + self.gone(held).count()
    }

    /// What has to be written down.
    pub(super) fn news(&self, held: &Held) -> News {
        let mut news = News::default();
        for entry in held.iter() {
            match self.known.get(&entry.message) {
                Some(written) if written.lacks_letter(entry) => news.messages.push(Rc::clone(entry)),
                Some(written) if written.lacks_mark(entry) => news.marked.push(Rc::clone(entry)),
                Some(_) => {}
                None => news.messages.push(Rc::clone(entry)),
            }
        }
        news.deleted = self.gone(held).copied().collect();
        news
    }

    /// What is written down and was deleted since. What is only not listed stays.
    fn gone<'a>(&'a self, held: &'a Held) -> impl Iterator<Item = &'a MessageId> {
        held.gone().filter(|message| self.known.contains_key(*message))
    }

    /// It was written down.
    pub(super) fn wrote(&mut self, news: &News) {
        for entry in news.messages.iter().chain(&news.marked) {
            let is_sure = self.known.get(&entry.message).is_some_and(|known| known.is_sure);
            let mut written = Written::of(entry);
            written.is_sure |= is_sure;
            self.known.insert(entry.message, written);
        }
        for message in &news.deleted {
            self.known.remove(message);
        }
    }
}

/// What is to be written down. A mailbox may be new as a whole: it is not copied, but for the piece that is just written.
#[derive(Default)]
pub(super) struct News {
    messages: Vec<Rc<Entry>>,
    marked: Vec<Rc<Entry>>,
    deleted: Vec<MessageId>,
}

impl News {
    fn len(&self) -> usize {
        self.messages.len() + self.marked.len() + self.deleted.len()
    }

    fn pieces(&self) -> usize {
        let longest = self.messages.len().max(self.marked.len()).max(self.deleted.len());
        longest.div_ceil(MOST)
    }

    /// What goes into one of the pieces.
    fn piece(&self, number: usize) -> Listing {
        let note = |entry: &Rc<Entry>| (entry.message.0, Note::from(&entry.noted));
        Listing {
            messages: share(&self.messages, number)
                .map(|entry| Listed::from(&**entry))
                .collect(),
            marked: share(&self.marked, number).map(note).collect(),
            deleted: share(&self.deleted, number).map(|message| message.0).collect(),
        }
    }
}

/// So many of them as go into one piece.
fn share<T>(all: &[T], number: usize) -> impl Iterator<Item = &T> {
    all.chunks(MOST).nth(number).into_iter().flatten()
}

/// The pieces after `news` were added to those that there are.
pub(super) async fn write(account: &Account, before: &[Piece], news: &News) -> Result<Vec<Piece>> {
    let mut pieces = before.to_vec();
    for number in 0..news.pieces() {
        let mut last = news.piece(number);
        // A piece goes into the one before it while it is not much smaller: each message is written a few times in all.
        while let Some(previous) = pieces.last()
            && news.len() <= MOST
            && previous.messages as usize <= 2 * len(&last)
            && previous.messages as usize + len(&last) <= MOST
        {
            let plain = pieces::load(account, previous).await?;
            let is_first = pieces.len() == 1;
            last = joined(Listing::decode(&plain)?, last, is_first);
            pieces.pop();
        }
        let count = len(&last);
        let plain = compute(move || last.encode().to_vec()).await;
        pieces.push(pieces::send(account, count, plain).await?);
    }
    if pieces.len() > Manifest::MAX_PIECES as usize {
        return Err(Error::TooLarge);
    }
    Ok(pieces)
}

/// What follows from listings, one after the other.
#[derive(Default)]
struct Replayed {
    messages: HashMap<Id, Listed>,
    marked: HashMap<Id, Note>,
    deleted: HashSet<Id>,
}

impl Replayed {
    fn then(mut self, listing: Listing) -> Self {
        for listed in listing.messages {
            self.deleted.remove(&listed.message);
            self.marked.remove(&listed.message);
            self.messages.insert(listed.message, listed);
        }
        for (message, note) in listing.marked {
            match self.messages.get_mut(&message) {
                Some(listed) => listed.note = note,
                None => drop(self.marked.insert(message, note)),
            }
        }
        for message in listing.deleted {
            self.messages.remove(&message);
            self.marked.remove(&message);
            self.deleted.insert(message);
        }
        self
    }
}

/// One listing that says what two say after each other. Before the first there is nothing that could be marked or deleted.
fn joined(one: Listing, other: Listing, is_first: bool) -> Listing {
    let Replayed {
        messages,
        marked,
        deleted,
    } = Replayed::default().then(one).then(other);
    let mut listing = Listing {
        messages: messages.into_values().collect(),
        ..Listing::default()
    };
    if !is_first {
        listing.marked = marked.into_iter().collect();
        listing.deleted = deleted.into_iter().collect();
    }
    listing
}

fn len(listing: &Listing) -> usize {
    listing.messages.len() + listing.marked.len() + listing.deleted.len()
}

#[cfg(test)]
mod tests {
    use postern_protocol::TimeMs;

    use super::*;
    use crate::mail::Noted;

    #[test]
    fn what_does_not_go_into_one_piece_goes_into_several_once() {
        let entry = |number: usize| {
            let mut message = [0; 16];
            message[..8].copy_from_slice(&(number as u64).to_le_bytes());
            Entry {
                message: MessageId(message),
                received: TimeMs(0),
                noted: Noted::nothing(None),
                opened: None,
            }
        };
        let mut held = Held::default();
        (0..2 * MOST + 1).for_each(|number| held.add(entry(number)));
        let mut listings = Listings::default();
        let news = listings.news(&held);
        let pieces: Vec<_> = (0..news.pieces()).map(|number| news.piece(number)).collect();
        assert_eq!(pieces.iter().map(len).collect::<Vec<_>>(), [MOST, MOST, 1]);
        let messages = pieces.iter().flat_map(|piece| &piece.messages);
        let messages: HashSet<_> = messages.map(|listed| listed.message).collect();
        assert_eq!(messages.len(), held.len());

        listings.wrote(&news);
        assert_eq!(listings.differences(&held), 0);
        let first = entry(0).message;
        held.delete(first);
        let news = listings.news(&held);
        assert_eq!((news.messages.len(), news.marked.len()), (0, 0));
        assert_eq!((news.deleted, listings.differences(&held)), (vec![first], 1));
    }
}
