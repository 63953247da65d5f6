//! The rules of Postern's server.
