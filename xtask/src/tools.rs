//! Cargo's own helpers, installed below `target/` when the machine has none.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::place;
use crate::sh::{Sh, program, sh};

/// `cargo NAME`, installed first if it is not there.
pub(crate) fn cargo_or_install(name: &str) -> Result<Sh> {
    if let Some(tool) = cargo(name) {
        return Ok(tool);
    }
    println!("Installing cargo-{name} into {}.", own_folder().display());
    // Unoptimised, it builds in a minute on two cores; optimised in four, which no run of it here wins back.
    let install = sh("cargo install --locked --debug --root")
        .arg(own_folder())
        .arg(format!("cargo-{name}"));
    install.env("CARGO_PROFILE_DEV_DEBUG", "0").run()?;
    cargo(name).with_context(|| format!("cargo-{name} was installed, but does not run"))
}

/// From this machine or from `target/tools`.
fn cargo(name: &str) -> Option<Sh> {
    if sh("cargo").args([name, "--version"]).succeeds() {
        return Some(sh("cargo").arg(name));
    }
    let own = own_folder().join("bin").join(format!("cargo-{name}"));
    own.exists().then(|| program(own).arg(name))
}

fn own_folder() -> PathBuf {
    place::target().join("tools")
}
