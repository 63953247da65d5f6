//! The only code of Postern that touches keys: what is sealed, under which key, in which bytes.
//!
//! It is pure. It reads no file and no clock, opens no socket, and takes its randomness as an argument,
//! so that the same code runs on a server, on the command line and in a browser, and so that every
//! ciphertext can be repeated in a test. It does not decide who may do what, and it never says *why*
//! something could not be opened: there is one answer, [`Error::CannotOpen`].
//!
//! The bytes are described in `docs/crypto-format.md`. Read in this order:
//!
//! 1. [`labels`] and `derive`: every use of a key has a name of its own.
//! 2. `primitives`: the one file that names algorithms.
//! 3. [`cbox`] for small objects, [`stream`] for large ones.
//! 4. [`password`], [`opaque`], [`slots`], [`recovery`]: the ways to an account key.
//! 5. [`account`], [`identity`], [`directory`], [`sealing`]: what the account key opens.
//! 6. [`node`], [`lthash`], [`head`]: the tree. [`link`]: what leaves the account. [`mail`]: what comes in.

#![forbid(unsafe_code)]

pub mod account;
pub mod cbox;
pub mod codec;
pub mod directory;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod hash;
pub mod head;
pub mod identity;
pub mod labels;
pub mod link;
pub mod lthash;
pub mod mail;
pub mod node;
pub mod opaque;
pub mod password;
pub mod recovery;
pub mod sealing;
pub mod slots;
pub mod stream;

mod derive;
mod error;
mod primitives;
mod secret;
#[cfg(test)]
mod vectors;

pub use error::{Error, LinkMistake, Result, WordsMistake};
pub use secret::{AccountKey, ArchiveKey, ContentKey, FolderKey, Kek, LinkWrapKey, MailKey};

/// The randomness that callers hand in; re-exported so that they need not guess the version.
pub use rand_core;

/// An identifier: 16 bytes that the client chose at random.
pub type Id = [u8; 16];

/// A BLAKE3 hash.
pub type Hash = [u8; 32];

/// The only suite. It stands in every header and in every derivation; nothing is negotiated.
pub const SUITE: u8 = 1;
