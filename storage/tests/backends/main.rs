//! Every backend against every contract; what is particular to one; and the process dying at every step, or the machine.

mod columns;
mod crash;
mod memory;
mod postgres;
mod power;
mod s3;
mod sqlite;
