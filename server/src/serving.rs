//! The server from its start to its end.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use postern_api::{Bells, Clock, Stopper};
use postern_domain::{Postern, Silent};
use postern_protocol::TimeMs;
use postern_protocol::time::DAY_MS;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::config::Config;
use crate::mailing::{self, Addresses, Mailing};
use crate::sweeping::keep_sweeping;
use crate::{data_folder, handles, stores, watching};

/// How long an invitation lasts.
const INVITE_MS: i64 = 7 * DAY_MS;

/// Serves until it is told to stop, with or without a mail gateway.
pub(crate) async fn serve(mut config: Config, with_mail: bool) -> anyhow::Result<()> {
    config.interface.connections = handles::enough_for(config.interface.connections);
    data_folder::make(&config.data)?;
    let _lock = data_folder::lock(&config.data)?;
    let shutdown = config.interface.shutdown;
    let watched = match config.metrics {
        // Before anything happens that is counted.
        Some(address) => Some((watching::listen(address).await?, watching::count()?)),
        None => None,
    };
    let (bells, clock) = (Arc::new(Bells::default()), Clock::system());
    let stores = stores::open(&config).await?;
    let postern = Postern::open(stores, config.rules, bells.clone(), &mut rand::rng()).await?;
    if postern.lacks_administrator().await? {
        tracing::warn!(
            "administrators names somebody who has no account, and nobody can sign up by that name: take it out, sign up, and put it back"
        );
    }
    config.interface.dns = Some(Arc::new(mailing::domain_dns(&config.mail)));
    let listener =
        TcpListener::bind(config.http).with_context(|| format!("cannot listen on {}", config.http))?;
    let address = listener.local_addr().context("cannot tell where it listens")?;
    let mailing = if with_mail {
        let folder = config.data.join("gateway");
        Some(mailing::start(&config.mail, &folder, postern.clone(), now).await?)
    } else {
        None
    };
    let running = postern_api::run(listener, postern.clone(), bells, clock.clone(), config.interface)?;
    let stop_mail = mailing.as_ref().map(Mailing::stopper);
    let (hurry, hurried) = watch::channel(false);
    let stopping = tokio::spawn(stop_when_told(signals()?, running.stopper(), stop_mail, hurry));
    let sweeping = tokio::spawn(keep_sweeping(postern, clock, config.sweeping));
    let watching = watched.map(|(listener, figures)| {
        let gateway = mailing.as_ref().map(Mailing::gateway);
        watching::start(listener, figures, gateway)
    });
    announce(address, mailing.as_ref().map(Mailing::addresses))?;
    let ended = running.wait().await;
    if let Some(mailing) = mailing {
        mailing.ended(shutdown, hurried).await;
    }
    if let Some(watching) = watching {
        watching.abort();
    }
    sweeping.abort();
    stopping.abort();
    tracing::info!("stopped");
    ended.context("the server failed")
}

/// Makes an invitation. A server may be running beside it: this takes no lock.
pub(crate) async fn invite(config: Config) -> anyhow::Result<()> {
    data_folder::make(&config.data)?;
    let stores = stores::open(&config).await?;
    let postern = Postern::open(stores, config.rules, Arc::new(Silent), &mut rand::rng()).await?;
    let now = Clock::system().now();
    let code = postern
        .invite(now.plus_ms(INVITE_MS), now, &mut rand::rng())
        .await?;
    writeln!(std::io::stdout(), "{code}").context("cannot print the invitation")
}

/// The one line on standard output.
fn announce(http: SocketAddr, smtp: Option<Addresses>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let smtp = smtp.map(|addresses| format!(" and {addresses}"));
    writeln!(
        out,
        "posternd is listening on http://{http}{}",
        smtp.unwrap_or_default()
    )
    .and_then(|()| out.flush())
    .context("cannot say where it listens")
}

fn now() -> TimeMs {
    Clock::system().now()
}

/// Heard from here on: whoever has read the line may say stop.
fn signals() -> anyhow::Result<[Signal; 2]> {
    let heard = |kind| signal(kind).context("cannot listen for signals");
    Ok([heard(SignalKind::terminate())?, heard(SignalKind::interrupt())?])
}

/// Once: when transfers and messages have ended. Twice: at once.
async fn stop_when_told(
    mut signals: [Signal; 2],
    stopper: Stopper,
    mail: Option<watch::Sender<bool>>,
    hurry: watch::Sender<bool>,
) {
    told(&mut signals).await;
    if let Some(mail) = mail {
        // It may have ended by itself.
        let _ = mail.send(true);
    }
    tracing::info!("stopping: transfers that are under way may end");
    // Transfers may have ended while messages are under way still.
    let stopped = async {
        stopper.stop().await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = stopped => {}
        () = told(&mut signals) => {
            // Nobody may be waiting for it.
            let _ = hurry.send(true);
            stopper.stop_now().await;
        }
    }
}

async fn told([terminate, interrupt]: &mut [Signal; 2]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
