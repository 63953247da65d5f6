//! The rules of Postern's server.

pub mod store;
