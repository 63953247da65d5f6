//! What is known of each message, written down: a log, of which the newest pieces are put together now and then.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use postern_crypto::Id;
use postern_crypto::mail::{Listed, Listing, Manifest, Note, Piece};
use postern_protocol::MessageId;

use super::pieces;
use crate::account::Account;
use crate::compute::compute;
use crate::mail::entry::Entry;
use crate::{Error, Result};

/// So many messages go into one piece: enough of them that there are few pieces, few enough that one is soon there.
const MOST: usize = Listing::MAX_MESSAGES as usize / 2;

/// What the listings say.
#[derive(Default)]
pub(super) struct Listings {
    /// Of which messages, and with which version of what is noted on each.
    known: HashMap<MessageId, u64>,
    /// Until somebody takes them.
    entries: Vec<Entry>,
}

impl Listings {
    pub(super) async fn load(account: &Account, manifest: &Manifest) -> Result<Self> {
        let mut plain = Vec::new();
        for piece in &manifest.listings {
            plain.push(pieces::load(account, piece).await?);
        }
        let messages = compute(move || -> Result<_> {
            let mut replayed = Replayed::default();
            for plain in plain {
                replayed = replayed.then(Listing::decode(&plain)?);
            }
            Ok(replayed.messages)
        });
        let messages = messages.await?;
        let version = |listed: &Listed| (MessageId(listed.message), listed.note.version);
        Ok(Self {
            known: messages.values().map(version).collect(),
            entries: messages.into_values().map(Entry::from).collect(),
        })
    }

    pub(super) fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// In how many messages the mailbox differs from what is written down.
    pub(super) fn differences<'a>(&self, held: impl Iterator<Item = &'a Rc<Entry>>) -> usize {
        let (mut same, mut others) = (0, 0);
        for entry in held {
            match self.known.get(&entry.message) {
                Some(version) if *version == entry.noted.version => same += 1,
                Some(_) => {
                    same += 1;
                    others += 1;
                }
                None => others += 1,
            }
        }
        others + (self.known.len() - same)
    }

    /// What has to be written down.
    pub(super) fn new_listing<'a>(
        &self,
        held: impl Iterator<Item = &'a Rc<Entry>>,
        is_held: impl Fn(&MessageId) -> bool,
    ) -> Listing {
        let mut listing = Listing::default();
        for entry in held {
            match self.known.get(&entry.message) {
                Some(version) if *version == entry.noted.version => {}
                Some(_) => listing.marked.push((entry.message.0, Note::from(&entry.noted))),
                None => listing.messages.push(Listed::from(&**entry)),
            }
        }
        let gone = self.known.keys().filter(|message| !is_held(message));
        listing.deleted = gone.map(|message| message.0).collect();
        listing
    }

    /// It was written down.
    pub(super) fn wrote(&mut self, listing: &Listing) {
        for listed in &listing.messages {
            self.known.insert(MessageId(listed.message), listed.note.version);
        }
        for (message, note) in &listing.marked {
            self.known.insert(MessageId(*message), note.version);
        }
        for message in &listing.deleted {
            self.known.remove(&MessageId(*message));
        }
    }
}

/// The pieces after `new` was added to those that there are.
pub(super) async fn write(account: &Account, before: &[Piece], new: &Listing) -> Result<Vec<Piece>> {
    let mut pieces = before.to_vec();
    if is_empty(new) {
        return Ok(pieces);
    }
    let mut last = new.clone();
    // A piece goes into the one before it while it is not much smaller: each message is written a few times in all.
    while let Some(previous) = pieces.last()
        && previous.messages as usize <= 2 * len(&last)
        && previous.messages as usize + len(&last) <= MOST
    {
        let plain = pieces::load(account, previous).await?;
        let is_first = pieces.len() == 1;
        last = joined(Listing::decode(&plain)?, last, is_first);
        pieces.pop();
    }
    for part in parts(last) {
        let count = len(&part);
        let plain = compute(move || part.encode().to_vec()).await;
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

/// Parts that are small enough, in their order.
fn parts(mut listing: Listing) -> Vec<Listing> {
    let mut parts = Vec::new();
    while !is_empty(&listing) {
        let messages = first(&mut listing.messages);
        let marked = first(&mut listing.marked);
        let deleted = first(&mut listing.deleted);
        parts.push(Listing {
            messages,
            marked,
            deleted,
        });
    }
    parts
}

fn first<T>(items: &mut Vec<T>) -> Vec<T> {
    let rest = items.split_off(items.len().min(MOST));
    std::mem::replace(items, rest)
}

fn len(listing: &Listing) -> usize {
    listing.messages.len() + listing.marked.len() + listing.deleted.len()
}

fn is_empty(listing: &Listing) -> bool {
    len(listing) == 0
}
