//! `cargo xtask screenshots`: takes the pictures that the documents show.

use anyhow::Result;

use crate::{cmd_serve, debian, place, web};

pub(crate) fn run() -> Result<()> {
    debian::install("the browser that takes the pictures", "chromium")?;
    web::script("screenshots")
        .env("POSTERND", cmd_serve::build()?)
        .env("SCREENSHOTS", place::root().join("docs/screenshots"))
        .run()
}
