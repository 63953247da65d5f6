//! Builds and checks the web client with its own scripts (`web/package.json`).

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::place;
use crate::sh::{Sh, sh};
use crate::wasm;

/// Leaves a web client in `web/dist` that is as new as its sources.
pub(crate) fn build() -> Result<()> {
    prepare()?;
    if place::is_fresh(&place::web().join("dist/index.html"), &sources()?) {
        return Ok(());
    }
    script("build").run()
}

/// What every script of the web client needs: its packages and the client in WebAssembly.
pub(crate) fn prepare() -> Result<()> {
    install_packages()?;
    wasm::build()
}

/// One of the scripts in `web/package.json`.
pub(crate) fn script(name: &str) -> Sh {
    sh("npm run").arg(name).dir(place::web())
}

fn install_packages() -> Result<()> {
    let installed = place::web().join("node_modules/.package-lock.json");
    if place::is_fresh(&installed, &[place::web().join("package-lock.json")]) {
        return Ok(());
    }
    println!("Installing the web client's packages.");
    let npm = sh("npm ci --no-audit --no-fund").dir(place::web());
    npm.run().context("npm must be there: install Node 20 or newer")
}

fn sources() -> Result<Vec<PathBuf>> {
    let tracked = place::tracked("web")?
        .into_iter()
        // What only tests use is no part of it.
        .filter(|file| !file.starts_with("web/tests"))
        .map(|file| place::root().join(file));
    let bound = place::web().join("src/engine/wasm/postern_wasm_bg.wasm");
    Ok(tracked.chain([bound]).collect())
}
