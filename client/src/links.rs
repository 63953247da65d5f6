//! Links: what leaves the account, and what somebody without one can do with it.
//!
//! `owner` makes, shows and takes back; `opened` is the other side. Nothing but the link itself, and its password if it
//! has one, opens it; the server gets a proof and no key.

mod lease;
mod opened;
mod owner;

pub use opened::{LinkAddress, OpenedLink};
pub(crate) use owner::rewraps;
pub use owner::{Share, ShareTerms};
