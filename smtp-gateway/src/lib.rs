//! The mail gateway: takes mail in by SMTP, seals it to the public keys of its recipients while it comes, and hands it on.
//!
//! What is acknowledged is sealed and durable. No plain text is ever written to a disk, and what cannot be sealed is
//! refused for the time being, never kept otherwise.
//!
//! Read in this order: [`Gateway`] (what it is made of), `listening` and `connection` (how it talks), `message` and
//! `intake` (how a message is sealed), [`checks`] (where it comes from), [`BlockLists`], [`Greylist`] and [`filter`] (what is
//! not wanted), [`pins`] and [`identity`] (to whose keys, and with which), [`spool`], `draining`; `figures` (what is counted), `log` (what is told); [`Domains`] (what
//! should be published of where mail is taken).

mod block_lists;
pub mod checks;
mod connection;
mod dns;
mod domains;
mod draining;
mod figures;
pub mod filter;
mod gateway;
mod greylist;
pub mod identity;
mod intake;
mod listening;
mod log;
mod message;
pub mod pins;
mod replies;
pub mod spool;
mod texts;
pub mod tls;

pub use block_lists::BlockLists;
pub use dns::Resolver;
pub use domains::{Domains, SELECTOR};
pub use gateway::{Gateway, Parts, Settings};
pub use greylist::Greylist;
pub use listening::Listeners;
pub use postern_smtp::Limits;

use tokio::sync::watch;

/// Takes mail in from `listeners` and hands it on, until `stop` says so and what was under way has come to its end.
pub async fn run(gateway: Gateway, listeners: Listeners, stop: watch::Receiver<bool>) {
    let draining = tokio::spawn(draining::drain(gateway.clone(), stop.clone()));
    listening::listen(gateway, listeners, stop).await;
    // It may have ended before: what it did not hand on waits for the next start.
    let _ = draining.await;
}
