//! The SMTP protocol as a receiving server speaks it (RFC 5321), and nothing else: bytes and moments go in, replies and
//! [`Event`]s come out, and whoever drives a [`Session`] answers those that ask something.
//!
//! No socket, no clock, no DNS, no opinion about who may write to whom: that is the driver's. Mail is not parsed
//! either; a body passes through as it came, without the dots that SMTP adds.
//!
//! What it is strict about, since mail was smuggled or injected where others were not: a line ends with CR LF and with
//! nothing else, only CR LF `.` CR LF ends a body, nobody may speak before their turn, and what was said before TLS
//! counts for nothing.
//!
//! Read in this order: [`Session`] (how it is driven), `rules` (what may follow what, as a table), `command`, `path` and
//! `parameters` (what a line says), `body` (where a message ends), `sasl`, [`Reply`], [`Limits`].

mod body;
mod command;
mod input;
mod limits;
mod parameters;
mod path;
mod reply;
mod rules;
mod sasl;
mod session;

pub use limits::Limits;
pub use parameters::{Notify, Recipient, Return, Sender};
pub use path::{Address, Domain, ForwardPath, Mistake, ReversePath};
pub use reply::Reply;
pub use sasl::Credentials;
pub use session::{Event, Hello, Offer, Session, SignIn};
