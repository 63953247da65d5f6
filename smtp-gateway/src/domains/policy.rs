//! Fetching the policy that other mail servers fetch (MTA-STS, RFC 8461), as they do.

use std::net::SocketAddr;
use std::time::Duration;

use futures::TryStreamExt as _;
use postern_domain::dns::StsPolicy;
use postern_protocol::DomainName;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy as Redirects;
use reqwest::{Certificate, Client, ClientBuilder};

use super::Judged;
use super::asking::{Asking, addresses};
use super::records::NO_ANSWER;
use crate::dns::Resolver;

/// How long it may take, as RFC 8461, 3.3, advises at most.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a policy may be.
const MOST_BYTES: usize = 64 << 10;

/// Fetches policies.
pub(super) struct Fetching(Client);

/// Why there is none.
#[derive(Debug, thiserror::Error)]
enum NoPolicy {
    #[error("nobody answers there through TLS, with a certificate for this name")]
    NoConnection,
    #[error("the answer takes too long")]
    TooSlow,
    #[error("the answer is {0} instead of 200")]
    Status(u16),
    #[error("the answer breaks off, or is too long")]
    Broken,
}

impl Fetching {
    /// `None` where there are no certificates to trust.
    pub(super) fn new(resolver: &Resolver) -> Option<Self> {
        client(resolver, 0).build().ok().map(Self)
    }

    /// At another port, and trusting this certificate as well.
    pub(super) fn at(resolver: &Resolver, port: u16, certificate: &[u8]) -> reqwest::Result<Self> {
        let trusted = Certificate::from_der(certificate)?;
        let client = client(resolver, port).tls_certs_merge([trusted]).build()?;
        Ok(Self(client))
    }

    async fn fetch(&self, domain: &DomainName) -> Result<String, NoPolicy> {
        let address = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
        let answer = self.0.get(address).send().await.map_err(|error| why(&error))?;
        if answer.status() != 200 {
            return Err(NoPolicy::Status(answer.status().as_u16()));
        }
        let mut pieces = answer.bytes_stream();
        let mut text = Vec::new();
        while let Some(piece) = pieces.try_next().await.map_err(|_| NoPolicy::Broken)? {
            if text.len() + piece.len() > MOST_BYTES {
                return Err(NoPolicy::Broken);
            }
            text.extend_from_slice(&piece);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Certificates are asked of that name which the policy is fetched from, and nobody sends us elsewhere (RFC 8461, 3.3).
fn client(resolver: &Resolver, port: u16) -> ClientBuilder {
    // Fails if there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let resolver = resolver.clone();
    Client::builder()
        .https_only(true)
        .redirect(Redirects::none())
        .no_proxy()
        .timeout(PATIENCE)
        .dns_resolver(Places { resolver, port })
}

/// Where names lead, as DNS has it.
struct Places {
    resolver: Resolver,
    /// 0 for the usual one.
    port: u16,
}

impl Resolve for Places {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, port) = (self.resolver.clone(), self.port);
        Box::pin(async move {
            let found = addresses(&resolver, name.as_str()).await.unwrap_or_default();
            let places = found
                .into_iter()
                .map(move |address| SocketAddr::new(address, port));
            Ok(Box::new(places) as Addrs)
        })
    }
}

pub(super) async fn judge(
    asking: &Asking,
    fetching: Option<&Fetching>,
    domain: &DomainName,
    policy: &StsPolicy,
) -> Judged {
    let place = format!("mta-sts.{domain}");
    match asking.addresses(&place).await {
        Err(_) => return Judged::unknown(NO_ANSWER),
        Ok(addresses) if addresses.is_empty() => {
            return Judged::missing(
                "This name has to lead to where the pages of this server are, with a certificate for it.",
            );
        }
        Ok(_) => {}
    }
    let Some(fetching) = fetching else {
        return Judged::unknown(
            "This machine has no certificates of authorities by which others could be checked.",
        );
    };
    match fetching.fetch(domain).await {
        Ok(text) => compare(&text, policy),
        Err(error) => {
            let why = format!(
                "The policy cannot be fetched from https://{place}/.well-known/mta-sts.txt: {error}."
            );
            Judged::different(Vec::new(), why)
        }
    }
}

/// What a policy says has to be what ours says; what it adds does no harm.
fn compare(text: &str, policy: &StsPolicy) -> Judged {
    let fields: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    let says = |name: &str, value: &str| fields.contains(&(name, value));
    let is_right = says("version", "STSv1")
        && says("mode", policy.mode.as_str())
        && says("mx", policy.host.as_str())
        && fields
            .iter()
            .any(|(name, value)| *name == "max_age" && value.parse::<u32>().is_ok());
    let found = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    if is_right {
        Judged::right(found, "The policy can be fetched, and names this server.")
    } else {
        Judged::different(found, "What is fetched there is not the policy of this server.")
    }
}

fn why(error: &reqwest::Error) -> NoPolicy {
    if error.is_timeout() {
        NoPolicy::TooSlow
    } else {
        NoPolicy::NoConnection
    }
}
