//! Links, and the downloads that are reserved and counted under them.

use async_trait::async_trait;
use postern_protocol::volume::{NodeKind, Record};
use postern_protocol::{AccountId, Bytes, ContentId, LeaseId, LinkId, NodeId, TimeMs, VolumeId};

use super::{Digest, Result};

/// A link, as it is made.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Its id.
    pub id: LinkId,
    /// Whose.
    pub account: AccountId,
    /// The volume, which is the account's.
    pub volume: VolumeId,
    /// Where it leads.
    pub node: NodeId,
    /// The hash of the proof that its holder shows.
    pub proof_hash: Digest,
    /// What its holder opens.
    pub wrap: Bytes,
    /// What its owner opens.
    pub archive: Bytes,
    /// When it is made.
    pub created: TimeMs,
    /// When it stops.
    pub expires: Option<TimeMs>,
    /// After how many downloads it stops.
    pub max_downloads: Option<u32>,
}

/// What has become of a new link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkMade {
    /// It is there. So also when this account made one of that id with the same proof before, and has not revoked it.
    Done,
    /// The id is taken.
    IdTaken,
    /// The account has no such volume, or the volume no such node.
    NoSuchNode,
    /// The account has as many links as it may have.
    TooMany,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// Its id.
    pub id: LinkId,
    /// Whose.
    pub account: AccountId,
    /// The volume.
    pub volume: VolumeId,
    /// Where it leads.
    pub node: NodeId,
    /// What is there now; `None` if the node is gone.
    pub target: Option<LinkTarget>,
    /// The hash of the proof that its holder shows.
    pub proof_hash: Digest,
    /// What its holder opens.
    pub wrap: Bytes,
    /// What its owner opens.
    pub archive: Bytes,
    /// When it was made.
    pub created: TimeMs,
    /// When it stops.
    pub expires: Option<TimeMs>,
    /// After how many downloads it stops.
    pub max_downloads: Option<u32>,
    /// How many downloads have been delivered.
    pub downloads: u32,
    /// How many are reserved: leases that have not been counted and have not ended.
    pub reserved: u32,
    /// When its owner took it back, or what it leads to went.
    pub revoked: Option<TimeMs>,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkTarget {
    /// What it is.
    pub kind: NodeKind,
    /// A file's content.
    pub content: Option<ContentId>,
}

/// A lease, as it is taken.
#[derive(Debug, Clone, Copy)]
pub struct NewLease {
    /// Its id.
    pub id: LeaseId,
    /// Under which link.
    pub link: LinkId,
    /// The hash of its token.
    pub token_hash: Digest,
    /// Now.
    pub now: TimeMs,
    /// When it ends.
    pub expires: TimeMs,
}

/// What has become of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leased {
    /// A download is reserved.
    Done,
    /// All downloads are used or reserved.
    UsedUp,
    /// The link's time is over.
    Expired,
    /// The link was revoked.
    Revoked,
    /// There is no such link.
    NoLink,
}

/// A lease that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseRow {
    /// Its id.
    pub id: LeaseId,
    /// Under which link.
    pub link: LinkId,
    /// When it ends.
    pub expires: TimeMs,
    /// Whether its download has been delivered and counted. It may be read again until it ends.
    pub counted: bool,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPage {
    /// The records, ordered by node.
    pub records: Vec<Record>,
    /// Whether there are more.
    pub more: bool,
}

/// Keeps links and leases.
#[async_trait]
pub trait LinkStore: Send + Sync {
    /// Makes a link, unless the account has `max_links` that are not revoked. Feed: link. Repeating it is harmless.
    async fn create_link(&self, link: &NewLink, max_links: u32) -> Result<LinkMade>;

    /// A link in whatever state, revoked ones included; as of `now`. It takes as long to say that there is none.
    async fn link(&self, link: LinkId, now: TimeMs) -> Result<Option<LinkRow>>;

    /// All links of an account that are not revoked, newest first; as of `now`.
    async fn links(&self, account: AccountId, now: TimeMs) -> Result<Vec<LinkRow>>;

    /// Takes a link back: from the moment that this returns, nothing is handed out under it. Its wrap and archive are
    /// forgotten. Feed: link. Repeating it is harmless. `None` if the account has no such link.
    async fn revoke_link(&self, account: AccountId, link: LinkId, now: TimeMs) -> Result<Option<()>>;

    /// Reserves one download, if the link is in force and fewer than its limit are delivered or reserved: a hundred at
    /// the same moment with one download left give exactly one. A lease that ends without having been counted frees
    /// its place.
    async fn take_lease(&self, lease: &NewLease) -> Result<Leased>;

    /// The lease of which this is the token's hash, unless it has ended. What has become of its link is not looked at.
    async fn lease_by_token(&self, token_hash: &Digest, now: TimeMs) -> Result<Option<LeaseRow>>;

    /// Counts a lease's download as delivered, once, however often this is called. Feed: link. A lease that has ended
    /// but has not been swept is counted too: its bytes did go out. Harmless if it is gone.
    async fn note_delivered(&self, lease: LeaseId) -> Result<()>;

    /// At most `limit` records of what lies below a folder at whatever depth (itself not included), ordered by node,
    /// after `after`. Pages are read one by one: what moves in or out between two may be missed or seen.
    async fn records_below(
        &self,
        volume: VolumeId,
        folder: NodeId,
        after: Option<NodeId>,
        limit: u32,
    ) -> Result<RecordPage>;

    /// Whether each of these contents, of which there is one at least and none twice, is named by a record that is the
    /// node `node` itself or lies below it.
    async fn are_contents_below(
        &self,
        volume: VolumeId,
        node: NodeId,
        contents: &[ContentId],
    ) -> Result<bool>;
}
