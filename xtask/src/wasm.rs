//! Builds the client for the browser: Rust to WebAssembly, and the JavaScript that binds it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::place;
use crate::wasm_toolchain::{TARGET, Toolchain};

const PROFILE: &str = "wasm";

/// Leaves module, bindings and types in the web client's sources.
pub(crate) fn build() -> Result<()> {
    let folder = place::web().join("src/engine/wasm");
    build_bound("postern-web-wasm", "postern_wasm", &folder)
}

/// The client's suites for the browser; returns the folder with module and bindings.
pub(crate) fn build_suites() -> Result<PathBuf> {
    let folder = place::target().join("wasm-suites");
    build_bound("postern-web-wasm-suites", "postern_wasm_suites", &folder)?;
    Ok(folder)
}

/// Chunks alone, for the browser to measure; returns the folder with module and bindings.
pub(crate) fn build_bench() -> Result<PathBuf> {
    let folder = place::target().join("wasm-bench");
    build_bound("postern-bench-wasm", "postern_bench_wasm", &folder)?;
    Ok(folder)
}

/// Leaves module, bindings and types in `folder`.
fn build_bound(package: &str, name: &str, folder: &Path) -> Result<()> {
    let module = compile(package, name)?;
    let bound = folder.join(format!("{name}_bg.wasm"));
    if place::is_fresh(&bound, std::slice::from_ref(&module)) {
        return Ok(());
    }
    bind(&module, name, folder)
}

/// Compiles one of our crates as the browser gets it, and returns where the module called `name` is.
pub(crate) fn compile(package: &str, name: &str) -> Result<PathBuf> {
    let target_dir = place::target().join("wasm");
    let build = Toolchain::find_or_install()?
        .cargo_build()
        .words("--locked --package")
        .arg(package);
    build
        .args(["--profile", PROFILE, "--target-dir"])
        .arg(&target_dir)
        .run()?;
    Ok(target_dir.join(TARGET).join(PROFILE).join(format!("{name}.wasm")))
}

fn bind(module: &Path, name: &str, folder: &Path) -> Result<()> {
    println!("Binding {} into {}.", module.display(), folder.display());
    Bindgen::new()
        .input_path(module)
        .out_name(name)
        .web(true)?
        .typescript(true)
        // Names of functions are for debuggers; they would be a tenth of the download.
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
        .context("wasm-bindgen refused the module")
}
