//! The gateway, told from outside: somebody connects and brings mail, and somebody opens it.

mod block_lists;
mod domains;
mod figures;
mod filtered;
mod greylisted;
mod inbound;
mod limits;
mod logged;
mod loops;
mod names;
mod repeated;
mod secured;
mod senders;
mod trouble;
mod world;
