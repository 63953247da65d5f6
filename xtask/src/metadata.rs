//! What cargo knows about our crates.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::sh::sh;

/// The part of `cargo metadata` that the checks read.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    /// Our own crates.
    pub(crate) packages: Vec<Package>,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// "dev" for those that only tests, examples and benchmarks use.
    kind: Option<String>,
}

impl Metadata {
    pub(crate) fn read() -> Result<Self> {
        let json = sh("cargo metadata --format-version 1 --no-deps").read()?;
        serde_json::from_str(&json).context("cargo metadata has another shape than expected")
    }
}

impl Package {
    /// The crates that end up in what we ship, or that build it.
    pub(crate) fn shipped_dependencies(&self) -> impl Iterator<Item = &str> {
        let is_shipped = |dependency: &&Dependency| dependency.kind.as_deref() != Some("dev");
        self.dependencies
            .iter()
            .filter(is_shipped)
            .map(|dependency| dependency.name.as_str())
    }
}
