//! What the program needs to know, in the form in which it needs it.
//!
//! [`raw`] is what can be written down; here it becomes what can be run: a mixture that makes no sense does not get
//! past [`Config::read`].

#[cfg(test)]
mod docs;
pub(crate) mod raw;
mod secret;
mod sources;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use postern_api::{Pace, Rate, Rates, Settings};
use postern_domain::Rules;
use postern_domain::dns::StsMode;
use postern_domain::sweeper::Grace;
use postern_protocol::time::{HOUR_MS, MINUTE_MS};
use postern_protocol::{AccountName, DomainName};
use postern_smtp_gateway::Limits;
use postern_smtp_gateway::checks::Dmarc;
use postern_smtp_gateway::filter::FilterAddress;
use postern_storage::S3Settings;

use raw::{
    BlobsEngine, DmarcPolicy, LogFormat, MtaSts, RawBlobs, RawConfig, RawLimits, RawMail, RawRecords,
    RawSweep, RecordsEngine,
};
use secret::Secret;

/// All that the program needs to know.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) http: SocketAddr,
    pub(crate) records: Records,
    pub(crate) blobs: Blobs,
    pub(crate) rules: Rules,
    pub(crate) mail: Mail,
    pub(crate) interface: Settings,
    pub(crate) sweeping: Sweeping,
    /// Where figures are shown, if anywhere.
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) log: Log,
}

/// Where records are kept.
#[derive(Debug)]
pub(crate) enum Records {
    /// In a file.
    Sqlite(PathBuf),
    /// In a database.
    Postgres(Secret),
}

/// Where contents are kept.
#[derive(Debug)]
pub(crate) enum Blobs {
    /// In files.
    Folder(PathBuf),
    /// In a bucket.
    S3(S3Settings),
}

/// How mail comes in.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) listen: SocketAddr,
    pub(crate) listen_tls: Option<SocketAddr>,
    pub(crate) host: String,
    /// Certificate and key.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    pub(crate) limits: Limits,
    pub(crate) spool_bytes: usize,
    pub(crate) check_senders: bool,
    pub(crate) dmarc: Dmarc,
    pub(crate) dns_server: Option<SocketAddr>,
    pub(crate) block_lists: Vec<String>,
    pub(crate) greylist: bool,
    pub(crate) filter: Option<ContentFilter>,
    /// Whether somebody gets what is written to the server's keeper.
    pub(crate) has_postmaster: bool,
}

/// Who reads mail before it is sealed.
#[derive(Debug)]
pub(crate) struct ContentFilter {
    pub(crate) address: FilterAddress,
    /// Whether what it rejects is refused.
    pub(crate) rejects: bool,
}

/// When it is removed what nobody needs any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sweeping {
    pub(crate) every: Duration,
    pub(crate) grace: Grace,
}

/// How log lines look, and which there are.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) as_json: bool,
    pub(crate) filter: String,
}

impl Config {
    /// What the file, the environment and the flags say together.
    pub(crate) fn read(
        file: Option<&Path>,
        variables: impl Iterator<Item = (String, String)>,
        flags: toml::Table,
    ) -> anyhow::Result<Self> {
        Self::try_from(sources::read(file, variables, flags)?)
    }
}

impl TryFrom<RawConfig> for Config {
    type Error = anyhow::Error;

    fn try_from(raw: RawConfig) -> anyhow::Result<Self> {
        Ok(Self {
            mail: mail(&raw.mail)?,
            records: records(raw.records, &raw.data)?,
            blobs: blobs(raw.blobs, &raw.data)?,
            rules: Rules {
                sign_up: raw.account.sign_up,
                quota_bytes: raw.account.quota_bytes,
                mail_domain: DomainName::parse(&raw.mail.domain)
                    .with_context(|| format!("mail.domain: {}", raw.mail.domain))?,
                administrators: administrators(&raw.administrators)?,
                mail_host: mail_host(&raw.mail)?,
                sts: sts(&raw.mail)?,
                postmaster: raw
                    .mail
                    .postmaster
                    .map(|name| AccountName::parse(&name).with_context(|| format!("mail.postmaster: {name}")))
                    .transpose()?,
            },
            interface: Settings {
                trusted_proxies: raw.trusted_proxies,
                behind_tls: raw.behind_tls,
                rates: rates(&raw.limits)?,
                pace: pace(&raw.limits),
                shutdown: Duration::from_secs(raw.shutdown_s),
                dns: None,
                connections: raw.limits.connections.max(1),
                connections_per_address: raw.limits.connections_per_address.max(1),
                workers: if raw.workers == 0 {
                    Settings::default().workers
                } else {
                    raw.workers
                },
            },
            sweeping: sweeping(&raw.sweep),
            metrics: raw.metrics.listen,
            log: Log {
                as_json: raw.log.format == LogFormat::Json,
                filter: raw.log.filter,
            },
            data: raw.data,
            http: raw.http,
        })
    }
}

