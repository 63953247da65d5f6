//! The words of a piece of an index, in order, each with a number.
//!
//! ```text
//! u32 number of words ‖ u32 number of blocks ‖ where each begins in what follows, u32 each ‖ words
//! a word:  how much of the last word it begins with ‖ how much more there is ‖ that ‖ its number
//! ```
//!
//! A block begins with a word that stands there whole, so that a word is found by halving. Numbers within words are LEB128.
//!
//! The device that reads it may not be the one that wrote it: whatever the bytes are, reading them ends, in little memory.
//! (A finite state transducer, crate `fst`, took as much room, and panicked at bytes that a fuzzer made.)

use crate::words::{Damaged, Rest, write_length, write_number};

/// A block has so many words: what is read in vain before the first that is wanted.
const BLOCK_WORDS: u32 = 16;
/// No word is longer, its field's letter with it.
pub(crate) const MAX_WORD_BYTES: usize = 256;

/// Words in order.
#[derive(Clone, Copy)]
pub(crate) struct Dictionary<'a> {
    words: u32,
    /// Where each block begins, four bytes each.
    blocks: &'a [[u8; 4]],
    bytes: &'a [u8],
}

/// Writes one.
#[derive(Default)]
pub(crate) struct DictionaryBuilder {
    words: u32,
    blocks: Vec<u8>,
    bytes: Vec<u8>,
    last: Vec<u8>,
}

/// Words one after the other.
pub(crate) struct Entries<'a> {
    rest: Rest<'a>,
    word: Vec<u8>,
}

impl<'a> Dictionary<'a> {
    /// Takes what [`DictionaryBuilder::finish`] gave.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Damaged> {
        let mut rest = Rest(bytes);
        let (words, blocks) = (rest.length()?, rest.length()?);
        let blocks = rest.take(blocks.checked_mul(4).ok_or(Damaged)?)?.as_chunks().0;
        Ok(Self {
            words: u32::try_from(words).map_err(|_| Damaged)?,
            blocks,
            bytes: rest.0,
        })
    }

    /// How many words.
    pub(crate) fn len(&self) -> usize {
        self.words as usize
    }

    /// All of them.
    pub(crate) fn entries(&self) -> Entries<'a> {
        Entries {
            rest: Rest(self.bytes),
            word: Vec::new(),
        }
    }

    /// Those that are not before `word`, and perhaps a few that are.
    fn entries_near(&self, word: &[u8]) -> Result<Entries<'a>, Damaged> {
        let (mut low, mut high) = (0, self.blocks.len());
        // The last block that begins with a word which is not after the one that is wanted.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let mut block = self.block(middle)?;
            match block.next()? {
                Some((first, _)) if first <= word => low = middle,
                _ => high = middle,
            }
        }
        if self.blocks.is_empty() {
            return Ok(self.entries());
        }
        self.block(low)
    }

    fn block(&self, number: usize) -> Result<Entries<'a>, Damaged> {
        let at = u32::from_be_bytes(*self.blocks.get(number).ok_or(Damaged)?);
        let bytes = usize::try_from(at).ok().and_then(|at| self.bytes.get(at..));
        Ok(Entries {
            rest: Rest(bytes.ok_or(Damaged)?),
            word: Vec::new(),
        })
    }

    /// Hands on the number of each word that begins with `start`, or is it.
    pub(crate) fn visit(
        &self,
        start: &[u8],
        is_whole: bool,
        mut each: impl FnMut(u64) -> Result<(), Damaged>,
    ) -> Result<(), Damaged> {
        let start = &start[..start.len().min(MAX_WORD_BYTES)];
        let mut entries = self.entries_near(start)?;
        while let Some((word, number)) = entries.next()? {
            if word.starts_with(start) {
                if !is_whole || word.len() == start.len() {
                    each(number)?;
                }
                if is_whole {
                    return Ok(());
                }
            } else if word > start {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Entries<'_> {
    /// The next word, and its number.
    pub(crate) fn next(&mut self) -> Result<Option<(&[u8], u64)>, Damaged> {
        if self.rest.0.is_empty() {
            return Ok(None);
        }
        let (same, more) = (self.rest.number()?, self.rest.number()?);
        if same > self.word.len() || more > MAX_WORD_BYTES - same {
            return Err(Damaged);
        }
        self.word.truncate(same);
        self.word.extend_from_slice(self.rest.take(more)?);
        let number = self.rest.number()? as u64;
        Ok(Some((&self.word, number)))
    }
}

impl DictionaryBuilder {
    /// The next word, in order; of a longer one than there may be, only the beginning.
    pub(crate) fn insert(&mut self, word: &[u8], number: u64) {
        let word = &word[..word.len().min(MAX_WORD_BYTES)];
        let mut same = 0;
        if self.words.is_multiple_of(BLOCK_WORDS) {
            self.blocks.extend(write_length(self.bytes.len()));
        } else {
            same = word
                .iter()
                .zip(&self.last)
                .take_while(|(new, last)| new == last)
                .count();
        }
        write_number(same as u64, &mut self.bytes);
        write_number((word.len() - same) as u64, &mut self.bytes);
        self.bytes.extend_from_slice(&word[same..]);
        write_number(number, &mut self.bytes);
        self.last.clear();
        self.last.extend_from_slice(word);
        self.words += 1;
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut dictionary = self.words.to_be_bytes().to_vec();
        dictionary.extend(write_length(self.blocks.len() / 4));
        dictionary.extend(self.blocks);
        dictionary.extend(self.bytes);
        dictionary
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn written(words: &BTreeMap<Vec<u8>, u32>) -> Vec<u8> {
        let mut builder = DictionaryBuilder::default();
        words
            .iter()
            .for_each(|(word, number)| builder.insert(word, u64::from(*number)));
        builder.finish()
    }

    fn found(dictionary: Dictionary<'_>, start: &[u8], is_whole: bool) -> Result<Vec<u64>, Damaged> {
        let mut found = Vec::new();
        dictionary.visit(start, is_whole, |number| {
            found.push(number);
            Ok(())
        })?;
        Ok(found)
    }

    proptest! {
        #[test]
        fn words_are_found_as_in_a_map(
            words in prop::collection::btree_map(prop::collection::vec(97_u8..100, 1..6), any::<u32>(), 0..200),
            start in prop::collection::vec(97_u8..100, 0..5),
        ) {
            let bytes = written(&words);
            let dictionary = Dictionary::open(&bytes).expect("just written");
            prop_assert_eq!(dictionary.len(), words.len());
            let beginning: Vec<_> = words.iter().filter(|(word, _)| word.starts_with(&start)).map(|(_, number)| u64::from(*number)).collect();
            prop_assert_eq!(found(dictionary, &start, false), Ok(beginning));
            let itself: Vec<_> = words.get(&start).map(|number| u64::from(*number)).into_iter().collect();
            prop_assert_eq!(found(dictionary, &start, true), Ok(itself));
            let mut entries = dictionary.entries();
            for (word, number) in &words {
                prop_assert_eq!(entries.next(), Ok(Some((&word[..], u64::from(*number)))));
            }
            prop_assert_eq!(entries.next(), Ok(None));
        }

        #[test]
        fn f7_any_bytes_are_read_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200), start in prop::collection::vec(any::<u8>(), 0..3)) {
            if let Ok(dictionary) = Dictionary::open(&bytes) {
                let _ = (found(dictionary, &start, false), found(dictionary, &start, true));
            }
        }
    }
}
