//! What DNS should say of the domains to which mail is taken, and what it says.
//!
//! Records are judged by what they mean: several mail servers are fine if this one is among them, and any SPF that lets it
//! send is as good as ours. Each question goes to DNS anew: who looks again wants to see what has changed.

mod asking;
mod key;
mod policy;
mod records;
mod spf;
#[cfg(test)]
mod tests;

use std::fmt;

use async_trait::async_trait;
use futures::join;
use postern_domain::dns::{DomainDns, StsPolicy};
use postern_domain::store::Cause;
use postern_protocol::administration::{DnsRecord, RecordKind, RecordPurpose, RecordState};
use postern_protocol::{Bytes, DomainName};
use tokio::sync::Semaphore;

use crate::dns::Resolver;
use crate::texts::cut;
use asking::Asking;
use policy::Fetching;

/// What stands before `._domainkey` (RFC 6376, 3.1).
pub const SELECTOR: &str = "postern";
/// How many domains are looked at at the same time. Each takes a dozen questions.
const AT_ONCE: usize = 4;
/// How much is shown of what was found: somebody else wrote it.
const MOST_FOUND: usize = 10;
const MOST_FOUND_BYTES: usize = 600;

/// Looks at domains.
pub struct Domains {
    asking: Option<Asking>,
    fetching: Option<Fetching>,
    turns: Semaphore,
}

/// Where a record stands, and what it should say.
struct Place {
    purpose: RecordPurpose,
    kind: RecordKind,
    name: String,
    value: String,
    needed: bool,
}

/// How it stands with a record.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    state: RecordState,
    found: Vec<String>,
    why: String,
}

impl Domains {
    /// Asks `resolver`, which should have no memory, if there is one. Without one, nothing is known but what should be published.
    #[must_use]
    pub fn new(resolver: Option<Resolver>) -> Self {
        Self {
            fetching: resolver.as_ref().and_then(Fetching::new),
            asking: resolver.map(Asking::new),
            turns: Semaphore::new(AT_ONCE),
        }
    }

    /// Fetches policies at this port, and trusts this certificate as well.
    ///
    /// # Errors
    /// If it is no certificate.
    pub fn fetching_at(self, port: u16, certificate: &[u8]) -> reqwest::Result<Self> {
        let asking = self.asking.as_ref().map(Asking::resolver);
        let fetching = asking.map(|resolver| Fetching::at(resolver, port, certificate));
        Ok(Self {
            fetching: fetching.transpose()?,
            ..self
        })
    }

    async fn judge_all(&self, asked: &Asked<'_>) -> Vec<DnsRecord> {
        let Some(asking) = self.asking.as_ref().filter(|_| asked.is_public()) else {
            let why = if asked.is_public() {
                NOBODY_TO_ASK
            } else {
                NOT_PUBLIC
            };
            let places = asked.places();
            return places.map(|place| place.judged(Judged::unknown(why))).collect();
        };
        let (mx, spf, dkim, dmarc, sts, policy, tls) = join!(
            asked.mx(asking),
            asked.spf(asking),
            asked.dkim(asking),
            asked.dmarc(asking),
            asked.sts(asking),
            asked.policy(asking, self.fetching.as_ref()),
            asked.tls(asking),
        );
        let judged = [
            Some(mx),
            Some(spf),
            Some(dkim),
            Some(dmarc),
            sts,
            policy,
            Some(tls),
        ];
        asked
            .places()
            .zip(judged.into_iter().flatten())
            .map(|(place, judged)| place.judged(judged))
            .collect()
    }
}

#[async_trait]
impl DomainDns for Domains {
    async fn generate_key(&self) -> Result<Bytes, Cause> {
        let made = tokio::task::spawn_blocking(key::generate).await;
        Ok(made??)
    }

    async fn check(
        &self,
        domain: &DomainName,
        host: &DomainName,
        policy: Option<&StsPolicy>,
        key: &Bytes,
    ) -> Vec<DnsRecord> {
        // Nobody closes it.
        let _turn = self.turns.acquire().await;
        let asked = Asked {
            domain,
            host,
            policy,
            public: key::public(key.as_slice()).unwrap_or_default(),
        };
        self.judge_all(&asked).await
    }
}

/// What is asked about.
struct Asked<'a> {
    domain: &'a DomainName,
    host: &'a DomainName,
    policy: Option<&'a StsPolicy>,
    /// The public half of the signing key, as it is published.
    public: String,
}

