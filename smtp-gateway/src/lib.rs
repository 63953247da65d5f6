//! The mail gateway: takes mail in by SMTP, seals it to the public keys of its recipients while it comes, and hands it on.
//!
//! What is acknowledged is sealed and durable. No plain text is ever written to a disk, and what cannot be sealed is
//! refused for the time being, never kept otherwise.
//!
//! Read in this order: [`spool`].

pub mod spool;
