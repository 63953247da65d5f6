//! Who takes mail in: ours, and Debian's Postfix, which puts each message into a file of a folder.

use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use postern_tests::{Cli, Postfix, Server, Setup};

use super::named;

const PATIENCE: Duration = Duration::from_secs(300);

/// A mail server that has just been started, and has a mailbox for [`RECIPIENT`].
pub(crate) trait MailServer {
    fn address(&self) -> SocketAddr;
    /// How many messages have come to their mailbox.
    fn delivered(&self) -> usize;

    /// Waits until as many have.
    fn wait_for(&self, count: usize) -> Result<()> {
        let begun = Instant::now();
        while self.delivered() < count {
            ensure!(begun.elapsed() < PATIENCE, "mail does not come to its mailbox");
            // To look costs time too, which is missing where the mail is delivered.
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// For whom all of it is.
pub(crate) const RECIPIENT: &str = "alice@localhost";

/// Ours, over a folder and SQLite.
pub(crate) struct OurMail {
    setup: Setup,
    server: Server,
    _alice: Cli,
}

impl OurMail {
    pub(crate) fn start() -> Self {
        let setup = Setup::folder_and_sqlite()
            .with("LOG_FILTER", "info,actix_server=warn")
            // As it comes.
            .with("MAIL_SPOOL_BYTES", "67108864")
            .with("MAIL_CONNECTIONS_PER_ADDRESS", "100");
        let server = setup.start();
        let (alice, _) = Cli::sign_up(&server.url(), "alice", "tram orchid glacier");
        Self {
            setup,
            server,
            _alice: alice,
        }
    }
}

impl MailServer for OurMail {
    fn address(&self) -> SocketAddr {
        self.server.mail()
    }

    fn delivered(&self) -> usize {
        self.setup.blobs().len()
    }
}

impl MailServer for Postfix {
    fn address(&self) -> SocketAddr {
        Self::address(self)
    }

    fn delivered(&self) -> usize {
        self.kept()
    }
}

/// Its name and version.
pub(crate) fn postfix() -> Result<String> {
    named("postconf", "mail_version").map(|name| name.replace("postconf", "Postfix"))
}
