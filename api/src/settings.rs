//! What whoever runs the interface can choose.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use postern_domain::dns::DomainDns;

/// How the interface behaves towards the outside.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Proxies whose word about their clients' addresses is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether everybody reaches this server through TLS: browsers are then told never to come without.
    pub behind_tls: bool,
    /// How often one may ask.
    pub rates: Rates,
    /// How slow a client may be.
    pub pace: Pace,
    /// Threads that answer requests.
    pub workers: usize,
    /// The most connections at a time. Each may need a second file handle, for what it sends or fetches.
    pub connections: usize,
    /// The most of them from one address (a trusted proxy's aside).
    pub connections_per_address: usize,
    /// How long a transfer may go on after the server was told to stop.
    pub shutdown: Duration,
    /// Who is asked what DNS says of domains, if anybody is.
    pub dns: Option<Arc<dyn DomainDns>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trusted_proxies: Vec::new(),
            behind_tls: false,
            rates: Rates::default(),
            pace: Pace::default(),
            workers: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            connections: 16_384,
            connections_per_address: 1_024,
            shutdown: Duration::from_secs(30),
            dns: None,
        }
    }
}

/// So many requests at once, and so many a minute from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub burst: NonZeroU32,
    /// Each minute.
    pub per_minute: NonZeroU32,
}

/// How often one may ask.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// One address, of anything below `/api`.
    pub address: Rate,
    /// One address, of what needs no session: sign-up, login, recovery, opening a link.
    pub stranger: Rate,
    /// One account name, of attempts to sign in or to recover, from wherever they come.
    pub login: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        let rate = |burst, per_minute| Rate {
            burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN),
            per_minute: NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN),
        };
        Self {
            address: rate(2_000, 12_000),
            stranger: rate(60, 60),
            login: rate(20, 10),
        }
    }
}

/// How slow a client may be before its connection is needed for somebody else.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Within this time the head of a request must have arrived.
    pub head: Duration,
    /// In each span of this length a body must bring …
    pub body_grace: Duration,
    /// … so many bytes for each second.
    pub body_bytes_per_s: u32,
    /// Who has not taken as many bytes of an answer for each second of such a span is cut off.
    pub stall: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            body_grace: Duration::from_secs(30),
            // A part of 8 MiB may take half an hour: slower than the slowest line that anybody shares files over.
            body_bytes_per_s: 4 << 10,
            stall: Duration::from_secs(120),
        }
    }
}
