//! What administrators see, as `api.ts` has it.

use postern_client::protocol::TimeMs;
use postern_client::protocol::administration::{
    AddressEntry, Addresses, DnsRecord, DomainEntry, RecordKind, RecordPurpose, RecordState,
};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DomainView {
    name: String,
    own: bool,
    addresses: u64,
    catch_all: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddressPageView {
    addresses: Vec<AddressView>,
    more: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AddressView {
    local: String,
    account: String,
    created_ms: TimeMs,
    is_name: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DnsRecordView {
    purpose: RecordPurpose,
    name: String,
    kind: RecordKind,
    value: String,
    needed: bool,
    state: RecordState,
    found: Vec<String>,
    why: String,
}

impl From<DomainEntry> for DomainView {
    fn from(entry: DomainEntry) -> Self {
        Self {
            name: entry.name.to_string(),
            own: entry.own,
            addresses: entry.addresses,
            catch_all: entry.catch_all.map(|account| account.to_string()),
        }
    }
}

impl From<Addresses> for AddressPageView {
    fn from(page: Addresses) -> Self {
        Self {
            addresses: page.addresses.into_iter().map(AddressView::from).collect(),
            more: page.more,
        }
    }
}

impl From<AddressEntry> for AddressView {
    fn from(entry: AddressEntry) -> Self {
        Self {
            local: entry.local.to_string(),
            account: entry.account.to_string(),
            created_ms: entry.created,
            is_name: entry.is_name,
        }
    }
}

impl From<DnsRecord> for DnsRecordView {
    fn from(record: DnsRecord) -> Self {
        Self {
            purpose: record.purpose,
            name: record.name,
            kind: record.kind,
            value: record.value,
            needed: record.needed,
            state: record.state,
            found: record.found,
            why: record.why,
        }
    }
}
