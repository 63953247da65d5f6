//! The rules of Postern's server: who may do what, and what must hold before anything is kept.
//!
//! Nothing here performs I/O, looks at a clock or draws randomness: stores, moments and a generator are handed in. The
//! server's own keys aside, no key is here either; what users keep is sealed, and only its size and place are known.
//!
//! Read in this order: [`store`] (what is needed of whoever keeps the data), [`Postern`] (where everything begins),
//! [`session`] (rights as values), then one noun after the other: `accounts`, `login`, `recovery`, `passwords`,
//! `directory`, `objects`, [`volumes`], [`uploads`], [`contents`], [`bundles`], [`links`], [`leases`], `mail`,
//! `mail_index`, [`gateway`], [`administration`], [`dns`], `changes`; at last [`sweeper`].

pub mod administration;
pub mod bundles;
pub mod contents;
#[cfg(feature = "device")]
pub mod device;
pub mod dns;
pub mod gateway;
pub mod leases;
pub mod links;
pub mod session;
pub mod store;
pub mod sweeper;
pub mod uploads;
pub mod volumes;

mod accounts;
mod bell;
mod changes;
mod directory;
mod error;
mod invites;
mod login;
mod mail;
mod mail_index;
mod objects;
mod passwords;
mod postern;
mod recovery;
mod shapes;

pub use administration::Administrator;
pub use bell::{Bell, Silent};
pub use error::{AddressRefusal, Error, LinkEnd, Result};
pub use postern::{Postern, Rules, Stores};
pub use session::{Fresh, Session, SignedIn};
