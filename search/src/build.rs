//! Making a piece of an index from texts.

use std::collections::{BTreeMap, HashSet};

use crate::words::{Postings, write};
use crate::{Field, Id, Words, fold};

/// The most messages in one piece.
pub const MAX_MESSAGES: usize = 1 << 16;

/// Of one message no more words than this are found: nobody writes a book in a letter, but programs send their logs.
const MAX_WORDS: usize = 10_000;

/// The words of some messages.
#[derive(Debug, Default)]
pub struct Builder {
    messages: Vec<Id>,
    known: HashSet<Id>,
    words: BTreeMap<Vec<u8>, Postings>,
}

impl Builder {
    /// Adds a message with its texts. One that was added before is not changed by that: a message keeps its words.
    ///
    /// # Panics
    /// If there are [`MAX_MESSAGES`] already.
    pub fn add<'a>(&mut self, message: Id, texts: impl IntoIterator<Item = (Field, &'a str)>) {
        if !self.known.insert(message) {
            return;
        }
        assert!(!self.is_full(), "whoever adds looks");
        let place = u32::try_from(self.messages.len()).expect("far fewer");
        self.messages.push(message);
        let mut room = MAX_WORDS;
        for (field, text) in texts {
            for word in fold::words(text) {
                if room == 0 {
                    return;
                }
                room -= usize::from(self.note(field, &word, place));
            }
        }
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Whether no more go in.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= MAX_MESSAGES
    }

    /// The piece. It takes as long as it has words.
    #[must_use]
    pub fn finish(&self) -> Words {
        let words = self.words.iter().map(|(key, places)| (&key[..], &places[..]));
        Words::open(write(&self.messages, words)).expect("what was just written is whole")
    }

    /// Whether the word is new in the message.
    fn note(&mut self, field: Field, word: &str, place: u32) -> bool {
        let mut key = Vec::with_capacity(1 + word.len());
        key.push(field.prefix());
        key.extend_from_slice(word.as_bytes());
        let places = self.words.entry(key).or_default();
        let is_new = places.last() != Some(&place);
        if is_new {
            places.push(place);
        }
        is_new
    }
}
