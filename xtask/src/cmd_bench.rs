//! `cargo xtask bench`: measures, with criterion's own comparison against the run before.

use anyhow::Result;

use crate::sh::sh;

/// Further `words` go to criterion, as part of the names to measure for instance.
pub(crate) fn run(words: &[String]) -> Result<()> {
    sh("cargo bench --workspace --locked --benches --")
        .args(words)
        .run()
}
