//! Keeps the fuzz targets building, where a nightly compiler is there for them.

use anyhow::Result;

use crate::place;
use crate::sh::sh;
use crate::stages::{Outcome, fine};

/// Checks every target, which says all about whether it still fits the code.
pub(crate) fn check() -> Result<Outcome> {
    if !sh("cargo +nightly --version").succeeds() {
        let why = "no nightly compiler here (rustup toolchain install nightly)";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let target = place::target().join("fuzz");
    let check = sh("cargo +nightly check --locked --bins --target-dir").arg(target);
    fine(check.dir(place::root().join("fuzz")).run())
}
