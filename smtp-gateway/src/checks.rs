//! Whether a message comes from whom it says: SPF, DKIM, DMARC and ARC, and what DNS says of the peer.
//!
//! What is found becomes part of the sealed summary, where the recipient's device shows it. DNS is asked by the library's
//! resolver; this has what it answered.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimResult, DmarcResult, IprevResult, MX, MessageAuthenticator, Parameters,
    RecordSet, ResolverCache, SpfOutput, SpfResult, Txt,
};
use postern_crypto::mail::{Checks, Summary, Verdict};

use crate::intake::Taken;
use crate::texts::cut;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many answers of each kind are kept.
const MOST_ANSWERS: usize = 10_000;

/// Who brings a message, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From<'a> {
    /// The peer's address.
    pub(crate) peer: IpAddr,
    /// What it calls itself.
    pub(crate) hello: &'a str,
    /// Whom the envelope names; empty for reports.
    pub(crate) sender: &'a str,
    /// What we are called.
    pub(crate) host: &'a str,
}

/// Asks DNS.
pub struct Checker {
    resolver: MessageAuthenticator,
    txt: Answers<Box<str>, Txt>,
    mx: Answers<Box<str>, RecordSet<MX>>,
    ipv4: Answers<Box<str>, RecordSet<Ipv4Addr>>,
    ipv6: Answers<Box<str>, RecordSet<Ipv6Addr>>,
    ptr: Answers<IpAddr, RecordSet<Box<str>>>,
}

type Asking<'a, P> = Parameters<
    'a,
    P,
    Answers<Box<str>, Txt>,
    Answers<Box<str>, RecordSet<MX>>,
    Answers<Box<str>, RecordSet<Ipv4Addr>>,
    Answers<Box<str>, RecordSet<Ipv6Addr>>,
    Answers<IpAddr, RecordSet<Box<str>>>,
>;

impl Checker {
    /// Asks whom the system asks.
    ///
    /// # Errors
    /// If the system does not say whom.
    pub fn from_system() -> std::io::Result<Self> {
        let resolver = MessageAuthenticator::new_system_conf().map_err(std::io::Error::other)?;
        Ok(Self::new(resolver))
    }

    fn new(resolver: MessageAuthenticator) -> Self {
        Self {
            resolver,
            txt: Answers::default(),
            mx: Answers::default(),
            ipv4: Answers::default(),
            ipv6: Answers::default(),
            ptr: Answers::default(),
        }
    }

    /// What is found out about a message.
    pub(crate) async fn check(&self, from: From<'_>, taken: &mut Taken) -> Checks {
        let is_from_one = taken.senders() == 1;
        let Some(message) = taken.authenticated() else {
            return Checks::default();
        };
        let checking = self.check_message(from, &message, is_from_one);
        let checked = tokio::time::timeout(PATIENCE, checking).await;
        checked.unwrap_or_else(|_| Checks {
            spf: Verdict::TemporaryError,
            dkim: Verdict::TemporaryError,
            dmarc: Verdict::TemporaryError,
            arc: Verdict::TemporaryError,
            ..Checks::default()
        })
    }

    async fn check_message(
        &self,
        from: From<'_>,
        message: &AuthenticatedMessage<'_>,
        is_from_one: bool,
    ) -> Checks {
        let domain = from
            .sender
            .rsplit_once('@')
            .map_or(from.hello, |(_, domain)| domain);
        let spf = if from.peer.is_loopback() {
            // Who passes mail on from this very machine is in nobody's record.
            SpfOutput::new(domain.to_owned())
        } else {
            let asked = SpfParameters::verify_mail_from(from.peer, from.hello, from.host, from.sender);
            self.resolver.verify_spf(self.asking(asked)).await
        };
        let dkim = self.resolver.verify_dkim(self.asking(message)).await;
        let arc = self.resolver.verify_arc(self.asking(message)).await;
        let dmarc = self.asking(DmarcParameters {
            message,
            dkim_output: &dkim,
            dkim2_output: None,
            rfc5321_mail_from_domain: domain,
            spf_output: &spf,
        });
        let dmarc = self.resolver.verify_dmarc(dmarc).await;
        let passed = dkim.iter().filter(|output| *output.result() == DkimResult::Pass);
        let domains = passed.filter_map(|output| {
            output
                .signature()
                .map(mail_auth::common::verify::VerifySignature::domain)
        });
        let domains = domains.map(|domain| cut(domain.to_owned(), Summary::MAX_HOST));
        Checks {
            spf: of_spf(spf.result()),
            spf_domain: cut(domain.to_owned(), Summary::MAX_HOST),
            dkim: dkim
                .iter()
                .map(|output| of_dkim(output.result()))
                .max_by_key(|verdict| rank(*verdict))
                .unwrap_or_default(),
            dkim_domains: domains.take(Summary::MAX_DOMAINS as usize).collect(),
            // Of several senders it is not said which one is meant: each program shows another one.
            dmarc: if is_from_one {
                of_dmarc(&dmarc.result())
            } else {
                Verdict::PermanentError
            },
            arc: of_dkim(arc.result()),
            is_spam: false,
        }
    }

