//! The one binary of Postern's server.
fn main() {}
