//! The mail gateway as a part of this server.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use postern_domain::Postern;
use postern_protocol::TimeMs;
use postern_smtp_gateway::checks::Checker;
use postern_smtp_gateway::filter::Filter;
use postern_smtp_gateway::identity::Identity;
use postern_smtp_gateway::pins::Pins;
use postern_smtp_gateway::spool::Spool;
use postern_smtp_gateway::{
    BlockLists, Domains, Gateway, Greylist, Listeners, Parts, Resolver, Settings, tls,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Mail;

/// A gateway that runs.
pub(crate) struct Mailing {
    gateway: Gateway,
    addresses: Addresses,
    running: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

/// Where mail comes in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    plain: SocketAddr,
    tls: Option<SocketAddr>,
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
    if !mail.has_postmaster {
        // RFC 5321, 4.5.1.
        tracing::warn!(
            "mail to postmaster is refused until mail.postmaster names an account, and every mail server needs one"
        );
    }
    let spool = Spool::open(&folder.join("spool"), mail.spool_bytes).context("cannot open the spool")?;
    let resolver = resolver(mail)?;
    let gateway = Gateway::new(Parts {
        settings: settings(mail)?,
        postern,
        spool,
        pins: Pins::new(folder.join("pins")),
        identity,
        checker: resolver.clone().filter(|_| mail.check_senders).map(Checker::new),
        block_lists: resolver
            .filter(|_| !mail.block_lists.is_empty())
            .map(|resolver| BlockLists::new(mail.block_lists.clone(), resolver)),
        greylist: mail.greylist.then(Greylist::default),
        filter: filter(mail)?,
        clock,
    });
    let listeners = Listeners {
        plain: listen(mail.listen).await?,
        tls: match mail.listen_tls {
            Some(address) => Some(listen(address).await?),
            None => None,
        },
    };
    let addresses = Addresses::of(&listeners).context("cannot tell where it listens")?;
    let (stop, told) = watch::channel(false);
    let running = tokio::spawn(postern_smtp_gateway::run(gateway.clone(), listeners, told));
    Ok(Mailing {
        gateway,
        addresses,
        running,
        stop,
    })
}

fn settings(mail: &Mail) -> anyhow::Result<Settings> {
    let tls = mail
        .tls
        .as_ref()
        .map(|(certificate, key)| tls::load(certificate, key));
    Ok(Settings {
        host: mail.host.clone(),
        limits: mail.limits.clone(),
        tls: tls.transpose().context("cannot use the certificate for mail")?,
        dmarc: mail.dmarc,
    })
}

/// Whom to ask for DNS, if anything is asked.
fn resolver(mail: &Mail) -> anyhow::Result<Option<Resolver>> {
    if !mail.check_senders && mail.block_lists.is_empty() {
        return Ok(None);
    }
    let resolver = match mail.dns_server {
        Some(server) => Resolver::asking(server),
        None => Resolver::from_system(),
    };
    let resolver = resolver.context(
        "cannot tell whom to ask for DNS; mail.dns_server says it, and mail.check_senders = false does without",
    )?;
    Ok(Some(resolver))
}

/// Who looks at what DNS says of domains.
pub(crate) fn domain_dns(mail: &Mail) -> Domains {
    Domains::new(Resolver::without_memory(mail.dns_server).ok())
}

fn filter(mail: &Mail) -> anyhow::Result<Option<Filter>> {
    let filter = mail.filter.as_ref();
    let filter = filter.map(|filter| Filter::new(&filter.address, filter.rejects));
    filter.transpose().context("cannot ask the content filter")
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen for mail on {address}"))
}

impl Addresses {
    fn of(listeners: &Listeners) -> std::io::Result<Self> {
        Ok(Self {
            plain: listeners.plain.local_addr()?,
            tls: listeners.tls.as_ref().map(TcpListener::local_addr).transpose()?,
        })
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "smtp://{}", self.plain)?;
        match self.tls {
            Some(tls) => write!(f, " and smtps://{tls}"),
            None => Ok(()),
        }
    }
}

impl Mailing {
    /// Where it listens.
    pub(crate) fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The gateway itself.
    pub(crate) fn gateway(&self) -> Gateway {
        self.gateway.clone()
    }

    /// Tells it to take no more messages.
    pub(crate) fn stopper(&self) -> watch::Sender<bool> {
        self.stop.clone()
    }

    /// Waits until messages that are under way have come to their end, at most so long. Of those that have not, nobody was
    /// told that they were taken. It waits no longer once `hurried` says so.
    pub(crate) async fn ended(mut self, within: Duration, mut hurried: watch::Receiver<bool>) {
        // It may have been told before.
        let _ = self.stop.send(true);
        let is_over = tokio::select! {
            ended = tokio::time::timeout(within, &mut self.running) => ended.is_ok(),
            Ok(_) = hurried.wait_for(|hurried| *hurried) => false,
        };
        if !is_over {
            self.running.abort();
        }
    }
}