    /// The name that DNS has for an address, if that name leads back to it.
    pub(crate) async fn host(&self, peer: IpAddr) -> String {
        let asked = tokio::time::timeout(PATIENCE, self.resolver.verify_iprev(self.asking(peer))).await;
        let name = asked.ok().filter(|output| output.result == IprevResult::Pass);
        let name = name
            .and_then(|output| output.ptr)
            .and_then(|names| names.first().cloned());
        let name = name.map(|name| name.trim_end_matches('.').to_owned());
        cut(name.unwrap_or_default(), Summary::MAX_HOST)
    }

    fn asking<P>(&self, params: P) -> Asking<'_, P> {
        Parameters {
            params,
            cache_txt: Some(&self.txt),
            cache_mx: Some(&self.mx),
            cache_ptr: Some(&self.ptr),
            cache_ipv4: Some(&self.ipv4),
            cache_ipv6: Some(&self.ipv6),
        }
    }
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Checker")
    }
}

fn of_spf(result: SpfResult) -> Verdict {
    match result {
        SpfResult::Pass => Verdict::Pass,
        SpfResult::Fail => Verdict::Fail,
        SpfResult::SoftFail => Verdict::SoftFail,
        SpfResult::Neutral => Verdict::Neutral,
        SpfResult::TempError => Verdict::TemporaryError,
        SpfResult::PermError => Verdict::PermanentError,
        SpfResult::None => Verdict::None,
    }
}

fn of_dkim(result: &DkimResult) -> Verdict {
    match result {
        DkimResult::Pass => Verdict::Pass,
        DkimResult::Neutral(_) => Verdict::Neutral,
        DkimResult::Fail(_) => Verdict::Fail,
        DkimResult::PermError(_) => Verdict::PermanentError,
        DkimResult::TempError(_) => Verdict::TemporaryError,
        DkimResult::None => Verdict::None,
    }
}

fn of_dmarc(result: &DmarcResult) -> Verdict {
    match result {
        DmarcResult::Pass => Verdict::Pass,
        DmarcResult::Fail(_) => Verdict::Fail,
        DmarcResult::TempError(_) => Verdict::TemporaryError,
        DmarcResult::PermError(_) => Verdict::PermanentError,
        DmarcResult::None => Verdict::None,
    }
}

/// Of several signatures one that holds is enough; of those that do not, what speaks most against them counts.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::None => 0,
        Verdict::Neutral | Verdict::SoftFail => 1,
        Verdict::PermanentError => 2,
        Verdict::TemporaryError => 3,
        Verdict::Fail => 4,
        Verdict::Pass => 5,
    }
}

/// What DNS answered, as long as it is good.
struct Answers<K, V>(Mutex<HashMap<K, (V, Instant)>>);

impl<K, V> Default for Answers<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, V: Clone> ResolverCache<K, V> for Answers<K, V> {
    fn get<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let answers = self.0.lock().expect("nothing panics while it holds this");
        let (answer, until) = answers.get(name)?;
        (*until > Instant::now()).then(|| answer.clone())
    }

    fn remove<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let mut answers = self.0.lock().expect("nothing panics while it holds this");
        answers.remove(name).map(|(answer, _)| answer)
    }

    fn insert(&self, key: K, value: V, valid_until: Instant) {
        let mut answers = self.0.lock().expect("nothing panics while it holds this");
        if answers.len() >= MOST_ANSWERS {
            let now = Instant::now();
            answers.retain(|_, (_, until)| *until > now);
        }
        // Whoever asks for ever more names gets no room for them.
        if answers.len() >= MOST_ANSWERS {
            answers.clear();
        }
        answers.insert(key, (value, valid_until));
    }
}

#[cfg(test)]
mod tests;
