//! Which words are in which messages: pieces that were fetched, and messages that were read since.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::rc::Rc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use postern_crypto::mail::{Manifest, Piece, Summary};
use postern_protocol::MessageId;
use postern_search::{Builder, Field, MAX_MESSAGES, Query, Words, merge};

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
    /// Messages whose bodies did not come or did not open. They are found by their summaries; that is not written down, so
    /// that another device, or this one when it begins again, may have more luck.
    failed: HashSet<MessageId>,
    /// Of messages that were not read when somebody looked for something.
    summaries: Summaries,
}

/// What summaries say, in pieces: each begins with those that came since somebody looked before. Messages that were read since
/// are in there still, and do not count.
#[derive(Default)]
struct Summaries {
    pieces: Vec<Part>,
    known: HashSet<MessageId>,
}

/// Words, and the piece as which they are kept if they are written down.
type Part = (Option<Piece>, Rc<Words>);

impl WordList {
    /// All that was read is in these pieces now. What summaries say is put together no second time.
    pub(super) fn wrote(&mut self, pieces: Vec<(Piece, Rc<Words>)>) {
        *self = Self {
            summaries: std::mem::take(&mut self.summaries),
            failed: std::mem::take(&mut self.failed),
            ..Self::default()
        };
        for (piece, words) in pieces {
            self.add(piece, words);
        }
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

    pub(super) fn add_read(&mut self, read: Vec<(MessageId, Option<Texts>)>) {
        let failed = read.iter().filter(|(_, texts)| texts.is_none());
        self.failed.extend(failed.map(|(message, _)| *message));
        self.add_fresh(read.into_iter().filter_map(|(_, texts)| texts).collect());
    }

    fn add_fresh(&mut self, read: Vec<Texts>) {
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

    /// Whether a message could not be read.
    pub(super) fn has_failed(&self, message: MessageId) -> bool {
        self.failed.contains(&message)
    }

    /// What a manifest names and was not fetched.
    pub(super) fn missing(&self, manifest: &Manifest) -> Vec<Piece> {
        let is_here = |piece: &&Piece| self.pieces.iter().all(|(here, _)| here != *piece);
        manifest.words.iter().filter(is_here).cloned().collect()
    }

    /// The messages that have the words of a query; those that were not read yet, if their summaries have them.
    pub(super) fn matching(&mut self, query: &Query, unread: &[&Rc<Entry>]) -> Result<HashSet<MessageId>> {
        self.summaries.add(unread)?;
        let fresh = self
            .fresh_words
            .get_or_insert_with(|| Rc::new(built(self.fresh.iter().cloned())));
        let mut found = HashSet::new();
        for words in self.pieces.iter().map(|(_, words)| words).chain([&*fresh]) {
            found.extend(matching(words, query)?);
        }
        for (_, words) in &self.summaries.pieces {
            found.extend(matching(words, query)?.filter(|message| !self.known.contains(message)));
        }
        Ok(found)
    }

    /// The pieces after those messages that are in none were written down, and small ones put together: those that stay, and
    /// those that are new.
    pub(super) fn rewritten(
        &self,
        manifest: &Manifest,
        is_held: impl Fn(&MessageId) -> bool,
    ) -> Result<Vec<Part>> {
        let mut pieces = Vec::new();
        for (piece, words) in &self.pieces {
            if manifest.words.contains(piece) {
                pieces.push((Some(piece.clone()), Rc::clone(words)));
            }
        }
        if !self.fresh.is_empty() {
            pieces.push((None, Rc::new(built(self.fresh.iter().cloned()))));
        }
        put_together(pieces, is_held)
    }
}

/// Puts small pieces together, with those messages that stay: each is more than twice as large as the next then, so that there
/// are few, and each message goes through this a few times in all.
fn put_together(mut pieces: Vec<Part>, stays: impl Fn(&MessageId) -> bool) -> Result<Vec<Part>> {
    let len = |(_, words): &Part| words.messages().len();
    pieces.sort_by_key(|piece| Reverse(len(piece)));
    while let [.., large, small] = &pieces[..]
        && len(large) <= 2 * len(small)
        && len(large) + len(small) <= MAX_MESSAGES
    {
        let one = merge(&[&*large.1, &*small.1], |message| stays(&MessageId(*message)));
        pieces.truncate(pieces.len() - 2);
        pieces.push((None, Rc::new(one.map_err(|_| Error::NotAuthentic)?)));
        pieces.sort_by_key(|piece| Reverse(len(piece)));
    }
    Ok(pieces)
}

impl Summaries {
    fn add(&mut self, unread: &[&Rc<Entry>]) -> Result<()> {
        if unread.is_empty() {
            *self = Self::default();
        }
        let new = unread.iter().filter(|entry| self.known.insert(entry.message));
        let texts: Vec<_> = new.map(|entry| (entry.message, texts_of(entry, None))).collect();
        let new = texts.chunks(MAX_MESSAGES);
        self.pieces
            .extend(new.map(|some| (None, Rc::new(built(some.iter().cloned())))));
        self.pieces = put_together(std::mem::take(&mut self.pieces), |_| true)?;
        Ok(())
    }
}

fn matching(words: &Words, query: &Query) -> Result<impl Iterator<Item = MessageId> + use<>> {
    let found = words.matching(query).map_err(|_| Error::NotAuthentic)?;
    Ok(found.into_iter().map(MessageId))
}

/// Fetches a piece.
pub(super) async fn load(account: &Account, piece: &Piece) -> Result<Rc<Words>> {
    let plain = pieces::load(account, piece).await?;
    let words = compute(move || Words::open(plain)).await;
    words.map(Rc::new).map_err(|_| Error::NotAuthentic)
}

/// Sends those pieces that are new.
pub(super) async fn write(account: &Account, pieces: Vec<Part>) -> Result<Vec<(Piece, Rc<Words>)>> {
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

/// Reads messages. Of one that is gone meanwhile, or does not open, there is nothing.
pub(super) async fn read(
    account: &Account,
    entries: Vec<Rc<Entry>>,
) -> Result<Vec<(MessageId, Option<Texts>)>> {
    stream::iter(entries)
        .map(|entry| async move {
            let texts = match body(account, &entry).await {
                Err(Error::NotFound | Error::NotAuthentic) => None,
                text => Some((entry.message, texts_of(&entry, Some(text?)))),
            };
            Ok((entry.message, texts))
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

    fn found(list: &mut WordList, held: &[Rc<Entry>], typed: &str) -> usize {
        let query = Query::parse(typed, 0, 0).expect("a query");
        let unread: Vec<_> = held.iter().filter(|entry| !list.has(entry.message)).collect();
        list.matching(&query, &unread).expect("whole").len()
    }

    #[test]
    fn what_was_not_read_is_found_by_its_summary_until_it_is() {
        let mut held = vec![entry(1, "tea"), entry(2, "tea and cake")];
        let mut list = WordList::default();
        assert_eq!(found(&mut list, &held, "tea"), 2);
        for number in 3..=50 {
            held.push(entry(number, "tea again"));
            assert_eq!(found(&mut list, &held, "tea"), usize::from(number));
        }
        let pieces = list.summaries.pieces.len();
        assert!(pieces < 8, "there are {pieces} pieces");

        let first = Rc::clone(&list.summaries.pieces[0].1);
        list.wrote(Vec::new());
        assert_eq!(found(&mut list, &held, "tea"), 50);
        assert!(Rc::ptr_eq(&first, &list.summaries.pieces[0].1));

        let read = |entry: &Rc<Entry>| (entry.message, texts_of(entry, Some("at five".to_owned())));
        list.add_fresh(held[..10].iter().map(read).collect());
        assert_eq!(found(&mut list, &held, "tea five"), 10);
        assert_eq!(found(&mut list, &held, "tea -five"), 40);
        list.add_fresh(held[10..].iter().map(read).collect());
        assert_eq!(found(&mut list, &held, "tea -five"), 0);
        assert_eq!(list.summaries.pieces.len(), 0, "what was read is known whole");
    }
}
