//! The project's own commands: serve, test, check, bench, screenshots.
fn main() {}
