//! Where things are in a checkout.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;

use crate::sh::sh;

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask is a folder of the checkout")
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The web client's folder.
pub(crate) fn web() -> PathBuf {
    root().join("web")
}

/// The files that git knows below `folder`, relative to the root; new ones that are not ignored included.
pub(crate) fn tracked(folder: &str) -> Result<Vec<PathBuf>> {
    let listing = sh("git ls-files --cached --others --exclude-standard -z --")
        .arg(folder)
        .read()?;
    let files = listing.split_terminator('\0').map(PathBuf::from);
    Ok(files.filter(|file| root().join(file).is_file()).collect())
}

/// True if `made` is there and not older than any of `sources`.
pub(crate) fn is_fresh(made: &Path, sources: &[PathBuf]) -> bool {
    let Some(made) = modified(made) else { return false };
    let is_older = |source: &PathBuf| modified(source).is_some_and(|changed| changed <= made);
    sources.iter().all(is_older)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|meta| meta.modified()).ok()
}
