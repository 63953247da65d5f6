//! Installs Debian's packages, where that is possible.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::sh::{Sh, sh};

/// Installs `packages`, or says what a person must install and why it was not done here.
pub(crate) fn install(purpose: &str, packages: &str) -> Result<()> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let wanted = missing.join(" ");
    if let Some(obstacle) = obstacle() {
        bail!("{purpose}: {wanted} (Debian's names) must be installed by hand, because {obstacle}");
    }
    println!("Installing {wanted}: {purpose}.");
    refresh_lists()?;
    apt_get("install --yes --no-install-recommends")
        .args(missing)
        .run()
        .with_context(|| purpose.to_owned())
}

/// True if dpkg has all of `packages`.
pub(crate) fn has(packages: &str) -> bool {
    missing(packages).is_empty()
}

fn missing(packages: &str) -> Vec<&str> {
    packages
        .split_whitespace()
        .filter(|package| !is_installed(package))
        .collect()
}

fn is_installed(package: &str) -> bool {
    let status = sh("dpkg-query --show --showformat=${db:Status-Status}")
        .arg(package)
        .read();
    status.is_ok_and(|status| status == "installed")
}

fn obstacle() -> Option<&'static str> {
    if !Path::new("/etc/debian_version").exists() {
        return Some("this is not Debian");
    }
    let is_root = sh("id -u").read().is_ok_and(|id| id.trim() == "0");
    (!is_root).then_some("this user is not root")
}

/// Once a run is enough; an old list names versions that the mirror no longer has.
fn refresh_lists() -> Result<()> {
    static REFRESHED: OnceLock<()> = OnceLock::new();
    if REFRESHED.get().is_none() {
        apt_get("update --quiet").run()?;
        REFRESHED.get_or_init(|| ());
    }
    Ok(())
}

fn apt_get(command: &str) -> Sh {
    sh("apt-get")
        .words(command)
        .env("DEBIAN_FRONTEND", "noninteractive")
}
