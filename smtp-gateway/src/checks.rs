//! Whether a message comes from whom it says: SPF, DKIM, DMARC and ARC, and what DNS says of the peer.
//!
//! What is found becomes part of the sealed summary, where the recipient's device shows it. DNS is asked by the library's
//! resolver; this has what it answered.

mod signatures;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    ArcOutput, AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, DnsError, Error,
    IprevResult, MX, Parameters, RecordSet, SpfOutput, SpfResult, Txt,
};
use postern_crypto::mail::{Checks, Summary, Verdict};

use crate::dns::{Answers, Resolver};
use crate::intake::Taken;
use crate::texts::cut;

/// How long the policy of `From`'s domain may take, and whether the peer may send for the envelope's sender. Each has its own
/// time: whoever makes one of them slow learns nothing of the others.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long each signature may take, and the chain of those who passed a message on.
const SIGNATURE_PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take then to find out whether what holds is of the same domain as `From`.
const ALIGNMENT_PATIENCE: Duration = Duration::from_secs(10);
/// How long the name of an address may take: whoever brings mail waits for it.
const NAME_PATIENCE: Duration = Duration::from_secs(10);

/// What follows where the domain of `From` does not stand behind a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dmarc {
    /// It is noted, and nothing else.
    Note,
    /// It is marked, if the domain asks for that or for more.
    #[default]
    Quarantine,
    /// What the domain asks for is done.
    Enforce,
}

/// What is done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// Nothing.
    None,
    /// It is marked as spam.
    Mark,
    /// It is put off.
    Later,
    /// It is refused.
    Refuse,
}

/// What is found out about a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) checks: Checks,
    demand: Demand,
}

/// What is asked for, by the domain of `From` or by that field itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Demand {
    #[default]
    Nothing,
    /// One of both, if it were known that the domain does not stand behind the message.
    Unsure,
    Quarantine,
    Reject,
}

impl Checked {
    /// What follows.
    pub(crate) fn consequence(&self, dmarc: Dmarc) -> Consequence {
        match (dmarc, self.demand) {
            (Dmarc::Note, _) | (_, Demand::Nothing) => Consequence::None,
            (Dmarc::Enforce, Demand::Unsure) => Consequence::Later,
            (Dmarc::Enforce, Demand::Reject) => Consequence::Refuse,
            (Dmarc::Quarantine | Dmarc::Enforce, _) => Consequence::Mark,
        }
    }

