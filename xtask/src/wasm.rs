//! Builds the client for the browser: Rust to WebAssembly, and the JavaScript that binds it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::place;
use crate::sh::sh;
use crate::wasm_toolchain::{TARGET, Toolchain};

const PROFILE: &str = "wasm";

/// Leaves module, bindings and types in the web client's sources.
pub(crate) fn build() -> Result<()> {
    match build_bound(
        "postern-web-wasm",
        "postern_wasm",
        &place::web().join("src/engine/wasm"),
    )? {
        Some(module) => shrink(&module),
        None => Ok(()),
    }
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

/// Leaves module, bindings and types in `folder`. Returns the module, if it is another than before.
fn build_bound(package: &str, name: &str, folder: &Path) -> Result<Option<PathBuf>> {
    let module = compile(package, name)?;
    let bound = folder.join(format!("{name}_bg.wasm"));
    if place::is_fresh(&bound, std::slice::from_ref(&module)) {
        return Ok(None);
    }
    bind(&module, name, folder)?;
    Ok(Some(bound))
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

/// Optional: about a tenth off the download, where Binaryen is installed.
fn shrink(module: &Path) -> Result<()> {
    if !sh("wasm-opt --version").succeeds() {
        return Ok(());
    }
    sh("wasm-opt -O3 --enable-simd --enable-bulk-memory")
        .arg(module)
        .arg("-o")
        .arg(module)
        .run()
}
