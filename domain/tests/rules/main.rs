//! The rules, told over stores in memory.

mod accounts;
mod administration;
mod bundles;
mod contents;
mod links;
mod logins;
mod mail;
mod mail_index;
mod passwords;
mod sweeping;
mod volumes;
mod world;
