//! The mail gateway as a part of this server.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use postern_domain::Postern;
use postern_protocol::TimeMs;
use postern_smtp_gateway::checks::Checker;
use postern_smtp_gateway::identity::Identity;
use postern_smtp_gateway::pins::Pins;
use postern_smtp_gateway::spool::Spool;
use postern_smtp_gateway::{Gateway, Parts, tls};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Mail;

/// A gateway that runs.
pub(crate) struct Mailing {
    address: SocketAddr,
    running: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

/// Starts to take mail in, with what the gateway keeps in `folder`.
pub(crate) async fn start(
    mail: &Mail,
    folder: &Path,
    postern: Postern,
    clock: fn() -> TimeMs,
) -> anyhow::Result<Mailing> {
    postern_disk::make_private_folder(folder)
        .with_context(|| format!("cannot make the gateway's folder {}", folder.display()))?;
    let identity = Identity::open(&folder.join("key"), clock(), &mut rand::rng())
        .context("cannot read or make the gateway's key")?;
    postern
        .gateway()
        .announce(identity.statement())
        .await
        .context("this gateway has another key than the one that this server's users know; each gateway needs the same")?;
    let settings = postern_smtp_gateway::Settings {
        host: mail.host.clone(),
        limits: mail.limits.clone(),
        tls: mail
            .tls
            .as_ref()
            .map(|(certificate, key)| tls::load(certificate, key))
            .transpose()
            .context("cannot use the certificate for mail")?,
    };
    let gateway = Gateway::new(Parts {
        settings,
        postern,
        spool: Spool::open(&folder.join("spool"), mail.journal_bytes).context("cannot open the spool")?,
        pins: Pins::new(folder.join("pins")),
        identity,
        checker: mail
            .check_senders
            .then(Checker::from_system)
            .transpose()
            .context("cannot tell whom to ask for DNS; mail.check_senders = false does without")?,
        clock,
    });
    let listener = TcpListener::bind(mail.listen)
        .await
        .with_context(|| format!("cannot listen for mail on {}", mail.listen))?;
    let address = listener.local_addr().context("cannot tell where it listens")?;
    let (stop, told) = watch::channel(false);
    let running = tokio::spawn(postern_smtp_gateway::run(gateway, listener, told));
    Ok(Mailing {
        address,
        running,
        stop,
    })
}

impl Mailing {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells it to take no more messages.
    pub(crate) fn stopper(&self) -> watch::Sender<bool> {
        self.stop.clone()
    }

    /// Waits until messages that are under way have come to their end, at most so long. Of those that have not, nobody was
    /// told that they were taken.
    pub(crate) async fn ended(self, within: Duration) {
        // It may have been told before.
        let _ = self.stop.send(true);
        let running = self.running.abort_handle();
        if tokio::time::timeout(within, self.running).await.is_err() {
            running.abort();
        }
    }
}
