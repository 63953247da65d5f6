//! Putting pieces together.

use std::collections::HashSet;

use fst::Streamer as _;
use fst::map::OpBuilder;

use crate::words::{Damaged, Postings, Words, write};
use crate::{Id, MAX_MESSAGES};

/// One piece out of several, with those messages that are to be kept, each once.
///
/// # Errors
/// [`Damaged`]; also if more than [`MAX_MESSAGES`] would be in it.
pub fn merge(pieces: &[&Words], keep: impl Fn(&Id) -> bool) -> Result<Words, Damaged> {
    let Seats { messages, seats } = seat(pieces, keep)?;
    let dictionaries = pieces.iter().map(|piece| &piece.dictionary);
    let mut union = dictionaries.fold(OpBuilder::new(), OpBuilder::add).union();
    let mut words: Vec<(Vec<u8>, Postings)> = Vec::new();
    while let Some((key, values)) = union.next() {
        let mut places = Postings::new();
        for value in values {
            let seats = &seats[value.index];
            pieces[value.index].visit(value.value, |place| places.extend(seats[place]))?;
        }
        places.sort_unstable();
        if !places.is_empty() {
            words.push((key.to_vec(), places));
        }
    }
    Words::open(write(&messages, words))
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
