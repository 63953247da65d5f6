//! The gateway, told from outside: somebody connects and brings mail, and somebody opens it.

mod inbound;
mod limits;
mod trouble;
mod world;