impl Asked<'_> {
    /// Whether the domain can be in the DNS that everybody sees.
    fn is_public(&self) -> bool {
        self.domain.as_str().contains('.')
    }

    /// All places, in the order of [`Domains::judge_all`].
    fn places(&self) -> impl Iterator<Item = Place> {
        use {RecordKind as Kind, RecordPurpose as Purpose};
        let (domain, host) = (self.domain, self.host);
        let place = |purpose, kind, name: String, value: String, needed| Place {
            purpose,
            kind,
            name,
            value,
            needed,
        };
        let text = |purpose, name, value, needed| place(purpose, Kind::Txt, name, value, needed);
        let sts = self.policy.map(|policy| {
            let value = format!("v=STSv1; id={}", policy.id());
            text(Purpose::MtaSts, format!("_mta-sts.{domain}"), value, false)
        });
        let at = self.policy.map(|_| {
            let name = format!("mta-sts.{domain}");
            place(
                Purpose::MtaStsPolicy,
                Kind::Cname,
                name,
                format!("{host}."),
                false,
            )
        });
        let tls = format!("v=TLSRPTv1; rua=mailto:postmaster@{domain}");
        let dkim = format!("v=DKIM1; k=rsa; p={}", self.public);
        [
            Some(place(
                Purpose::Mx,
                Kind::Mx,
                domain.to_string(),
                format!("10 {host}."),
                true,
            )),
            Some(text(
                Purpose::Spf,
                domain.to_string(),
                format!("v=spf1 a:{host} -all"),
                true,
            )),
            Some(text(Purpose::Dkim, self.selector(), dkim, true)),
            Some(text(
                Purpose::Dmarc,
                format!("_dmarc.{domain}"),
                "v=DMARC1; p=quarantine".to_owned(),
                true,
            )),
            sts,
            at,
            Some(text(Purpose::TlsRpt, format!("_smtp._tls.{domain}"), tls, false)),
        ]
        .into_iter()
        .flatten()
    }

    fn selector(&self) -> String {
        format!("{SELECTOR}._domainkey.{}", self.domain)
    }

    async fn mx(&self, asking: &Asking) -> Judged {
        let (servers, addresses) = join!(
            asking.servers(self.domain.as_str()),
            asking.addresses(self.host.as_str())
        );
        records::mx(servers, addresses, self.host)
    }

    async fn spf(&self, asking: &Asking) -> Judged {
        let (texts, addresses) = join!(
            asking.texts(self.domain.as_str()),
            asking.addresses(self.host.as_str())
        );
        match records::spf(texts) {
            Ok(record) => spf::judge(asking, self.domain, self.host, record, addresses).await,
            Err(judged) => judged,
        }
    }

    async fn dkim(&self, asking: &Asking) -> Judged {
        records::dkim(asking.texts(&self.selector()).await, &self.public)
    }

    async fn dmarc(&self, asking: &Asking) -> Judged {
        records::dmarc(asking.texts(&format!("_dmarc.{}", self.domain)).await)
    }

    async fn sts(&self, asking: &Asking) -> Option<Judged> {
        let policy = self.policy?;
        let texts = asking.texts(&format!("_mta-sts.{}", self.domain)).await;
        Some(records::sts(texts, &policy.id()))
    }

    async fn policy(&self, asking: &Asking, fetching: Option<&Fetching>) -> Option<Judged> {
        Some(policy::judge(asking, fetching, self.domain, self.policy?).await)
    }

    async fn tls(&self, asking: &Asking) -> Judged {
        records::tls(asking.texts(&format!("_smtp._tls.{}", self.domain)).await)
    }
}

impl Place {
    fn judged(self, judged: Judged) -> DnsRecord {
        let found = judged.found.into_iter().take(MOST_FOUND);
        DnsRecord {
            purpose: self.purpose,
            name: self.name,
            kind: self.kind,
            value: self.value,
            needed: self.needed,
            state: judged.state,
            found: found.map(|text| cut(text, MOST_FOUND_BYTES)).collect(),
            why: judged.why,
        }
    }
}

impl Judged {
    fn right(found: Vec<String>, why: impl Into<String>) -> Self {
        Self::of(RecordState::Right, found, why)
    }

    fn missing(why: impl Into<String>) -> Self {
        Self::of(RecordState::Missing, Vec::new(), why)
    }

    fn different(found: Vec<String>, why: impl Into<String>) -> Self {
        Self::of(RecordState::Different, found, why)
    }

    fn unknown(why: impl Into<String>) -> Self {
        Self::of(RecordState::Unknown, Vec::new(), why)
    }

    fn of(state: RecordState, found: Vec<String>, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { state, found, why }
    }
}

impl fmt::Debug for Domains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Domains")
    }
}

const NOBODY_TO_ASK: &str =
    "This server cannot tell whom to ask for DNS. The setting mail.dns_server says it.";
const NOT_PUBLIC: &str =
    "A domain without a dot is known to this machine alone. The setting mail.domain names the server’s own.";
