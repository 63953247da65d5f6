//! What is found, judged by what it means.

use std::net::IpAddr;

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::dmarc::{Dmarc, Policy};
use mail_auth::mta_sts::{MtaSts, TlsRpt};
use mail_auth::spf::Spf;
use postern_protocol::DomainName;

use super::Judged;
use super::asking::{Answer, Servers};

pub(super) const NO_ANSWER: &str = "DNS does not answer this at the moment. Look again in a while.";

/// Whether mail is brought to `host`, at least by who does not get any further.
pub(super) fn mx(servers: Answer<Servers>, addresses: Answer<Vec<IpAddr>>, host: &DomainName) -> Judged {
    let Ok(servers) = servers else {
        return Judged::unknown(NO_ANSWER);
    };
    let found: Vec<_> = servers
        .iter()
        .map(|(preference, name)| format!("{preference} {name}."))
        .collect();
    let Some(ours) = servers.iter().find(|(_, name)| name == host.as_str()) else {
        let takes_none = servers.iter().any(|(_, name)| name.is_empty());
        return match (servers.is_empty(), takes_none) {
            (true, _) => Judged::missing("Without it nobody knows where to bring mail for this domain."),
            (_, true) => Judged::different(
                found,
                "This says that the domain takes no mail at all (RFC 7505).",
            ),
            _ => Judged::different(
                found,
                "Mail for this domain is brought to others, and none of it to this server.",
            ),
        };
    };
    match addresses {
        Ok(addresses) if addresses.is_empty() => Judged::different(
            found,
            format!(
                "It names this server, but {host} has no address in DNS, so nobody finds it: add an A or AAAA record for {host}."
            ),
        ),
        _ if servers.iter().any(|(preference, _)| *preference < ours.0) => Judged::right(
            found,
            "Mail is brought here if those with lower numbers do not take it.",
        ),
        _ => Judged::right(found, "Mail for this domain is brought to this server."),
    }
}

/// The one text that is an SPF record.
pub(super) fn spf(texts: Answer<Vec<String>>) -> Result<String, Judged> {
    let is_spf = |text: &str| {
        let version = text.split(' ').next().unwrap_or_default();
        version.eq_ignore_ascii_case("v=spf1")
    };
    let record = only(
        texts,
        is_spf,
        "Without it others cannot tell this server from whoever else sends in this domain’s name, and take its mail for spam.",
    )?;
    let is_whole = record
        .split(' ')
        .skip(1)
        .filter(|term| !term.is_empty())
        .all(is_term);
    if is_whole && Spf::parse(record.as_bytes()).is_ok() {
        Ok(record)
    } else {
        Err(unreadable(record, "SPF"))
    }
}

/// RFC 7208, 4.6.1: a word that nobody knows spoils the whole record, unless it has a value. The library overlooks it.
fn is_term(term: &str) -> bool {
    let end = term.find([':', '/', '=']).unwrap_or(term.len());
    let (name, rest) = term.split_at(end);
    let mechanism = name.trim_start_matches(['+', '-', '?', '~']).to_ascii_lowercase();
    rest.starts_with('=') || SPF_MECHANISMS.contains(&&*mechanism)
}

const SPF_MECHANISMS: [&str; 8] = ["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"];

/// Whether others find the public half of the key with which this server signs.
pub(super) fn dkim(texts: Answer<Vec<String>>, public: &str) -> Judged {
    let missing = "With it others check what this server signs. Publish it before mail is sent: it takes a while to be known.";
    let record = match only(texts, |_| true, missing) {
        Ok(record) => record,
        Err(judged) => return judged,
    };
    let tags = tags(&record);
    let tag = |name: &str| {
        tags.iter()
            .find(|(tag, _)| tag == name)
            .map(|(_, value)| &**value)
    };
    let lists = |name: &str, wanted: &[&str]| {
        tag(name).is_none_or(|value| {
            value
                .split(':')
                .any(|one| wanted.contains(&one.to_ascii_lowercase().as_str()))
        })
    };
    let why = if tag("v").is_some_and(|version| version != "DKIM1") || tag("p").is_none() {
        return unreadable(record, "DKIM");
    } else if tag("p") == Some("") {
        "It says that the key is no longer good (p is empty)."
    } else if tag("p") != Some(public) || !lists("k", &["rsa"]) {
        "It has another key than the one with which this server signs."
    } else if !lists("h", &["sha256"]) || !lists("s", &["*", "email"]) {
        "It has the right key, but does not let it be used for mail that is signed with SHA-256 (h or s)."
    } else if tag("t").is_some_and(|flags| flags.split(':').any(|flag| flag == "y")) {
        "It has the right key, but says that signatures are only tried out (t=y), so that others pay no heed to them."
    } else {
        return Judged::right(vec![record], "It has the key with which this server signs.");
    };
    Judged::different(vec![record], why)
}

