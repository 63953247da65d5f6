//! Which words are in which messages: pieces that were fetched, and messages that were read since.

use std::collections::HashSet;
use std::rc::Rc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use postern_crypto::mail::{Manifest, Piece, Summary};
use postern_protocol::MessageId;
use postern_search::{Builder, Field, MAX_MESSAGES, Words, merge};

use super::pieces;
use crate::account::Account;
use crate::compute::compute;
use crate::http::Door;
use crate::mail::Letter;
use crate::mail::entry::Entry;
use crate::transfer::fetch_beginning;
use crate::{Error, Result};

/// So many messages are read before what was read is looked at again.
pub(super) const MOST_AT_ONCE: usize = 250;
/// So many are fetched at once.
const WIDTH: usize = 6;
/// Of each message so much is read: its text stands before what is attached.
const MOST_BYTES: u64 = 1 << 20;

/// A message, and its words by where they stand.
pub(super) type Texts = (MessageId, Vec<(Field, String)>);

/// The words that this device knows.
#[derive(Default)]
pub(super) struct WordList {
    pieces: Vec<(Piece, Rc<Words>)>,
    /// Messages in pieces.
    known: HashSet<MessageId>,
    /// Messages that were read and are in no piece yet.
    fresh: Vec<Texts>,
    fresh_words: Option<Rc<Words>>,
    /// Of messages that were not read when somebody looked for something.
    summaries: Summaries,
}

/// What summaries say, in pieces: each is of those that came since somebody looked before. Messages that were read or deleted
/// since are in there still: what their summaries say of them is as true, and nobody finds what is not in the mailbox.
#[derive(Default)]
struct Summaries {
    pieces: Vec<Rc<Words>>,
    known: HashSet<MessageId>,
}

impl WordList {
    pub(super) fn of(pieces: Vec<(Piece, Rc<Words>)>) -> Self {
        let mut list = Self::default();
        for (piece, words) in pieces {
            list.add(piece, words);
        }
        list
    }

    /// Adds a piece, unless it is there: two that looked for it at once have both fetched it.
    pub(super) fn add(&mut self, piece: Piece, words: Rc<Words>) {
        if self.pieces.iter().any(|(here, _)| *here == piece) {
            return;
        }
        let messages = words.messages().iter().map(|message| MessageId(*message));
        self.known.extend(messages);
        self.pieces.push((piece, words));
    }

    pub(super) fn add_fresh(&mut self, read: Vec<Texts>) {
        self.known.extend(read.iter().map(|(message, _)| *message));
        self.fresh.extend(read);
        self.fresh_words = None;
    }

    /// How many messages were read and are in no piece yet.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// Whether a message was read.
    pub(super) fn has(&self, message: MessageId) -> bool {
        self.known.contains(&message)
    }

    /// What a manifest names and was not fetched.
    pub(super) fn missing(&self, manifest: &Manifest) -> Vec<Piece> {
        let is_here = |piece: &&Piece| self.pieces.iter().all(|(here, _)| here != *piece);
        manifest.words.iter().filter(is_here).cloned().collect()
    }

    /// All pieces, and those of what is in none: of messages that were not read yet, what their summaries say.
    pub(super) fn all<'a>(&mut self, held: impl Iterator<Item = &'a Rc<Entry>>) -> Vec<Rc<Words>> {
        let unread: Vec<_> = held.filter(|entry| !self.has(entry.message)).collect();
        if unread.is_empty() {
            self.summaries = Summaries::default();
        } else {
            self.summaries.add(&unread);
        }
        let fresh = &self.fresh;
        let fresh = self
            .fresh_words
            .get_or_insert_with(|| Rc::new(built(fresh.iter().cloned())));
        let pieces = self.pieces.iter().map(|(_, words)| words);
        pieces
            .chain([&*fresh])
            .chain(&self.summaries.pieces)
            .cloned()
            .collect()
    }

    /// The pieces after those messages that are in none were written down, and small ones put together: those that stay, and
    /// those that are new.
    pub(super) fn rewritten(
        &self,
        manifest: &Manifest,
        is_held: impl Fn(&MessageId) -> bool,
    ) -> Result<Vec<(Option<Piece>, Rc<Words>)>> {
        let mut pieces: Vec<(Option<Piece>, Rc<Words>)> = Vec::new();
        for (piece, words) in &self.pieces {
            if manifest.words.contains(piece) {
                pieces.push((Some(piece.clone()), Rc::clone(words)));
            }
        }
        if !self.fresh.is_empty() {
            pieces.push((None, Rc::new(built(self.fresh.iter().cloned()))));
        }
        pieces.sort_by_key(|(_, words)| std::cmp::Reverse(words.messages().len()));
        let len = |place: Option<&(Option<Piece>, Rc<Words>)>| place.map(|(_, words)| words.messages().len());
        // Each piece is more than twice as large as the next: each message is written a few times in all.
        while let Some(((small, large), at)) = len(pieces.last())
            .zip(len(pieces.iter().rev().nth(1)))
            .zip(pieces.len().checked_sub(2))
            && large <= 2 * small
            && large + small <= MAX_MESSAGES
        {
            let both = pieces.split_off(at);
            let both: Vec<_> = both.iter().map(|(_, words)| &**words).collect();
            let one = merge(&both, |message| is_held(&MessageId(*message)));
            pieces.push((None, Rc::new(one.map_err(|_| Error::NotAuthentic)?)));
            pieces.sort_by_key(|(_, words)| std::cmp::Reverse(words.messages().len()));
        }
        Ok(pieces)
    }
}

