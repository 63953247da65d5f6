//! The settings as they are written down, each with its default and its explanation.
//!
//! From here comes everything that is said about a setting elsewhere: its key in `postern.toml`, its variable in the
//! environment, and its row in `docs/operating.md`.

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use postern_protocol::server::SignUpPolicy;
use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// One setting, as documentation and environment know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its section, or nothing.
    pub(crate) section: &'static str,
    /// Its key within the section.
    pub(crate) field: &'static str,
    /// What it is.
    pub(crate) explanation: &'static str,
}

impl Setting {
    /// Its variable in the environment.
    pub(crate) fn variable(&self) -> String {
        let path = [self.section, self.field]
            .into_iter()
            .filter(|part| !part.is_empty());
        format!("POSTERN_{}", path.collect::<Vec<_>>().join("_").to_uppercase())
    }
}

macro_rules! section {
    ($struct:ident, $section:literal, {
        $($(#[doc = $text:literal])+ $field:ident: $type:ty = $default:expr,)+
    } $(, sections { $($sub:ident: $sub_type:ty,)+ })?) => {
        #[derive(Debug, Clone, Deserialize, Serialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $struct {
            $($(#[doc = $text])+ pub(crate) $field: $type,)+
            $($(pub(crate) $sub: $sub_type,)+)?
        }

        impl Default for $struct {
            fn default() -> Self {
                Self {
                    $($field: $default,)+
                    $($($sub: <$sub_type>::default(),)+)?
                }
            }
        }

        impl $struct {
            const SETTINGS: &[Setting] = &[
                $(Setting {
                    section: $section,
                    field: stringify!($field),
                    explanation: concat!($($text),+),
                },)+
            ];
        }
    };
}

section!(RawConfig, "", {
    /// The folder in which everything is kept. Made if it is missing, readable for its owner only.
    data: PathBuf = PathBuf::from("data"),
    /// Where to listen. Port 0 takes a free one, which the line on standard output tells.
    http: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
    /// Whether everybody reaches this server through TLS: browsers are then told never to come without.
    behind_tls: bool = false,
    /// Proxies in front of this server, as addresses or networks. Only what these say about their clients'
    /// addresses (`Forwarded`, `X-Forwarded-For`) is believed.
    trusted_proxies: Vec<IpNet> = Vec::new(),
    /// The accounts that administer mail domains and addresses, by name. They see nothing of what others keep. Make the account
    /// first: nobody can sign up by a name that stands here.
    administrators: Vec<String> = Vec::new(),
    /// Threads that answer requests; 0 for as many as the machine has processors.
    workers: usize = 0,
    /// How many seconds transfers may go on after the server was told to stop.
    shutdown_s: u64 = 30,
}, sections {
    account: RawAccount,
    mail: RawMail,
    records: RawRecords,
    blobs: RawBlobs,
    sweep: RawSweep,
    limits: RawLimits,
    metrics: RawMetrics,
    log: RawLog,
});

section!(RawAccount, "account", {
    /// Who may make an account: `open` for everybody, `invite` for who has an invitation (`posternd invite` makes
    /// one), `closed` for nobody.
    sign_up: SignUpPolicy = SignUpPolicy::Open,
    /// How many bytes each account may keep.
    quota_bytes: u64 = 100 << 30,
});

section!(RawMail, "mail", {
    /// What stands behind the `@` of everybody's address.
    domain: String = "localhost".to_owned(),
    /// Where to listen for mail. Port 0 takes a free one, which the line on standard output tells.
    listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 2525)),
    /// Where to listen for mail that comes through TLS from the first byte on (mostly port 465). Needs the certificate.
    listen_tls: Option<SocketAddr> = None,
    /// The name by which this server says hello to others, and to which mail is brought (MX); the domain, if there is none.
    host: Option<String> = None,
    /// Whether senders are looked up in DNS (SPF, DKIM, DMARC, ARC). What is found is shown to recipients, sealed. As long as
    /// the domain is `localhost`, they never are.
    check_senders: bool = true,
    /// What follows if the domain in `From` does not stand behind a message (DMARC) and asks for that to have
    /// consequences: `note`: none; `quarantine`: it is marked as spam; `enforce`: it is refused where the domain asks to
    /// reject it, and marked where it asks for less.
    dmarc: DmarcPolicy = DmarcPolicy::Quarantine,
    /// The DNS server that is asked, with its port; whom the system asks, if there is none. Block lists often do not answer
    /// public ones: run one of your own then.
    dns_server: Option<SocketAddr> = None,
    /// Block lists in DNS, such as `zen.example.org`: who is on one of them brings no mail. A list that does not answer
    /// refuses nobody.
    block_lists: Vec<String> = Vec::new(),
    /// Whether who brings mail for the first time has to come again after a minute. Who sends for a domain that names them
    /// (SPF) does not have to.
    greylist: bool = false,
    /// A content filter that speaks rspamd's protocol: `http://127.0.0.1:11333` or `unix:/run/rspamd/normal.sock`. It sees
    /// the text of every message; see below.
    rspamd: Option<String> = None,
    /// Whether what the filter rejects is refused; it is marked as spam otherwise.
    rspamd_reject: bool = false,
    /// Whether the filter may be on another machine, which then sees the text of every message.
    rspamd_remote: bool = false,
    /// The certificate with those above it, in PEM. With it, mail may come through TLS (`STARTTLS`). Both files are read
    /// again within a minute after they have changed.
    tls_certificate: Option<PathBuf> = None,
    /// The certificate's key, in PEM.
    tls_key: Option<PathBuf> = None,
    /// What other mail servers are told to do where TLS with a good certificate fails (MTA-STS): `none`: they are told nothing;
    /// `testing`: they report it, and bring the mail all the same; `enforce`: they do not bring it. That needs the
    /// certificate.
    mta_sts: MtaSts = MtaSts::Testing,
    /// How many bytes a message may have.
    message_bytes: u64 = 100 << 20,
    /// How many bytes of small messages may wait for their mailboxes, as they do while the storage is away. The file in
    /// which they lie, and a journal of an eighth of it, are made once, at their full size; messages of more than 16 KiB
    /// have files of their own beside them.
    spool_bytes: usize = 64 << 20,
    /// How many connections may bring mail at once.
    connections: usize = 1_000,
    /// How many of them may come from one address (for IPv6 from one network of 64 bits, and four times as many from one of 48).
    connections_per_address: usize = 20,
    /// The account that gets what is written to the server's keeper (`postmaster`, `abuse` and the like).
    postmaster: Option<String> = None,
});

/// What follows where a domain does not stand behind a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DmarcPolicy {
    Note,
    Quarantine,
    Enforce,
}

