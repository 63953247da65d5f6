//! What a user's device does: the account, the drive, links, transfers and mail, once, for the command line and the browser.
//!
//! All that must not be wrong on a device is here: which keys are believed, which tree, which bytes. It draws nothing
//! and asks nobody anything; it seals nothing by itself (that is `postern-crypto`); it opens no file and no socket
//! except through what it is given ([`Surroundings`], [`Source`](transfer::Source), [`Sink`](transfer::Sink)), so
//! that time, randomness, storage and the network can be others in a test. Its futures stay on one thread; long
//! computations leave it by themselves.
//!
//! Read in this order: [`surroundings`](Surroundings) and [`http`], [`Account`] (the ways in, and `unlock`), [`Drive`] (`load`, then
//! `commit`), [`transfer`], [`links`], [`Mailbox`], `administration`, [`feed`].

#![forbid(unsafe_code)]

pub mod account;
mod administration;
mod buffers;
mod compute;
pub mod device;
pub mod drive;
mod error;
pub mod feed;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod http;
pub mod links;
pub mod mail;
pub mod names;
pub mod passwords;
mod patience;
mod surroundings;
pub mod transfer;

pub use account::{Account, PreparedKeys, PreparedSignUp, Stay};
pub use buffers::{Buffers, Lent};
pub use compute::compute;
pub use drive::Drive;
pub use error::{Error, ErrorClass, Result};
pub use mail::Mailbox;
pub use passwords::ChosenPassword;
pub use patience::Patience;
pub use surroundings::{Clock, Entropy, Surroundings};

pub use postern_crypto::node::Content;
pub use postern_crypto::{LinkMistake, WordsMistake, rand_core};
pub use postern_protocol as protocol;
