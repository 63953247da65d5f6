//! Putting pieces together.

use std::collections::HashSet;

use crate::dictionary::Entries;
use crate::words::{Damaged, Postings, Words, write};
use crate::{Id, MAX_MESSAGES};

/// One piece out of several, with those messages that are to be kept, each once.
///
/// # Errors
/// [`Damaged`]; also if more than [`MAX_MESSAGES`] would be in it.
pub fn merge(pieces: &[&Words], keep: impl Fn(&Id) -> bool) -> Result<Words, Damaged> {
    let Seats { messages, seats } = seat(pieces, keep)?;
    let mut heads = pieces
        .iter()
        .map(|piece| Head::of(piece))
        .collect::<Result<Vec<_>, _>>()?;
    let mut words: Vec<(Vec<u8>, Postings)> = Vec::new();
    while let Some(word) = heads.iter().filter_map(Head::word).min().map(<[u8]>::to_vec) {
        let mut places = Postings::new();
        for (head, (piece, seats)) in heads.iter_mut().zip(pieces.iter().zip(&seats)) {
            if head.word() == Some(&word) {
                piece.visit(head.number, |place| places.extend(seats[place]))?;
                head.go_on()?;
            }
        }
        places.sort_unstable();
        places.dedup();
        if !places.is_empty() {
            words.push((word, places));
        }
    }
    Words::open(write(&messages, words))
}

/// The next word of a piece.
struct Head<'a> {
    entries: Entries<'a>,
    word: Option<Vec<u8>>,
    number: u64,
}

impl<'a> Head<'a> {
    fn of(piece: &'a Words) -> Result<Self, Damaged> {
        let mut head = Self {
            entries: piece.dictionary().entries(),
            word: Some(Vec::new()),
            number: 0,
        };
        head.go_on()?;
        Ok(head)
    }

    fn word(&self) -> Option<&[u8]> {
        self.word.as_deref()
    }

    fn go_on(&mut self) -> Result<(), Damaged> {
        let next = self.entries.next()?;
        self.word = match (next, self.word.take()) {
            (Some((next, number)), Some(mut word)) => {
                self.number = number;
                word.clear();
                word.extend_from_slice(next);
                Some(word)
            }
            _ => None,
        };
        Ok(())
    }
}

/// Where each piece's messages are in the whole.
struct Seats {
    messages: Vec<Id>,
    seats: Vec<Vec<Option<u32>>>,
}

fn seat(pieces: &[&Words], keep: impl Fn(&Id) -> bool) -> Result<Seats, Damaged> {
    let mut messages = Vec::new();
    let mut known = HashSet::new();
    let mut seat_of = |message: &Id| {
        if !keep(message) || !known.insert(*message) {
            return Ok(None);
        }
        messages.push(*message);
        if messages.len() > MAX_MESSAGES {
            return Err(Damaged);
        }
        let seat = messages.len() - 1;
        u32::try_from(seat).map(Some).map_err(|_| Damaged)
    };
    let seats = pieces
        .iter()
        .map(|piece| piece.messages().iter().map(&mut seat_of).collect())
        .collect::<Result<_, _>>()?;
    Ok(Seats { messages, seats })
}
