//! A piece of an index: which words stand in which messages.
//!
//! ```text
//! version(1) ‖ u32 number of messages ‖ their ids, 16 each ‖ u32 length of the dictionary ‖ dictionary ‖ postings
//! ```
//!
//! The dictionary's words are a field's letter and a word; the number of one is twice the place of the one message that has
//! the word, and one; or twice the offset of its postings. Postings are a count,
//! then the places of the messages in rising order, the first as it is and each other by how far it is from the last; all of
//! it LEB128. Integers are big-endian.

use std::ops::Range;
use std::sync::Arc;

use fixedbitset::FixedBitSet;

use crate::dictionary::{Dictionary, DictionaryBuilder};
use crate::query::{Condition, Query, Test, Word};
use crate::{Field, Id, MAX_MESSAGES};

/// The places of those messages that have a word, in rising order.
pub(crate) type Postings = Vec<u32>;

const VERSION: u8 = 1;

/// This is no piece of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a piece of the index is damaged")]
pub struct Damaged;

/// Which words stand in which messages. Never changes.
pub struct Words {
    bytes: Arc<[u8]>,
    messages: Range<usize>,
    /// Where the dictionary is, which opens.
    dictionary: Range<usize>,
}

impl Words {
    /// Takes what [`Words::bytes`] gave.
    ///
    /// # Errors
    /// [`Damaged`] if it is something else.
    pub fn open(bytes: Vec<u8>) -> Result<Self, Damaged> {
        let bytes: Arc<[u8]> = bytes.into();
        let at = |rest: &Rest<'_>| bytes.len() - rest.0.len();
        let mut rest = Rest(&bytes);
        if rest.take(1)? != [VERSION] {
            return Err(Damaged);
        }
        let count = rest.length()?;
        if count > MAX_MESSAGES {
            return Err(Damaged);
        }
        let messages = at(&rest)..at(&rest) + count * size_of::<Id>();
        rest.take(messages.len())?;
        let length = rest.length()?;
        let dictionary = at(&rest)..at(&rest) + length;
        Dictionary::open(rest.take(length)?)?;
        Ok(Self {
            bytes,
            messages,
            dictionary,
        })
    }

    /// All of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The messages of which it tells.
    #[must_use]
    pub fn messages(&self) -> &[Id] {
        self.bytes[self.messages.clone()].as_chunks().0
    }

    /// How many words of each field are told apart.
    #[must_use]
    pub fn dictionary_size(&self) -> usize {
        self.dictionary().len()
    }

    pub(crate) fn dictionary(&self) -> Dictionary<'_> {
        Dictionary::open(&self.bytes[self.dictionary.clone()]).expect("it opened before")
    }

    /// The messages that have all words of a query, and none that it excludes.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn matching(&self, query: &Query) -> Result<Vec<Id>, Damaged> {
        let mut found = self.none();
        found.insert_range(..);
        for condition in query.conditions() {
            let Condition {
                is_not,
                test: Test::Words { fields, words },
            } = condition
            else {
                continue;
            };
            let mut with = self.none();
            with.insert_range(..);
            for word in words {
                with.intersect_with(&self.with(fields, word)?);
            }
            if *is_not {
                found.difference_with(&with);
            } else {
                found.intersect_with(&with);
            }
        }
        Ok(found.ones().map(|place| self.messages()[place]).collect())
    }

    /// The messages that have a word in one of some fields.
    fn with(&self, fields: &[Field], word: &Word) -> Result<FixedBitSet, Damaged> {
        let mut found = self.none();
        for field in fields {
            let key = format!("{}{}", char::from(field.prefix()), word.text());
            self.dictionary()
                .visit(key.as_bytes(), word.is_whole(), |number| {
                    self.visit(number, |place| found.insert(place))
                })?;
        }
        Ok(found)
    }

    /// The places that a number of the dictionary stands for.
    pub(crate) fn visit(&self, value: u64, mut each: impl FnMut(usize)) -> Result<(), Damaged> {
        let half = usize::try_from(value / 2).map_err(|_| Damaged)?;
        if value % 2 == 1 {
            return self.inside(half).map(each);
        }
        let postings = self
            .bytes
            .get(self.dictionary.end..)
            .and_then(|all| all.get(half..));
        let mut rest = Rest(postings.ok_or(Damaged)?);
        let mut place = 0;
        for _ in 0..rest.number()? {
            place = self.inside(rest.number()?.checked_add(place).ok_or(Damaged)?)?;
            each(place);
        }
        Ok(())
    }

    fn inside(&self, place: usize) -> Result<usize, Damaged> {
        if place < self.messages().len() {
            Ok(place)
        } else {
            Err(Damaged)
        }
    }

    fn none(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.messages().len())
    }
}

/// Writes a piece; its words come in order.
pub(crate) fn write<K: AsRef<[u8]>, P: AsRef<[u32]>>(
    messages: &[Id],
    words: impl IntoIterator<Item = (K, P)>,
) -> Vec<u8> {
    let mut dictionary = DictionaryBuilder::default();
    let mut postings = Vec::new();
    for (key, places) in words {
        let value = match places.as_ref() {
            [only] => u64::from(*only) * 2 + 1,
            many => {
                let at = postings.len() as u64;
                write_postings(many, &mut postings);
                at * 2
            }
        };
        dictionary.insert(key.as_ref(), value);
    }
    let dictionary = dictionary.finish();
    let mut bytes = vec![VERSION];
    bytes.extend(write_length(messages.len()));
    bytes.extend(messages.as_flattened());
    bytes.extend(write_length(dictionary.len()));
    bytes.extend(dictionary);
    bytes.extend(postings);
    bytes
}

pub(crate) fn write_length(of: usize) -> [u8; 4] {
    u32::try_from(of)
        .expect("pieces are far below 4 GiB")
        .to_be_bytes()
}

fn write_postings(places: &[u32], into: &mut Vec<u8>) {
    write_number(places.len() as u64, into);
    let mut last = 0;
    for place in places {
        write_number(u64::from(place - last), into);
        last = *place;
    }
}

pub(crate) fn write_number(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    into.push(number.to_le_bytes()[0]);
}

/// What is still to be read.
pub(crate) struct Rest<'a>(pub(crate) &'a [u8]);

impl<'a> Rest<'a> {
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Damaged> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(Damaged)?;
        self.0 = rest;
        Ok(head)
    }

    pub(crate) fn length(&mut self) -> Result<usize, Damaged> {
        let bytes = self.take(4)?.try_into().map_err(|_| Damaged)?;
        usize::try_from(u32::from_be_bytes(bytes)).map_err(|_| Damaged)
    }

    /// No number has more than five bytes.
    pub(crate) fn number(&mut self) -> Result<usize, Damaged> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(number).map_err(|_| Damaged);
            }
        }
        Err(Damaged)
    }
}
