//! Postern on the command line.
fn main() {}