impl Summaries {
    fn add(&mut self, unread: &[&Rc<Entry>]) {
        let new = unread.iter().filter(|entry| self.known.insert(entry.message));
        let texts: Vec<_> = new.map(|entry| (entry.message, texts_of(entry, None))).collect();
        let pieces = texts.chunks(MAX_MESSAGES);
        self.pieces
            .extend(pieces.map(|some| Rc::new(built(some.iter().cloned()))));
    }
}

/// Fetches a piece.
pub(super) async fn load(account: &Account, piece: &Piece) -> Result<Rc<Words>> {
    let plain = pieces::load(account, piece).await?;
    let words = compute(move || Words::open(plain)).await;
    words.map(Rc::new).map_err(|_| Error::NotAuthentic)
}

/// Sends those pieces that are new.
pub(super) async fn write(
    account: &Account,
    pieces: Vec<(Option<Piece>, Rc<Words>)>,
) -> Result<Vec<(Piece, Rc<Words>)>> {
    let mut written = Vec::new();
    for (piece, words) in pieces {
        let piece = match piece {
            Some(piece) => piece,
            None => pieces::send(account, words.messages().len(), words.bytes().to_vec()).await?,
        };
        written.push((piece, words));
    }
    Ok(written)
}

/// Reads messages. One that is gone meanwhile, or does not open, has no words but those of its summary.
pub(super) async fn read(account: &Account, entries: Vec<Rc<Entry>>) -> Result<Vec<Texts>> {
    stream::iter(entries)
        .map(|entry| async move {
            let text = match body(account, &entry).await {
                Err(Error::NotFound | Error::NotAuthentic) => None,
                text => Some(text?),
            };
            Ok((entry.message, texts_of(&entry, text)))
        })
        .buffer_unordered(WIDTH)
        .try_collect()
        .await
}

async fn body(account: &Account, entry: &Entry) -> Result<String> {
    let content = entry.content()?;
    let bytes = fetch_beginning(&account.api, &Door::Mail, &content, MOST_BYTES).await?;
    Ok(compute(move || Letter::new(bytes).message().plain_text()).await)
}

fn texts_of(entry: &Entry, body: Option<String>) -> Vec<(Field, String)> {
    let Some(opened) = &entry.opened else {
        return Vec::new();
    };
    let summary = &opened.summary;
    let mut texts = vec![(Field::Subject, summary.subject.clone())];
    texts.extend(people(Field::From, [&summary.from]));
    texts.extend(people(Field::To, [&summary.to, &summary.cc]));
    let address = opened.address.iter().map(|address| (Field::To, address.clone()));
    texts.extend(address);
    texts.extend(files(summary));
    texts.push((Field::Body, body.unwrap_or_else(|| summary.snippet.clone())));
    texts
}

fn people<'a, const N: usize>(
    field: Field,
    lists: [&'a Vec<super::super::Person>; N],
) -> impl Iterator<Item = (Field, String)> + 'a {
    let all = lists.into_iter().flatten();
    all.map(move |person| (field, format!("{} {}", person.name, person.address)))
}

fn files(summary: &Summary) -> impl Iterator<Item = (Field, String)> {
    let names = summary
        .attachments
        .iter()
        .map(|attachment| attachment.name.clone());
    names.map(|name| (Field::File, name))
}

fn built(messages: impl Iterator<Item = Texts>) -> Words {
    let mut builder = Builder::default();
    for (message, texts) in messages.take(MAX_MESSAGES) {
        builder.add(message.0, texts.iter().map(|(field, text)| (*field, &**text)));
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use postern_crypto::ContentKey;
    use postern_crypto::mail::Origin;
    use postern_protocol::TimeMs;
    use postern_search::Query;

    use super::*;
    use crate::mail::entry::{Noted, Opened};

    fn entry(number: u8, subject: &str) -> Rc<Entry> {
        let summary = Summary {
            subject: subject.to_owned(),
            ..Summary::default()
        };
        Rc::new(Entry {
            message: MessageId([number; 16]),
            received: TimeMs(number.into()),
            noted: Noted::nothing(Some(&summary)),
            opened: Some(Opened {
                origin: Origin::Gateway,
                address: None,
                summary,
                key: ContentKey::from_bytes([number; 32]),
            }),
        })
    }

    fn found(pieces: &[Rc<Words>], word: &str) -> HashSet<MessageId> {
        let query = Query::parse(word, 0, 0).expect("a query");
        let matching = |words: &Rc<Words>| words.matching(&query).expect("whole");
        pieces.iter().flat_map(matching).map(MessageId).collect()
    }

    #[test]
    fn of_what_was_not_read_summaries_are_put_together_once() {
        let mut held = vec![entry(1, "tea"), entry(2, "tea and cake")];
        let mut list = WordList::default();
        assert_eq!(found(&list.all(held.iter()), "tea").len(), 2);
        held.push(entry(3, "tea again"));
        let pieces = list.all(held.iter());
        assert_eq!(found(&pieces, "tea").len(), 3);
        let last = pieces.last().expect("one");
        assert_eq!(last.messages().len(), 1, "the others are in the piece before");
        assert_eq!(list.all(held.iter()).len(), pieces.len());

        let read = |entry: &Rc<Entry>| (entry.message, texts_of(entry, Some("at five".to_owned())));
        list.add_fresh(held.iter().map(read).collect());
        let pieces = list.all(held.iter());
        assert_eq!(pieces.len(), 1, "what was read is known whole");
        assert_eq!(found(&pieces, "five").len(), 3);
    }
}