fn administrators(names: &[String]) -> anyhow::Result<Vec<AccountName>> {
    let parse = |name: &String| AccountName::parse(name).with_context(|| format!("administrators: {name}"));
    names.iter().map(parse).collect()
}

fn mail_host(raw: &RawMail) -> anyhow::Result<DomainName> {
    let host = raw.host.as_ref().unwrap_or(&raw.domain);
    DomainName::parse(host).with_context(|| format!("mail.host: {host}"))
}

fn sts(raw: &RawMail) -> anyhow::Result<Option<StsMode>> {
    Ok(match raw.mta_sts {
        MtaSts::None => None,
        MtaSts::Testing => Some(StsMode::Testing),
        // Nobody would bring mail any more.
        MtaSts::Enforce if raw.tls_certificate.is_none() => {
            bail!("mail.mta_sts = \"enforce\" needs mail.tls_certificate")
        }
        MtaSts::Enforce => Some(StsMode::Enforce),
    })
}

fn mail(raw: &RawMail) -> anyhow::Result<Mail> {
    let tls = match (&raw.tls_certificate, &raw.tls_key) {
        (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
        (None, None) => None,
        _ => bail!("mail.tls_certificate and mail.tls_key need each other"),
    };
    if raw.listen_tls.is_some() && tls.is_none() {
        bail!("mail.listen_tls needs mail.tls_certificate and mail.tls_key");
    }
    Ok(Mail {
        listen: raw.listen,
        listen_tls: raw.listen_tls,
        host: raw.host.clone().unwrap_or_else(|| raw.domain.clone()),
        tls,
        limits: Limits {
            message_bytes: raw.message_bytes,
            connections: raw.connections.max(1),
            connections_by_address: raw.connections_per_address.max(1),
            ..Limits::default()
        },
        spool_bytes: raw.spool_bytes,
        check_senders: raw.check_senders && raw.domain != "localhost",
        dmarc: match raw.dmarc {
            DmarcPolicy::Note => Dmarc::Note,
            DmarcPolicy::Quarantine => Dmarc::Quarantine,
            DmarcPolicy::Enforce => Dmarc::Enforce,
        },
        dns_server: raw.dns_server,
        block_lists: raw
            .block_lists
            .iter()
            .map(|name| block_list(name))
            .collect::<anyhow::Result<_>>()?,
        greylist: raw.greylist,
        filter: content_filter(raw)?,
        has_postmaster: raw.postmaster.is_some(),
    })
}

fn block_list(name: &str) -> anyhow::Result<String> {
    let name = DomainName::parse(name).with_context(|| format!("mail.block_lists: {name}"))?;
    Ok(name.to_string())
}

fn content_filter(raw: &RawMail) -> anyhow::Result<Option<ContentFilter>> {
    let Some(text) = &raw.rspamd else {
        if raw.rspamd_reject || raw.rspamd_remote {
            bail!("mail.rspamd_reject and mail.rspamd_remote have no meaning without mail.rspamd");
        }
        return Ok(None);
    };
    let address = FilterAddress::parse(text).with_context(|| format!("mail.rspamd: {text}"))?;
    if !address.is_here() && !raw.rspamd_remote {
        bail!(
            "mail.rspamd: {text} is not an address of this machine, and the filter sees the text of every message; \
             mail.rspamd_remote = true allows it all the same"
        );
    }
    Ok(Some(ContentFilter {
        address,
        rejects: raw.rspamd_reject,
    }))
}

fn records(raw: RawRecords, data: &Path) -> anyhow::Result<Records> {
    match (raw.engine, raw.url) {
        (RecordsEngine::Sqlite, None) => Ok(Records::Sqlite(data.join("records.sqlite"))),
        (RecordsEngine::Sqlite, Some(_)) => {
            bail!("records.url has no meaning with records.engine = \"sqlite\"")
        }
        (RecordsEngine::Postgres, Some(url)) => Ok(Records::Postgres(url)),
        (RecordsEngine::Postgres, None) => bail!("records.engine = \"postgres\" needs records.url"),
    }
}

fn blobs(raw: RawBlobs, data: &Path) -> anyhow::Result<Blobs> {
    match raw.engine {
        BlobsEngine::Folder => {
            let s3_only = [&raw.endpoint, &raw.region, &raw.bucket, &raw.access_key];
            if s3_only.into_iter().any(Option::is_some) || raw.secret_key.is_some() {
                bail!("the settings of an S3 store have no meaning with blobs.engine = \"folder\"");
            }
            Ok(Blobs::Folder(data.join("blobs")))
        }
        BlobsEngine::S3 => {
            let needed = |value: Option<String>, key: &str| {
                value.with_context(|| format!("blobs.engine = \"s3\" needs blobs.{key}"))
            };
            Ok(Blobs::S3(S3Settings {
                endpoint: needed(raw.endpoint, "endpoint")?,
                region: raw.region.unwrap_or_else(|| "us-east-1".to_owned()),
                bucket: needed(raw.bucket, "bucket")?,
                access_key: needed(raw.access_key, "access_key")?,
                secret_key: needed(raw.secret_key.map(|key| key.expose().to_owned()), "secret_key")?,
            }))
        }
    }
}

fn sweeping(raw: &RawSweep) -> Sweeping {
    let ms = |number: u32, unit_ms: i64| i64::from(number) * unit_ms;
    Sweeping {
        every: Duration::from_secs(u64::from(raw.every_minutes.max(1)) * 60),
        grace: Grace {
            upload_ms: ms(raw.upload_hours, HOUR_MS),
            unattached_ms: ms(raw.unattached_hours, HOUR_MS),
            removed_ms: ms(raw.removed_minutes, MINUTE_MS),
        },
    }
}

fn rates(raw: &RawLimits) -> anyhow::Result<Rates> {
    let rate = |burst, per_minute| {
        let at_least_one = |number| NonZeroU32::new(number).context("a limit cannot be 0");
        Ok::<_, anyhow::Error>(Rate {
            burst: at_least_one(burst)?,
            per_minute: at_least_one(per_minute)?,
        })
    };
    Ok(Rates {
        address: rate(raw.address_burst, raw.address_per_minute)?,
        stranger: rate(raw.stranger_burst, raw.stranger_per_minute)?,
        login: rate(raw.login_burst, raw.login_per_minute)?,
    })
}

fn pace(raw: &RawLimits) -> Pace {
    Pace {
        head: Duration::from_secs(raw.head_s),
        body_grace: Duration::from_secs(raw.body_grace_s),
        body_bytes_per_s: raw.body_bytes_per_s.max(1),
        stall: Duration::from_secs(raw.stall_s.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(toml: &str) -> anyhow::Result<Config> {
        Config::try_from(toml::from_str::<RawConfig>(toml)?)
    }

    #[test]
    fn without_a_word_everything_is_in_the_data_folder() {
        let config = config("data = '/srv/postern'").expect("nothing is needed");
        assert!(matches!(config.records, Records::Sqlite(file) if file.starts_with("/srv/postern")));
        assert!(matches!(config.blobs, Blobs::Folder(folder) if folder.starts_with("/srv/postern")));
    }

    #[test]
    fn a_mixture_that_makes_no_sense_is_refused_with_the_reason() {
        for (toml, reason) in [
            ("[records]\nurl = 'postgres://x'", "no meaning"),
            ("[records]\nengine = 'postgres'", "needs records.url"),
            ("[blobs]\nbucket = 'b'", "no meaning"),
            ("[blobs]\nengine = 's3'", "needs blobs.endpoint"),
            ("[limits]\nlogin_burst = 0", "cannot be 0"),
            ("[mail]\ndomain = 'no domain'", "mail.domain: no domain"),
            ("[mail]\npostmaster = '@'", "mail.postmaster: @"),
            ("[mail]\ntls_key = 'key.pem'", "need each other"),
            ("[mail]\nlisten_tls = '127.0.0.1:0'", "needs mail.tls_certificate"),
            ("[mail]\nblock_lists = ['no list']", "mail.block_lists: no list"),
            ("[mail]\nrspamd = 'here'", "mail.rspamd: here"),
            ("[mail]\nrspamd = 'http://192.0.2.1:11333'", "mail.rspamd_remote"),
            ("[mail]\nrspamd_reject = true", "without mail.rspamd"),
            ("administrators = ['no name']", "administrators: no name"),
            ("[mail]\nhost = 'no host'", "mail.host: no host"),
            ("[mail]\nmta_sts = 'enforce'", "needs mail.tls_certificate"),
        ] {
            let error = config(toml).expect_err(toml);
            assert!(format!("{error:#}").contains(reason), "{toml}: {error:#}");
        }
    }

    #[test]
    fn defaults_here_are_those_of_the_interface() {
        let (ours, theirs) = (
            config("").expect("nothing is needed").interface,
            Settings::default(),
        );
        assert_eq!(ours.rates.address, theirs.rates.address);
        assert_eq!(ours.rates.stranger, theirs.rates.stranger);
        assert_eq!(ours.rates.login, theirs.rates.login);
        assert_eq!(ours.pace.head, theirs.pace.head);
        assert_eq!(ours.pace.body_grace, theirs.pace.body_grace);
        assert_eq!(ours.pace.body_bytes_per_s, theirs.pace.body_bytes_per_s);
        assert_eq!(ours.pace.stall, theirs.pace.stall);
        assert_eq!(ours.shutdown, theirs.shutdown);
        assert_eq!(ours.connections, theirs.connections);
        assert_eq!(ours.connections_per_address, theirs.connections_per_address);
    }

    #[test]
    fn mail_is_said_hello_for_by_the_domain_and_senders_are_looked_up_where_there_are_any() {
        let mail = config("").expect("nothing is needed").mail;
        assert_eq!((&*mail.host, mail.check_senders), ("localhost", false));
        let mail = config("[mail]\ndomain = 'example.org'").expect("a domain").mail;
        assert_eq!((&*mail.host, mail.check_senders), ("example.org", true));
        let mail = config("[mail]\ndomain = 'example.org'\nhost = 'mx.example.org'\ncheck_senders = false");
        let mail = mail.expect("a domain").mail;
        assert_eq!((&*mail.host, mail.check_senders), ("mx.example.org", false));
    }

    #[test]
    fn a_filter_is_on_this_machine_unless_somebody_says_that_it_need_not_be() {
        for settings in [
            "rspamd = 'http://127.0.0.1:11333'",
            "rspamd = 'unix:/run/rspamd/normal.sock'",
            "rspamd = 'http://192.0.2.1:11333'\nrspamd_remote = true",
        ] {
            let mail = config(&format!("[mail]\n{settings}")).expect(settings).mail;
            assert!(mail.filter.is_some_and(|filter| !filter.rejects), "{settings}");
        }
    }

    #[test]
    fn defaults_here_are_those_of_the_gateway() {
        let mail = config("").expect("nothing is needed").mail;
        assert_eq!(mail.dmarc, Dmarc::default());
        assert!(mail.filter.is_none() && mail.block_lists.is_empty() && !mail.greylist);
    }

    #[test]
    fn defaults_here_are_those_of_the_rules() {
        let config = config("").expect("nothing is needed");
        assert_eq!(config.sweeping.grace, Grace::default());
    }

    #[test]
    fn a_secret_is_not_shown_when_the_settings_are() {
        let config = config(
            "[records]\nengine = 'postgres'\nurl = 'postgres://u:hunter2@h/d'\n\
             [blobs]\nengine = 's3'\nendpoint = 'https://e'\nbucket = 'b'\naccess_key = 'a'\nsecret_key = 'hunter2'",
        )
        .expect("all is there");
        let shown = format!("{config:?}");
        assert!(shown.contains("***") && !shown.contains("hunter2"), "{shown}");
    }
}
