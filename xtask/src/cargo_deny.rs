//! Licences, bans and sources by cargo-deny; known vulnerabilities too, where their database can be had.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::tools;

pub(crate) fn check() -> Result<()> {
    let deny = || tools::cargo_or_install("deny");
    deny()?.words("--locked check licenses bans sources").run()?;
    if !deny()?.words("fetch db").succeeds() && !has_local_database() {
        println!(
            "Known vulnerabilities were not looked up: their database is neither here nor within reach."
        );
        return Ok(());
    }
    deny()?.words("--locked --offline check advisories").run()
}

fn has_local_database() -> bool {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let databases = home.and_then(|home| fs::read_dir(home.join("advisory-dbs")).ok());
    databases
        .is_some_and(|mut databases| databases.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir())))
}
