//! What all connections share.

use std::fmt;
use std::sync::Arc;

use postern_domain::Postern;
use postern_domain::gateway::Gateway as Right;
use postern_protocol::TimeMs;
use postern_smtp::Limits;
use rustls::ServerConfig;

use crate::block_lists::BlockLists;
use crate::checks::{Checker, Dmarc};
use crate::figures;
use crate::filter::Filter;
use crate::greylist::Greylist;
use crate::identity::Identity;
use crate::pins::Pins;
use crate::spool::Spool;

/// What whoever runs a gateway can choose.
#[derive(Clone)]
pub struct Settings {
    /// The gateway's own name, as it says hello.
    pub host: String,
    /// The bounds of a connection, and how many there may be.
    pub limits: Limits,
    /// The certificate, where there is one.
    pub tls: Option<Arc<ServerConfig>>,
    /// What follows where a domain does not stand behind what is sent in its name.
    pub dmarc: Dmarc,
}

/// A gateway. Clones are the same one.
#[derive(Clone)]
pub struct Gateway(Arc<Parts>);

/// What a gateway is made of.
pub struct Parts {
    /// What can be chosen.
    pub settings: Settings,
    /// Where recipients are looked up, and mail is brought.
    pub postern: Postern,
    /// Where mail is until it was brought.
    pub spool: Spool,
    /// What was seen of recipients.
    pub pins: Pins,
    /// With what it signs.
    pub identity: Identity,
    /// Who finds out where mail comes from, if anybody does.
    pub checker: Option<Checker>,
    /// Who is not wanted, if anybody keeps a list.
    pub block_lists: Option<BlockLists>,
    /// Who was here before, if strangers are asked to come again.
    pub greylist: Option<Greylist>,
    /// Who reads messages before they are sealed, if anybody does.
    pub filter: Option<Filter>,
    /// What time it is.
    pub clock: fn() -> TimeMs,
}

impl Gateway {
    /// A gateway of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        figures::describe();
        Self(Arc::new(parts))
    }

    /// Brings those figures up to date that are measured, not counted. What it looks at on the disk is little.
    pub async fn measure(&self) {
        let (spool, now) = (self.spool().clone(), self.now());
        let measured = tokio::task::spawn_blocking(move || spool.load()).await;
        if let Ok(load) = measured {
            figures::waiting(&load, now.0);
        }
    }

    pub(crate) fn right(&self) -> Right {
        self.0.postern.gateway()
    }

    /// Whether it is not the stores that are in trouble.
    pub(crate) async fn stores_answer(&self) -> bool {
        self.0.postern.check().await.is_ok()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.0.spool
    }

    pub(crate) fn pins(&self) -> &Pins {
        &self.0.pins
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.0.identity
    }

    pub(crate) fn checker(&self) -> Option<&Checker> {
        self.0.checker.as_ref()
    }

    pub(crate) fn block_lists(&self) -> Option<&BlockLists> {
        self.0.block_lists.as_ref()
    }

    pub(crate) fn greylist(&self) -> Option<&Greylist> {
        self.0.greylist.as_ref()
    }

    pub(crate) fn filter(&self) -> Option<&Filter> {
        self.0.filter.as_ref()
    }

    pub(crate) fn now(&self) -> TimeMs {
        (self.0.clock)()
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gateway({})", self.0.settings.host)
    }
}
