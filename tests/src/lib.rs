//! What the stories and the storage tests need from the world outside: real programs and real servers, each started
//! on a free port or socket in a folder of its own, and gone when its value is dropped.
//!
//! It deliberately imports nothing of ours. A story that called our functions could not tell what a user sees, and
//! would miss what a hostile network sees.
//!
//! Read [`Server`] and [`Cli`] first, then `postgres` and `s3` for the other storage, `rspamd` for a
//! filter, `postfix` for another mail server; [`Recorder`] and [`Canary`] are
//! how we look for what must not leave the device; [`Crowd`] is who
//! means no good, and [`Neighbour`] who has to live with it. [`Carrier`] brings mail; [`Trace`], [`Tape`] and
//! [`FailingDisk`] are how we look at what a program asks of its disk, and what it makes of the answers.

mod bulk;
mod canary;
mod carrier;
mod cli;
mod crowd;
mod dice;
mod failing_disk;
mod folder;
mod neighbour;
mod postfix;
mod postgres;
mod power;
mod process;
mod programs;
mod recorder;
mod rspamd;
mod s3;
mod server;
mod trace;

pub use bulk::{Bulk, SameAs};
pub use canary::Canary;
pub use carrier::Carrier;
pub use cli::{Cli, Run, Running, Typed};
pub use crowd::{Crowd, Heard, Visitor};
pub use dice::{Dice, is_long};
pub use failing_disk::{Calls, Errno, FailingDisk};
pub use folder::{every_file, noise};
pub use neighbour::Neighbour;
pub use postfix::Postfix;
pub use postgres::Postgres;
pub use power::{Cut, Cuts, Tape, memory_folder};
pub use process::crash_writes_memory;
pub use recorder::Recorder;
pub use rspamd::Rspamd;
pub use s3::S3;
pub use server::{Server, Setup};
pub use trace::{SystemCall, Trace};
