//! Every backend against every contract; what is particular to one; and the process dying at every step.

mod columns;
mod crash;
mod memory;
mod postgres;
mod s3;
mod sqlite;
