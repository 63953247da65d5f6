//! Keeps the fuzz targets building, where a nightly compiler is there for them.

use anyhow::Result;

use crate::place;
use crate::sh::sh;
use crate::stages::Outcome;

/// Builds every target without the sanitizers, which says all about whether they still fit the code.
pub(crate) fn check() -> Result<Outcome> {
    let folder = place::root().join("fuzz");
    if !sh("cargo").args(["+nightly", "--version"]).succeeds() {
        return Ok(Outcome::Skipped(
            "no nightly compiler here (rustup toolchain install nightly)".to_owned(),
        ));
    }
    let target = place::target().join("fuzz");
    sh("cargo")
        .args(["+nightly", "check", "--bins", "--target-dir"])
        .arg(target)
        .dir(folder)
        .run()?;
    Ok(Outcome::Fine)
}
