//! Stories told from outside: real binaries, real browsers.