    /// A check that was never made asks for nothing.
    fn only(checks: Checks) -> Self {
        let demand = Demand::Nothing;
        Self { checks, demand }
    }
}

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
    resolver: Resolver,
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
    /// Finds out by asking DNS.
    #[must_use]
    pub fn new(resolver: Resolver) -> Self {
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
    pub(crate) async fn check(&self, from: From<'_>, taken: &mut Taken) -> Checked {
        let author = taken.author();
        let Some(message) = taken.authenticated() else {
            return Checked::only(Checks::default());
        };
        // Those who read a message show what our parser reads; the library has one of its own. Where the two do not read the
        // same, nobody is vouched for.
        let is_from_one = author.is_some_and(|author| message.froms() == [author]);
        self.check_message(from, message, is_from_one).await
    }

    /// Whether the peer may send for the envelope's sender, as its domain says.
    pub(crate) async fn is_from_its_domain(&self, from: From<'_>) -> bool {
        let asked = tokio::time::timeout(NAME_PATIENCE, self.spf(from)).await;
        asked.is_ok_and(|output| output.result() == SpfResult::Pass)
    }

    async fn spf(&self, from: From<'_>) -> SpfOutput {
        if from.peer.is_loopback() {
            // Who passes mail on from this very machine is in nobody's record.
            return SpfOutput::new(from.domain().to_owned());
        }
        let asked = SpfParameters::verify_mail_from(from.peer, from.hello, from.host, from.sender);
        self.resolver.0.verify_spf(self.asking(asked)).await
    }

    async fn check_message(
        &self,
        from: From<'_>,
        mut message: AuthenticatedMessage<'_>,
        is_from_one: bool,
    ) -> Checked {
        let signed = signatures::apart(&mut message);
        let (policy, spf, dkim, arc) = tokio::join!(
            self.policy(&message),
            self.spf_in_time(from),
            self.signatures(&message, &signed),
            self.chain(&message),
        );
        let domain = from.domain();
        let found = DmarcParameters {
            message: &message,
            dkim_output: &dkim,
            dkim2_output: None,
            rfc5321_mail_from_domain: domain,
            spf_output: &spf,
        };
        let dmarc = self.alignment(found, policy).await;
        let passed = dkim.iter().filter(|output| *output.result() == DkimResult::Pass);
        let domains = passed.filter_map(|output| {
            output
                .signature()
                .map(mail_auth::common::verify::VerifySignature::domain)
        });
        let domains = domains.map(|domain| cut(domain.to_owned(), Summary::MAX_HOST));
        let checks = Checks {
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
            arc,
            is_spam: false,
        };
        Checked {
            checks,
            demand: demand(&dmarc, is_from_one),
        }
    }

    async fn spf_in_time(&self, from: From<'_>) -> SpfOutput {
        let asked = tokio::time::timeout(PATIENCE, self.spf(from)).await;
        asked.unwrap_or_else(|_| SpfOutput::new(from.domain().to_owned()).with_result(SpfResult::TempError))
    }

    /// What the domain of `From` asks for, whoever stands behind the message. It is asked before all else is known, and is not
    /// lost when all else cannot be found out.
    async fn policy(&self, message: &AuthenticatedMessage<'_>) -> DmarcOutput {
        let nothing = SpfOutput::default();
        let asked = self.asking(DmarcParameters::new(message, &[], "", &nothing));
        let policy = tokio::time::timeout(PATIENCE, self.resolver.0.verify_dmarc(asked)).await;
        policy.unwrap_or_else(|_| unsure(DmarcOutput::default()))
    }

    /// Whether what holds is of the same domain as `From`, for which `policy` is known.
    async fn alignment(&self, found: DmarcParameters<'_>, policy: DmarcOutput) -> DmarcOutput {
        let asking = self.resolver.0.verify_dmarc(self.asking(found));
        let dmarc = tokio::time::timeout(ALIGNMENT_PATIENCE, asking).await;
        let is_known = |dmarc: &DmarcOutput| dmarc.dmarc_record().is_some();
        dmarc
            .ok()
            .filter(|dmarc| is_known(dmarc) || !is_known(&policy))
            .unwrap_or_else(|| unsure(policy))
    }

    async fn chain(&self, message: &AuthenticatedMessage<'_>) -> Verdict {
        let asking = self.resolver.0.verify_arc(self.asking(message));
        let chain = tokio::time::timeout(SIGNATURE_PATIENCE, asking).await;
        chain.map_or(Verdict::TemporaryError, |chain: ArcOutput<'_>| {
            of_dkim(chain.result())
        })
    }

    /// The name that DNS has for an address, if that name leads back to it.
    pub(crate) async fn host(&self, peer: IpAddr) -> String {
        let asked =
            tokio::time::timeout(NAME_PATIENCE, self.resolver.0.verify_iprev(self.asking(peer))).await;
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

impl From<'_> {
    /// The domain that is asked about the envelope: its sender's, or where it has none what the peer calls itself.
    fn domain(&self) -> &str {
        let domain = self.sender.rsplit_once('@');
        domain.map_or(self.hello, |(_, domain)| domain)
    }
}

/// Nobody has answered in time.
fn no_answer() -> Error {
    Error::Dns(DnsError::Resolver(String::new()))
}

/// A policy of which it is not known whether the message fails it.
fn unsure(policy: DmarcOutput) -> DmarcOutput {
    policy.with_dkim_result(DmarcResult::TempError(no_answer()))
}

/// RFC 6376, 5.4: a signature is over `From`, or it is none. The library verifies others too, and whoever has one of those of a
/// domain could put it on a message in anybody's name there.
fn refuse_without_author(output: &mut DkimOutput<'_>) {
    let fields = output.signature().map(|signature| &signature.h);
    let is_over_author = |fields: &Vec<String>| {
        let mut names = fields.iter().map(|name| name.trim());
        names.any(|name| name.eq_ignore_ascii_case("from"))
    };
    if fields.is_some_and(|fields| !is_over_author(fields)) {
        *output = DkimOutput::perm_err(Error::ParseError);
    }
}

/// What the domain of `From` asks for, if it does not stand behind the message: its own policy, or that of the domain above
/// it for what is below (`sp`, `np`). There is no share of messages to which it applies: RFC 9989 has taken `pct` away, since
/// hardly anybody did the same with it as others, and leaves `t=y`, of which the library knows, to domains that only try.
fn demand(dmarc: &DmarcOutput, is_from_one: bool) -> Demand {
    if !is_from_one {
        // Nobody's policy, and a way round everybody's. Programs that people use do not write such a field.
        return Demand::Quarantine;
    }
    match (dmarc.result(), dmarc.policy()) {
        (DmarcResult::Fail(_), Policy::Reject) => Demand::Reject,
        (DmarcResult::Fail(_), Policy::Quarantine) => Demand::Quarantine,
        // Otherwise a forger had only to see to it that a name server does not answer (RFC 7489, 6.6.3).
        (DmarcResult::TempError(_), Policy::Reject | Policy::Quarantine) => Demand::Unsure,
        // What a domain is not known to ask for is not held against anybody.
        _ => Demand::Nothing,
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

#[cfg(test)]
mod tests;
