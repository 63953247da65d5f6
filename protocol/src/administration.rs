//! Administration of mail: domains, addresses, and what DNS should say of them.
//!
//! For accounts that whoever runs the server has named. None of it is about what anybody keeps.

use serde::{Deserialize, Serialize};

use crate::{AccountName, DomainName, TimeMs};

/// `GET /administration/domains`: all domains, the server's own first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Domains {
    /// Which.
    pub domains: Vec<DomainEntry>,
}

/// A domain to which mail is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DomainEntry {
    /// Its name.
    pub name: DomainName,
    /// Whether it is the server's own, at which every account has the address of its name. It is set with the server's other
    /// settings, and has no catch-all.
    pub own: bool,
    /// How many addresses there are at it.
    pub addresses: u64,
    /// Who gets what is written to addresses that nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catch_all: Option<AccountName>,
}

/// `POST /administration/domains`: answered with its entry. One that is there already is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddDomain {
    /// Its name, as people write it: letters other than a–z are taken, and written as DNS has them.
    pub name: String,
}

/// What has become of a domain that was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DomainRemoved {
    /// How many addresses went with it.
    pub addresses: u64,
}

/// `PUT /administration/domains/{domain}/catch-all`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetCatchAll {
    /// Who gets what is written to addresses that nobody has. Without one it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountName>,
}

/// `GET /administration/domains/{domain}/addresses?after=&limit=`: addresses by name, after the one that is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Addresses {
    /// Which.
    pub addresses: Vec<AddressEntry>,
    /// Whether there are more.
    pub more: bool,
}

/// An address, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddressEntry {
    /// What stands before the `@`.
    pub local: AccountName,
    /// Whose it is.
    pub account: AccountName,
    /// Since when.
    pub created: TimeMs,
    /// Whether it is the account's own name, which cannot be taken from it.
    pub is_name: bool,
}

/// `PUT /administration/domains/{domain}/addresses/{local}`: gives an address that nobody has. Repeating it is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GiveAddress {
    /// Whose it shall be.
    pub account: AccountName,
}

/// `GET /administration/domains/{domain}/dns`: what DNS should say of a domain, and what it says now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DnsCheck {
    /// Which.
    pub domain: DomainName,
    /// In the order in which they are best published.
    pub records: Vec<DnsRecord>,
}

/// One record that should be published, and how it stands with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DnsRecord {
    /// What it is for.
    pub purpose: RecordPurpose,
    /// At which name.
    pub name: String,
    /// Of which kind.
    pub kind: RecordKind,
    /// What it should say. One that says the same in other words is as good.
    pub value: String,
    /// Whether mail comes and goes worse without it. The others are good to have.
    pub needed: bool,
    /// How it stands with it.
    pub state: RecordState,
    /// What is there instead, or as well.
    pub found: Vec<String>,
    /// Why, and what to do about it: for people.
    pub why: String,
}

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecordPurpose {
    /// Where mail is brought.
    Mx,
    /// Which machines send for the domain.
    Spf,
    /// With which key they sign.
    Dkim,
    /// What becomes of mail in the domain's name that is neither.
    Dmarc,
    /// That mail is brought through TLS, and to whom.
    MtaSts,
    /// Where the policy for that is fetched.
    MtaStsPolicy,
    /// To whom failures of TLS are told.
    TlsRpt,
    /// What this client does not know yet.
    #[serde(other)]
    Unknown,
}

/// The kinds of records that are published here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordKind {
    /// The name of a mail server.
    Mx,
    /// A text.
    Txt,
    /// Another name for a machine.
    Cname,
}

/// How it stands with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecordState {
    /// It says what it should.
    Right,
    /// There is none.
    Missing,
    /// It says something else.
    Different,
    /// Nobody could be asked, or nobody answered.
    Unknown,
}
