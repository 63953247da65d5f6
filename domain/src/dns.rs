//! What DNS should say of the domains to which mail is taken.
//!
//! The rules ask nobody themselves: whoever can ask implements [`DomainDns`].

use std::fmt;

use async_trait::async_trait;
use postern_crypto::hash::hash;
use postern_protocol::administration::DnsRecord;
use postern_protocol::{Bytes, DomainName};

use crate::error::Result;
use crate::postern::Postern;
use crate::store::{Cause, StoreError};

/// For how long whoever has seen a policy of ours holds to it: a week, as RFC 8461, 3.2, advises at least.
const STS_MAX_AGE_S: u32 = 604_800;

/// Asks DNS about domains, and makes the keys that are published there.
#[async_trait]
pub trait DomainDns: fmt::Debug + Send + Sync {
    /// A new key with which mail of a domain is signed (DKIM), in the form in which it is kept.
    async fn generate_key(&self) -> Result<Bytes, Cause>;

    /// What should be published of a domain whose mail goes to `host`, and what is.
    async fn check(
        &self,
        domain: &DomainName,
        host: &DomainName,
        policy: Option<&StsPolicy>,
        key: &Bytes,
    ) -> Vec<DnsRecord>;
}

/// What others are told to do who cannot reach the mail gateway through TLS with a certificate that is good (MTA-STS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StsMode {
    /// To report it, and to bring the mail all the same.
    Testing,
    /// Not to bring the mail.
    Enforce,
}

impl StsMode {
    /// As a policy has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Testing => "testing",
            Self::Enforce => "enforce",
        }
    }
}

/// The policy that all domains of this server have (RFC 8461).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsPolicy {
    /// What to do.
    pub mode: StsMode,
    /// To whom mail is brought.
    pub host: DomainName,
}

impl StsPolicy {
    /// As it is fetched.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "version: STSv1\r\nmode: {}\r\nmx: {}\r\nmax_age: {STS_MAX_AGE_S}\r\n",
            self.mode.as_str(),
            self.host
        )
    }

    /// Another one with each change of it: by this others know that they have to fetch it anew.
    #[must_use]
    pub fn id(&self) -> String {
        let digest = hash(self.text().as_bytes());
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Postern {
    /// The policy for whoever asks `host` for it, with or without a port, if that is the place for one of our domains.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub async fn sts_policy_at(&self, host: &str) -> Result<Option<String>> {
        let Some(policy) = self.sts_policy() else {
            return Ok(None);
        };
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let Ok(place) = DomainName::parse(name) else {
            return Ok(None);
        };
        let domain = place.as_str().strip_prefix("mta-sts.");
        let Some(Ok(domain)) = domain.map(DomainName::parse) else {
            return Ok(None);
        };
        let is_own = domain == self.rules().mail_domain;
        let is_ours = is_own || self.records().domain(&domain).await?.is_some();
        Ok(is_ours.then(|| policy.text()))
    }

    pub(crate) fn sts_policy(&self) -> Option<StsPolicy> {
        self.rules().sts.map(|mode| StsPolicy {
            mode,
            host: self.mail_host().clone(),
        })
    }

    /// The name by which others reach the mail gateway.
    pub(crate) fn mail_host(&self) -> &DomainName {
        &self.rules().mail_host
    }
}

/// The key with which mail of a domain is signed: made once, and kept with the server's other secrets.
pub(crate) async fn signing_key(
    postern: &Postern,
    domain: &DomainName,
    dns: &dyn DomainDns,
) -> Result<Bytes> {
    let name = format!("dkim:{domain}");
    if let Some(known) = postern.records().known_secret(&name).await? {
        return Ok(known);
    }
    let made = dns.generate_key().await.map_err(StoreError::Failed)?;
    Ok(postern.records().secret(&name, &made).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(mode: StsMode, host: &str) -> StsPolicy {
        let host = DomainName::parse(host).expect("a domain");
        StsPolicy { mode, host }
    }

    #[test]
    fn a_policy_is_written_as_rfc_8461_has_it() {
        assert_eq!(
            policy(StsMode::Enforce, "mx.example.org").text(),
            "version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmax_age: 604800\r\n"
        );
    }

    #[test]
    fn every_change_of_a_policy_has_another_id_of_letters_and_digits() {
        let ids = [
            policy(StsMode::Testing, "mx.example.org"),
            policy(StsMode::Enforce, "mx.example.org"),
            policy(StsMode::Enforce, "mx.example.net"),
        ]
        .map(|policy| policy.id());
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        assert!(
            ids.iter()
                .all(|id| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        );
    }
}
