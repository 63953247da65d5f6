//! Where log lines go: standard error. Standard output has one line, the one that says where the server listens.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

use crate::config::Log;

/// From now on, log lines are written.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).context("log.filter cannot be understood")?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    if log.as_json {
        lines.json().init();
    } else {
        lines.init();
    }
    Ok(())
}