/// What others are told to do where TLS fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MtaSts {
    None,
    Testing,
    Enforce,
}

/// Where records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RecordsEngine {
    Sqlite,
    Postgres,
}

section!(RawRecords, "records", {
    /// `sqlite`: a file in the data folder; `postgres`: a database that several servers can share.
    engine: RecordsEngine = RecordsEngine::Sqlite,
    /// The database, for `postgres`: `postgres://user:password@host/name`.
    url: Option<Secret> = None,
});

/// Where contents are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BlobsEngine {
    Folder,
    S3,
}

section!(RawBlobs, "blobs", {
    /// `folder`: below the data folder; `s3`: any S3-compatible store.
    engine: BlobsEngine = BlobsEngine::Folder,
    /// The store's address, for `s3`: `https://host`.
    endpoint: Option<String> = None,
    /// The store's region, for `s3`; what it is called does not matter to most stores other than AWS.
    region: Option<String> = None,
    /// The bucket, for `s3`. It must exist.
    bucket: Option<String> = None,
    /// The access key's id, for `s3`.
    access_key: Option<String> = None,
    /// The access key's secret, for `s3`.
    secret_key: Option<Secret> = None,
});

section!(RawSweep, "sweep", {
    /// How many minutes lie between two passes that remove what nobody needs any more.
    every_minutes: u32 = 10,
    /// For how many hours an upload may rest before it is given up. Longer than anybody's upload takes.
    upload_hours: u32 = 7 * 24,
    /// For how many hours a content is kept that no file names yet. Longer than it takes to put a folder.
    unattached_hours: u32 = 24,
    /// For how many minutes a removed content is kept, so that downloads under way may end.
    removed_minutes: u32 = 60,
});

section!(RawLimits, "limits", {
    /// How many requests one address may make at once.
    address_burst: u32 = 2_000,
    /// How many requests one address may make each minute from then on.
    address_per_minute: u32 = 12_000,
    /// How many requests that need no session (sign-up, login, recovery, opening a link) one address may make at once.
    stranger_burst: u32 = 60,
    /// How many of those it may make each minute from then on.
    stranger_per_minute: u32 = 60,
    /// How many attempts to sign in to one account are taken at once, from wherever they come.
    login_burst: u32 = 20,
    /// How many of those are taken each minute from then on.
    login_per_minute: u32 = 10,
    /// How many connections there may be at a time. Never more than half of the file handles that the system gives, of
    /// which a transfer needs a second one. Who comes when there are as many is answered with 503.
    connections: usize = 16_384,
    /// How many of them may come from one address (a trusted proxy's aside). Who has as many is answered with 429.
    connections_per_address: usize = 1_024,
    /// Within how many seconds the head of a request must have arrived.
    head_s: u64 = 15,
    /// The spans, in seconds, in each of which a body must keep its pace.
    body_grace_s: u64 = 30,
    /// The pace: how many bytes for each second a body must bring, and an answer be taken.
    body_bytes_per_s: u32 = 4_096,
    /// The spans, in seconds, in each of which the taker of an answer must keep its pace; who does not is cut off.
    stall_s: u64 = 120,
});

section!(RawMetrics, "metrics", {
    /// Where figures are shown to whoever watches the server: `GET /metrics`, in the format of Prometheus. Nowhere, if there
    /// is no address. Nobody has to sign in, so it should be one that only this machine or its watcher reaches.
    listen: Option<SocketAddr> = None,
});

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

section!(RawLog, "log", {
    /// `text` for people, `json` for programs. Both go to standard error.
    format: LogFormat = LogFormat::Text,
    /// What is logged: `error`, `warn`, `info`, `debug`, or finer, such as `info,postern_api=debug`.
    filter: String = "info,actix_server=warn".to_owned(),
});

/// Every setting, in the order of the documentation.
pub(crate) fn settings() -> impl Iterator<Item = &'static Setting> {
    [
        RawConfig::SETTINGS,
        RawAccount::SETTINGS,
        RawMail::SETTINGS,
        RawRecords::SETTINGS,
        RawBlobs::SETTINGS,
        RawSweep::SETTINGS,
        RawLimits::SETTINGS,
        RawMetrics::SETTINGS,
        RawLog::SETTINGS,
    ]
    .into_iter()
    .flatten()
}

/// What a setting is if nobody says anything, as it would stand in the file.
pub(crate) fn default_of(setting: &Setting) -> Option<toml::Value> {
    let defaults = toml::Table::try_from(RawConfig::default()).expect("the defaults can be written down");
    match setting.section {
        "" => defaults.get(setting.field).cloned(),
        section => defaults.get(section)?.get(setting.field).cloned(),
    }
}
