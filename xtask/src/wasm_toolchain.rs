//! Finds a Rust toolchain that can build for the browser, or installs one.
//!
//! rustup has the standard library ready made, but not every network lets it fetch. Debian's own
//! toolchain then builds that library from source. Its compiler may be newer than the one in
//! rust-toolchain.toml, so the language level of the workspace stays the older one's.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::debian;
use crate::sh::{Sh, sh};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: &str = "rustc-web cargo-web rust-web-src lld";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// What builds for the browser here.
pub(crate) enum Toolchain {
    /// The workspace's own toolchain, with rustup's standard library for the browser.
    Rustup,
    /// Debian's toolchain, which builds the standard library along.
    Debian,
}

impl Toolchain {
    /// Takes what is there already, before it installs anything.
    pub(crate) fn find_or_install() -> Result<Self> {
        if rustup_has_it() {
            return Ok(Self::Rustup);
        }
        if debian_has_it() {
            return Ok(Self::Debian);
        }
        println!("Installing Rust's standard library for the browser ({TARGET}).");
        if rustup_fetches_it() {
            return Ok(Self::Rustup);
        }
        debian::install(
            "Rust for the browser, as rustup could not fetch it",
            DEBIAN_PACKAGES,
        )?;
        Ok(Self::Debian)
    }

    /// `cargo build` for the browser.
    pub(crate) fn cargo_build(&self) -> Sh {
        match self {
            Self::Rustup => sh("cargo build"),
            Self::Debian => debian_cargo_build(),
        }
        .args(["--target", TARGET])
    }
}

fn rustup_has_it() -> bool {
    sysroot().is_ok_and(|sysroot| sysroot.join("lib/rustlib").join(TARGET).exists())
}

fn sysroot() -> Result<PathBuf> {
    let path = sh("rustc --print sysroot").read().context("no Rust compiler")?;
    Ok(PathBuf::from(path.trim()))
}

fn rustup_fetches_it() -> bool {
    sh("rustup target add").arg(TARGET).run().is_ok() && rustup_has_it()
}

fn debian_has_it() -> bool {
    Path::new(DEBIAN_RUSTC).exists() && debian::has(DEBIAN_PACKAGES)
}

fn debian_cargo_build() -> Sh {
    sh(DEBIAN_CARGO)
        .words("build -Zbuild-std=std,panic_abort")
        .env("RUSTC", DEBIAN_RUSTC)
        // Lets a stable compiler take `-Z build-std`; nothing of ours uses an unstable feature.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld")
        // Set by the cargo that runs xtask; the other toolchain's libraries are not for this one.
        .env_remove("LD_LIBRARY_PATH")
        .env_remove("RUSTUP_TOOLCHAIN")
}
