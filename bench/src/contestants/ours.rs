//! Ours, as it comes: a server over a folder and SQLite, and somebody who types commands.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use postern_tests::{Cli, Server, Setup};

use super::Store;
use crate::race::settle;

/// A server, and one person who has an account there.
pub(crate) struct Ours {
    person: Cli,
    _server: Server,
    _setup: Setup,
}

impl Ours {
    pub(crate) fn start() -> Self {
        // As talkative as it is when nobody says how talkative it should be.
        let setup = Setup::folder_and_sqlite().with("LOG_FILTER", "info,actix_server=warn");
        let server = setup.start();
        let (person, _) = Cli::sign_up(&server.url(), "alice", "tram orchid glacier");
        Self {
            person,
            _server: server,
            _setup: setup,
        }
    }

    fn seconds(&self, words: &[&str], path: &Path) -> Result<f64> {
        settle()?;
        let begun = Instant::now();
        self.person.typed(words).arg(path).succeeds();
        Ok(begun.elapsed().as_secs_f64())
    }
}

impl Store for Ours {
    fn put(&self, from: &Path) -> Result<f64> {
        self.seconds(&["put"], from)
    }

    fn get(&self, to: &Path) -> Result<f64> {
        self.seconds(&["get", "/thing", "-o"], to)
    }
}
