//! Questions to DNS, and what can come of them.

use std::net::IpAddr;
use std::time::Duration;

use mail_auth::hickory_resolver::lookup::Lookup;
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::hickory_resolver::proto::rr::RData;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{DnsError, Error, SpfResult};

use crate::dns::Resolver;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nobody said whether there is anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoAnswer;

pub(super) type Answer<T> = Result<T, NoAnswer>;

/// Whom DNS names for a domain's mail, and how much it is preferred: the lower the number, the more.
pub(super) type Servers = Vec<(u16, String)>;

/// Asks DNS. What there is nothing of is an empty list.
pub(super) struct Asking(Resolver);

impl Asking {
    pub(super) fn new(resolver: Resolver) -> Self {
        Self(resolver)
    }

    pub(super) fn resolver(&self) -> &Resolver {
        &self.0
    }

    /// All texts at a name.
    pub(super) async fn texts(&self, name: &str) -> Answer<Vec<String>> {
        let asked = self.0.0.resolver().txt_lookup(absolute(name));
        let found = within(asked).await?;
        let records = found.iter().flat_map(Lookup::answers);
        let text = |data: &RData| match data {
            // RFC 7208, 3.3: the pieces of one record belong together.
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        };
        Ok(records.filter_map(|record| text(&record.data)).collect())
    }

    /// Whom mail for a domain is brought to.
    pub(super) async fn servers(&self, domain: &str) -> Answer<Servers> {
        let asked = self.0.0.resolver().mx_lookup(absolute(domain));
        let found = within(asked).await?;
        let records = found.iter().flat_map(Lookup::answers);
        let server = |data: &RData| match data {
            RData::MX(mx) => {
                let name = mx.exchange.to_lowercase().to_ascii();
                Some((mx.preference, name.trim_end_matches('.').to_owned()))
            }
            _ => None,
        };
        let mut servers: Servers = records.filter_map(|record| server(&record.data)).collect();
        servers.sort();
        Ok(servers)
    }

    /// All addresses of a machine.
    pub(super) async fn addresses(&self, host: &str) -> Answer<Vec<IpAddr>> {
        addresses(&self.0, host).await
    }

    /// What the SPF of a domain says to who sends from an address.
    pub(super) async fn spf(&self, domain: &str, from: IpAddr, host: &str) -> Answer<SpfResult> {
        let sender = format!("postmaster@{domain}");
        let asked = SpfParameters::verify_mail_from(from, host, host, &sender);
        let verified = tokio::time::timeout(PATIENCE, self.0.0.verify_spf(asked)).await;
        verified.map(|output| output.result()).map_err(|_| NoAnswer)
    }
}

/// All addresses of a machine.
pub(super) async fn addresses(resolver: &Resolver, host: &str) -> Answer<Vec<IpAddr>> {
    let host = absolute(host);
    let (four, six) = futures::join!(
        within(resolver.0.ipv4_lookup_raw(&host)),
        within(resolver.0.ipv6_lookup_raw(&host)),
    );
    let (four, six) = (four?, six?);
    let four = four.iter().flat_map(|found| found.entry.iter().copied());
    let six = six.iter().flat_map(|found| found.entry.iter().copied());
    Ok(four.map(IpAddr::from).chain(six.map(IpAddr::from)).collect())
}

/// A name that no search list is tried on.
fn absolute(name: &str) -> String {
    format!("{name}.")
}

/// What was found, `None` if there is nothing.
async fn within<T, E: Into<Error>>(asked: impl Future<Output = Result<T, E>>) -> Answer<Option<T>> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(found)) => Ok(Some(found)),
        Ok(Err(error)) => is_nothing(&error.into()).then_some(None).ok_or(NoAnswer),
        Err(_) => Err(NoAnswer),
    }
}

/// A server that has failed is reported as if it had found nothing; only two codes mean that there is nothing.
fn is_nothing(error: &Error) -> bool {
    use ResponseCode::{NXDomain, NoError};
    matches!(error, Error::Dns(DnsError::RecordNotFound(NXDomain | NoError)))
}
