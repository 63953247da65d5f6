//! `cargo xtask screenshots`: takes the pictures that the documents show.

use anyhow::Result;

use crate::sh::sh;
use crate::{debian, place, web};

pub(crate) fn run() -> Result<()> {
    debian::install("the browser that takes the pictures", &["chromium"])?;
    web::build()?;
    sh("cargo")
        .args([
            "build",
            "--release",
            "--package",
            "postern-server",
            "--bin",
            "posternd",
        ])
        .run()?;
    web::script("screenshots")
        .env("POSTERND", place::target().join("release/posternd"))
        .env("SCREENSHOTS", place::root().join("docs/screenshots"))
        .run()
}
