//! The fuzz targets: keeps them building, where a nightly compiler is there for them, and runs them.

use std::fs;

use anyhow::{Context, Result};

use crate::sh::sh;
use crate::stages::{Outcome, fine};
use crate::{place, tools};

/// No parser has a use for more, and longer inputs are slower ones.
const MOST_BYTES: u32 = 8 << 10;

/// Checks every target, which says all about whether it still fits the code.
pub(crate) fn check() -> Result<Outcome> {
    if !has_nightly() {
        let why = "no nightly compiler here (rustup toolchain install nightly)";
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let target = place::target().join("fuzz");
    let check = sh("cargo +nightly check --locked --bins --target-dir").arg(target);
    fine(check.dir(place::root().join("fuzz")).run())
}

/// Fuzzes these targets, or all, for so many minutes each. What is found on the way stays in `target/fuzz/found`; the
/// corpus in the tree is only read. An input that crashes a target belongs into that corpus, with what mends it.
pub(crate) fn run(minutes: u32, targets: &[String]) -> Result<()> {
    let all = fs::read_dir(place::root().join("fuzz/corpus"))?;
    let mut names: Vec<String> = all
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.retain(|name| targets.is_empty() || targets.contains(name));
    names.sort();
    for name in names {
        let found = place::target().join("fuzz/found").join(&name);
        fs::create_dir_all(&found)?;
        let fuzz = tools::cargo_or_install("fuzz")?.words("run --target-dir");
        // Without the address sanitizer: there is no unsafe code of ours, and this way it tries several times as much.
        fuzz.arg(place::target().join("fuzz"))
            .args(["--sanitizer", "none", &name])
            .arg(&found)
            .arg(place::root().join("fuzz/corpus").join(&name))
            .args(["--", "-print_final_stats=1"])
            .arg(format!("-max_total_time={}", minutes * 60))
            .arg(format!("-max_len={MOST_BYTES}"))
            .env("RUSTUP_TOOLCHAIN", "nightly")
            .run()
            .with_context(|| format!("{name}: fuzz/artifacts has the input"))?;
    }
    Ok(())
}

fn has_nightly() -> bool {
    sh("cargo +nightly --version").succeeds()
}
