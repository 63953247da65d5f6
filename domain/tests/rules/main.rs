//! The rules, told over stores in memory.

mod accounts;
mod bundles;
mod contents;
mod links;
mod logins;
mod mail;
mod passwords;
mod sweeping;
mod volumes;
mod world;
