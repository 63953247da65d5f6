//! The interface, told from outside: a real server on a free port, over stores in memory and over a folder with SQLite.

mod accounts;
mod administration;
mod bundles;
mod contents;
mod errors;
mod events;
mod limits;
mod links;
mod mail;
mod mail_index;
mod pages;
mod server;
mod uploads;
mod volumes;
