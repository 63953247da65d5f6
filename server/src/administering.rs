//! Domains and addresses, administered by hand. They are read anew with each message, so a server may be running.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use postern_api::Clock;
use postern_domain::{Administrator, Postern, Silent};
use postern_protocol::DomainName;
use postern_protocol::administration::{
    AddressEntry, Addresses, DnsCheck, DnsRecord, DomainEntry, Domains, RecordKind, RecordPurpose,
    RecordState,
};
use postern_protocol::limits::MAX_ADDRESS_PAGE;
use serde::Serialize;
use serde_json::json;

use crate::args::{AddressAct, DomainAct, Output, TypedAddress};
use crate::config::Config;
use crate::{data_folder, mailing, stores};

/// What `check` ends with where something is not as mail needs it.
const NOT_RIGHT: u8 = 3;

/// Does something with domains.
pub(crate) async fn domain(config: Config, act: DomainAct, output: Output) -> anyhow::Result<ExitCode> {
    let dns = mailing::domain_dns(&config.mail);
    let administrator = open(config).await?;
    match act {
        DomainAct::List => {
            let domains = administrator.domains().await?;
            output.say(&domains, |domains| {
                domains.domains.iter().map(domain_line).collect()
            })?;
        }
        DomainAct::Add { domain } => {
            let added = administrator.add_domain(&domain, Clock::system().now()).await;
            let added = added.with_context(|| format!("cannot add {domain}"))?;
            output.say(&added, |added| {
                let name = &added.name;
                format!("Mail for {name} is taken from now on. What DNS has to say of it: posternd domain check {name}\n")
            })?;
        }
        DomainAct::Remove {
            domain,
            with_addresses,
        } => {
            if !with_addresses {
                must_be_empty(&administrator, &domain).await?;
            }
            let removed = administrator.remove_domain(&domain).await;
            let removed = removed.with_context(|| format!("cannot remove {domain}"))?;
            output.say(&removed, |removed| {
                let addresses = counted(removed.addresses);
                format!("No mail for {domain} is taken any more; {addresses} went with it.\n")
            })?;
        }
        DomainAct::CatchAll { domain, account } => {
            let set = administrator.set_catch_all(&domain, account.as_ref()).await;
            set.with_context(|| format!("cannot say who gets the rest of {domain}"))?;
            let entry = entry(&administrator, &domain).await?;
            output.say(&entry, |_| match &account {
                Some(account) => {
                    format!("{account} gets what is written to addresses of {domain} that nobody has.\n")
                }
                None => format!("What is written to addresses of {domain} that nobody has is refused.\n"),
            })?;
        }
        DomainAct::Check { domain } => {
            let checked = administrator.check_domain(&domain, &dns).await;
            let checked = checked.with_context(|| format!("cannot look at {domain}"))?;
            output.say(&checked, told)?;
            return Ok(verdict(&checked));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Does something with addresses.
pub(crate) async fn address(config: Config, act: AddressAct, output: Output) -> anyhow::Result<ExitCode> {
    let own = config.rules.mail_domain.clone();
    let administrator = open(config).await?;
    match act {
        AddressAct::List { domain } => {
            let domain = domain.unwrap_or(own);
            let all = all_addresses(&administrator, &domain).await?;
            output.say(&all, |all| {
                let line = |entry: &AddressEntry| format!("{}@{domain}  {}\n", entry.local, entry.account);
                all.addresses.iter().map(line).collect()
            })?;
        }
        AddressAct::Give { address, account } => {
            let TypedAddress { local, domain } = &address;
            let now = Clock::system().now();
            let given = administrator.give_address(domain, local, &account, now).await;
            given.with_context(|| format!("cannot give {local}@{domain} to {account}"))?;
            let answer = json!({ "address": format!("{local}@{domain}"), "account": account });
            output.say(&answer, |_| {
                format!("What is written to {local}@{domain} goes to {account}.\n")
            })?;
        }
        AddressAct::Take { address } => {
            let TypedAddress { local, domain } = &address;
            let taken = administrator.take_address(domain, local).await;
            taken.with_context(|| format!("cannot take {local}@{domain}"))?;
            let answer = json!({ "address": format!("{local}@{domain}") });
            output.say(&answer, |_| format!("Nobody has {local}@{domain} any more.\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(config: Config) -> anyhow::Result<Administrator> {
    data_folder::make(&config.data)?;
    let stores = stores::open(&config).await?;
    let postern = Postern::open(stores, config.rules, Arc::new(Silent), &mut rand::rng()).await?;
    Ok(postern.administrator())
}

async fn entry(administrator: &Administrator, domain: &DomainName) -> anyhow::Result<DomainEntry> {
    let Domains { domains } = administrator.domains().await?;
    let found = domains.into_iter().find(|entry| entry.name == *domain);
    found.with_context(|| format!("there is no domain {domain}: posternd domain list tells which there are"))
}

async fn must_be_empty(administrator: &Administrator, domain: &DomainName) -> anyhow::Result<()> {
    let entry = entry(administrator, domain).await?;
    if entry.addresses > 0 && !entry.own {
        let addresses = counted(entry.addresses);
        bail!("{domain} has {addresses}, which would be forgotten: say --with-addresses if they are to go");
    }
    Ok(())
}

async fn all_addresses(administrator: &Administrator, domain: &DomainName) -> anyhow::Result<Addresses> {
    let mut all = Addresses {
        addresses: Vec::new(),
        more: true,
    };
    while all.more {
        let after = all.addresses.last().map(|entry| entry.local.clone());
        let page = administrator
            .addresses(domain, after.as_ref(), MAX_ADDRESS_PAGE)
            .await;
        let page = page.with_context(|| format!("cannot list the addresses of {domain}"))?;
        all.addresses.extend(page.addresses);
        all.more = page.more;
    }
    Ok(all)
}

impl Output {
    /// Prints an answer, for programs or for people.
    fn say<T: Serialize>(self, answer: &T, told: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        let text = if self.json {
            serde_json::to_string(answer).context("cannot write the answer")? + "\n"
        } else {
            told(answer)
        };
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).context("cannot print the answer")
    }
}

fn domain_line(entry: &DomainEntry) -> String {
    let about = match (entry.own, &entry.catch_all) {
        (true, _) => ", the server's own".to_owned(),
        (false, Some(account)) => format!(", the rest goes to {account}"),
        (false, None) => String::new(),
    };
    format!("{}  {}{about}\n", entry.name, counted(entry.addresses))
}

fn counted(addresses: u64) -> String {
    let plural = if addresses == 1 { "" } else { "es" };
    format!("{addresses} address{plural}")
}

/// One paragraph for each record: how it stands, why, and what to publish.
fn told(checked: &DnsCheck) -> String {
    checked
        .records
        .iter()
        .map(paragraph)
        .collect::<Vec<_>>()
        .join("\n")
}

fn paragraph(record: &DnsRecord) -> String {
    let state = match (record.state, record.needed) {
        (RecordState::Right, _) => "right",
        (RecordState::Missing, true) => "MISSING",
        (RecordState::Missing, false) => "missing, and good to have",
        (RecordState::Different, true) => "DIFFERENT",
        (RecordState::Different, false) => "different, and good to have",
        (RecordState::Unknown, _) => "not known",
    };
    let mut text = format!("{}: {state}. {}\n", purpose(record.purpose), record.why);
    if record.state != RecordState::Right {
        let kind = kind(record.kind);
        text += &format!("  publish  {}. {kind} {}\n", record.name, value(record));
        let found = record.found.iter().map(|found| format!("  found    {found}\n"));
        text.extend(found);
    }
    text
}

/// As zone files have it: a text in pieces of at most 255 bytes (RFC 1035, 3.3).
fn value(record: &DnsRecord) -> String {
    if record.kind != RecordKind::Txt {
        return record.value.clone();
    }
    let pieces = record.value.as_bytes().chunks(255);
    let pieces = pieces.map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)));
    pieces.collect::<Vec<_>>().join(" ")
}

fn purpose(purpose: RecordPurpose) -> &'static str {
    match purpose {
        RecordPurpose::Mx => "MX",
        RecordPurpose::Spf => "SPF",
        RecordPurpose::Dkim => "DKIM",
        RecordPurpose::Dmarc => "DMARC",
        RecordPurpose::MtaSts => "MTA-STS",
        RecordPurpose::MtaStsPolicy => "MTA-STS policy",
        RecordPurpose::TlsRpt => "TLS reports",
        RecordPurpose::Unknown => "?",
    }
}

fn kind(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Mx => "MX",
        RecordKind::Txt => "TXT",
        RecordKind::Cname => "CNAME",
    }
}

fn verdict(checked: &DnsCheck) -> ExitCode {
    let is_right = |record: &DnsRecord| !record.needed || record.state == RecordState::Right;
    if checked.records.iter().all(is_right) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOT_RIGHT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_written_in_pieces() {
        let record = DnsRecord {
            purpose: RecordPurpose::Dkim,
            name: "postern._domainkey.example.org".to_owned(),
            kind: RecordKind::Txt,
            value: "a".repeat(300),
            needed: true,
            state: RecordState::Missing,
            found: Vec::new(),
            why: "Why.".to_owned(),
        };
        let text = paragraph(&record);
        let pieces = format!("\"{}\" \"{}\"\n", "a".repeat(255), "a".repeat(45));
        assert!(text.starts_with("DKIM: MISSING. Why.\n"), "{text}");
        assert!(text.ends_with(&pieces), "{text}");
    }
}
