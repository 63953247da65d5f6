//! Finds messages by their words: what is written in them, and what somebody types to find them again.
//!
//! No I/O and no keys: who keeps an index seals it. A [`Builder`] takes the texts of some messages and makes one piece of
//! an index, [`Words`]; pieces are never changed, only put together ([`merge`]). A [`Query`] is what somebody typed, and
//! [`Words::matching`] says which messages have its words. What else a query may ask of a message (when it came, where
//! it lies) is for who knows that.
//!
//! Letters are compared without case and accents, and by their beginnings: `jur` finds `Jürgen`. There are no phrases:
//! the places of words are not kept, for they would let an index grow to the size of the mail.
//!
//! Read in this order: `fold` (what a word is), [`Builder`], [`Words`], `merge`, [`Query`].

#![forbid(unsafe_code)]

mod build;
mod dictionary;
mod field;
mod fold;
mod merge;
mod query;
mod words;

pub use build::{Builder, MAX_MESSAGES};
pub use field::Field;
pub use merge::merge;
pub use query::{Condition, Mistake, Query, State, Test, Word};
pub use words::{Damaged, Words};

/// Names a message.
pub type Id = [u8; 16];
