//! What goes out: the values of `api.ts`, by the same names.

pub(crate) mod administration;
pub(crate) mod letter;
pub(crate) mod mail;

use postern_client::drive::{Entry, Listing};
use postern_client::links::Share;
use postern_client::passwords::Verdict;
use postern_client::protocol::link::LinkStatus;
use postern_client::protocol::session::SessionEntry;
use postern_client::protocol::volume::NodeKind;
use postern_client::protocol::{NodeId, TimeMs};
use serde::{Serialize, Serializer};
use wasm_bindgen::JsValue;
use zeroize::Zeroizing;

/// A plain JavaScript object: absent options are `null`, numbers are numbers.
pub(crate) fn to_js<T: Serialize>(value: &T) -> JsValue {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .expect("plain structures with string keys always serialise")
}

/// A size or a time as JavaScript has them.
#[expect(clippy::cast_precision_loss, reason = "sizes are below 2^53")]
pub(crate) fn number(value: u64) -> f64 {
    value as f64
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) root: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StandingView {
    pub(crate) signed_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<AccountView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KitView {
    pub(crate) preparation_id: String,
    pub(crate) name: String,
    #[serde(serialize_with = "one_by_one")]
    pub(crate) words: Zeroizing<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerdictView {
    level: u8,
    holds_s: f64,
    enough: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    id: String,
    current: bool,
    created_ms: TimeMs,
    last_seen_ms: TimeMs,
    label: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsageView {
    pub(crate) used_bytes: u64,
    pub(crate) quota_bytes: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryView {
    id: String,
    parent: String,
    kind: &'static str,
    name: String,
    modified_ms: TimeMs,
    size_bytes: u64,
    children: usize,
    media_type: String,
    shared: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CrumbView {
    id: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListingView {
    folder: String,
    path: Vec<CrumbView>,
    entries: Vec<EntryView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharedEntryView {
    name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShareView {
    link: String,
    url: String,
    node: String,
    entry: Option<SharedEntryView>,
    has_password: bool,
    created_ms: TimeMs,
    expires_ms: Option<TimeMs>,
    downloads: Option<u32>,
    downloaded: u32,
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkTextView {
    pub(crate) link: String,
    pub(crate) needs_password: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkView {
    pub(crate) link: String,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) size_bytes: u64,
    pub(crate) media_type: String,
    pub(crate) modified_ms: TimeMs,
    pub(crate) expires_ms: Option<TimeMs>,
    pub(crate) downloads_left: Option<u32>,
    pub(crate) listing: Option<ListingView>,
}

fn one_by_one<S: Serializer>(words: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(words.split(' '))
}

impl From<Verdict> for VerdictView {
    fn from(verdict: Verdict) -> Self {
        Self {
            level: verdict.grade as u8,
            holds_s: verdict.holds_s,
            enough: verdict.grade.is_enough(),
        }
    }
}

impl From<SessionEntry> for SessionView {
    fn from(entry: SessionEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            current: entry.current,
            created_ms: entry.created,
            last_seen_ms: entry.last_used,
            label: entry.device,
        }
    }
}

impl EntryView {
    pub(crate) fn new(entry: Entry, shared: bool) -> Self {
        Self {
            id: entry.id.to_string(),
            parent: entry.parent.to_string(),
            kind: kind(entry.kind),
            name: entry.name,
            modified_ms: entry.modified,
            size_bytes: entry.size_bytes,
            children: entry.children,
            media_type: entry.media_type,
            shared,
        }
    }
}

impl ListingView {
    pub(crate) fn new(listing: Listing, is_shared: impl Fn(NodeId) -> bool) -> Self {
        let crumb = |(id, name): (NodeId, String)| CrumbView {
            id: id.to_string(),
            name,
        };
        let entry = |entry: Entry| {
            let shared = is_shared(entry.id);
            EntryView::new(entry, shared)
        };
        Self {
            folder: listing.folder.to_string(),
            path: listing.path.into_iter().map(crumb).collect(),
            entries: listing.entries.into_iter().map(entry).collect(),
        }
    }
}

impl ShareView {
    pub(crate) fn new(share: &Share, origin: &str, entry: Option<Entry>) -> Self {
        Self {
            link: share.id.to_string(),
            url: share.url(origin).to_string(),
            node: share.node.to_string(),
            entry: entry.map(|entry| SharedEntryView {
                name: entry.name,
                kind: kind(entry.kind),
            }),
            has_password: share.needs_password,
            created_ms: share.created,
            expires_ms: share.expires,
            downloads: share.max_downloads,
            downloaded: share.downloads,
            state: match share.status {
                LinkStatus::Active => "live",
                LinkStatus::Expired => "expired",
                LinkStatus::UsedUp => "used-up",
                LinkStatus::Revoked => "revoked",
            },
        }
    }
}

pub(crate) fn kind(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::File => "file",
        NodeKind::Folder => "folder",
    }
}
