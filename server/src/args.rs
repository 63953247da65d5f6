//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// One server for encrypted files, for everybody who wants to run it.
#[derive(Debug, Parser)]
#[command(name = "posternd", version, about)]
pub(crate) struct Args {
    /// What to run, or what to do instead.
    #[arg(value_enum, default_value = "all")]
    pub(crate) mode: Mode,
    /// The folder in which everything is kept.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Where to listen for mail; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    smtp: Option<SocketAddr>,
    /// The file with all other settings.
    #[arg(long, value_name = "FILE", env = "POSTERN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// What to run, or what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Everything that there is.
    All,
    /// The interface and the web client, without the mail gateway.
    Api,
    /// Make an invitation, good for one account within a week; print it and end.
    Invite,
}

impl Args {
    /// The settings among the flags, as the file would hold them.
    pub(crate) fn settings(&self) -> anyhow::Result<toml::Table> {
        let mut settings = toml::Table::new();
        if let Some(data) = &self.data {
            settings.insert("data".to_owned(), toml::Value::try_from(data)?);
        }
        if let Some(http) = &self.http {
            settings.insert("http".to_owned(), toml::Value::try_from(http)?);
        }
        if let Some(smtp) = &self.smtp {
            let mail = toml::Table::from_iter([("listen".to_owned(), toml::Value::try_from(smtp)?)]);
            settings.insert("mail".to_owned(), mail.into());
        }
        Ok(settings)
    }
}