/// Whether others know what to do with what only pretends to be of this domain.
pub(super) fn dmarc(texts: Answer<Vec<String>>) -> Judged {
    let missing =
        "Without it others do not know what to do with mail that only pretends to be from this domain.";
    let record = match only(texts, |text| has_version(text, "DMARC1"), missing) {
        Ok(record) => record,
        Err(judged) => return judged,
    };
    let why = match Dmarc::parse(record.as_bytes()).map(|dmarc| dmarc.p) {
        Err(_) | Ok(Policy::Unspecified) => return unreadable(record, "DMARC"),
        Ok(Policy::None) => {
            "It asks others to let through what only pretends to be from this domain. That is a beginning; quarantine or reject protect it."
        }
        Ok(Policy::Quarantine) => {
            "It asks others to take for spam what only pretends to be from this domain."
        }
        Ok(Policy::Reject) => "It asks others to refuse what only pretends to be from this domain.",
    };
    Judged::right(vec![record], why)
}

/// Whether others know that there is a policy, and which.
pub(super) fn sts(texts: Answer<Vec<String>>, id: &str) -> Judged {
    let missing =
        "With it, and the policy below, mail servers that know of it let nobody listen on the way here.";
    let record = match only(texts, |text| has_version(text, "STSv1"), missing) {
        Ok(record) => record,
        Err(judged) => return judged,
    };
    match MtaSts::parse(record.as_bytes()) {
        Err(_) => unreadable(record, "MTA-STS"),
        Ok(said) if said.id == id => Judged::right(
            vec![record],
            "Its id is that of the policy which this server has.",
        ),
        Ok(_) => Judged::different(
            vec![record],
            "Its id is another one than that of this server’s policy: who knows the old policy does not fetch the new one.",
        ),
    }
}

/// Whether somebody is told when TLS fails.
pub(super) fn tls(texts: Answer<Vec<String>>) -> Judged {
    let missing = "With it others report once a day whether they could bring mail through TLS.";
    let record = match only(texts, |text| has_version(text, "TLSRPTv1"), missing) {
        Ok(record) => record,
        Err(judged) => return judged,
    };
    match TlsRpt::parse(record.as_bytes()) {
        Ok(_) => Judged::right(vec![record], "Others report to the address in it."),
        Err(_) => unreadable(record, "TLS reporting"),
    }
}

/// The one text that is meant. Where there are several, none counts.
fn only(
    texts: Answer<Vec<String>>,
    is_meant: impl Fn(&str) -> bool,
    missing: &'static str,
) -> Result<String, Judged> {
    let texts = texts.map_err(|_| Judged::unknown(NO_ANSWER))?;
    let mut meant: Vec<_> = texts.into_iter().filter(|text| is_meant(text)).collect();
    match (meant.pop(), meant.len()) {
        (None, _) => Err(Judged::missing(missing)),
        (Some(record), 0) => Ok(record),
        (Some(last), others) => {
            meant.push(last);
            let why = format!(
                "There are {} of them here, and then none counts. Leave one.",
                others + 1
            );
            Err(Judged::different(meant, why))
        }
    }
}

fn unreadable(record: String, what: &str) -> Judged {
    let why = format!("It cannot be read as {what}, and then it counts as none.");
    Judged::different(vec![record], why)
}

/// Whether the first tag is `v`, and what it should be (RFC 9989, 4.7; RFC 8461, 3.1; RFC 8460, 3).
fn has_version(text: &str, version: &str) -> bool {
    let first = tags(text).into_iter().next();
    first.is_some_and(|(name, value)| name == "v" && value == version)
}

/// The tags of a record, without the blanks that may stand in it anywhere (RFC 6376, 3.2).
fn tags(text: &str) -> Vec<(String, String)> {
    let solid = |part: &str| part.split_ascii_whitespace().collect::<String>();
    let pairs = text.split(';').filter_map(|tag| tag.split_once('='));
    pairs.map(|(name, value)| (solid(name), solid(value))).collect()
}
