//! Trees of sealed records, and how they change.

use async_trait::async_trait;
use postern_protocol::account::PutObject;
use postern_protocol::link::Rewrap;
use postern_protocol::volume::{Cursor, Record, VolumePage};
use postern_protocol::{AccountId, Bytes, ContentId, LinkId, NodeId, TimeMs, VolumeId};

use super::Result;

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeRow {
    /// Its id.
    pub id: VolumeId,
    /// Whose.
    pub account: AccountId,
    /// The counter of its head.
    pub counter: u64,
    /// Its head.
    pub head: Bytes,
    /// How many nodes it has.
    pub nodes: u64,
    /// Its root folder, known since the first record below it came.
    pub root: Option<NodeId>,
}

/// A change of a volume. The caller has checked shapes and sizes, that no node occurs twice, that files have a content
/// and folders none, and that `head` is a head of this volume with the counter after `expected`.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Who changes it.
    pub account: AccountId,
    /// What.
    pub volume: VolumeId,
    /// The counter that it must have.
    pub expected: u64,
    /// Records that are new, or take the place of those of the same node.
    pub puts: Vec<Record>,
    /// Nodes that go.
    pub deletes: Vec<NodeId>,
    /// Links wrapped anew.
    pub rewraps: Vec<Rewrap>,
    /// The head that follows.
    pub head: Bytes,
    /// The account's state, with the version that it shall have.
    pub state: Option<PutObject>,
    /// Now.
    pub now: TimeMs,
}

/// What has become of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchOutcome {
    /// It is in force. So also when it was before this call: the present head is the batch's own.
    Applied,
    /// The volume has another counter than expected.
    Conflict {
        /// The present one.
        counter: u64,
    },
    /// The account's state has another version than the one before.
    StateConflict {
        /// The present one.
        version: u64,
    },
    /// It would break a rule of the tree.
    Refused(BatchRefusal),
    /// The account has no such volume.
    NoVolume,
}

/// The rule that a batch would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchRefusal {
    /// A node to be deleted is not there.
    #[error("a node to be deleted is not there")]
    NoSuchNode(NodeId),
    /// A record's parent is no folder of the volume. (The one parent without a record is the root.)
    #[error("a parent is not there, or is no folder")]
    NoParent(NodeId),
    /// The root folder has no record.
    #[error("the root folder cannot have a record")]
    RootRecord(NodeId),
    /// Something would be left in a folder that goes.
    #[error("something would be left in a folder that goes")]
    Orphan(NodeId),
    /// A folder would lie in itself.
    #[error("a folder would lie in itself")]
    Cycle(NodeId),
    /// A folder would lie deeper than `MAX_DEPTH`.
    #[error("a folder would lie too deep")]
    TooDeep(NodeId),
    /// A file cannot become a folder, nor a folder a file.
    #[error("a node cannot change its kind")]
    KindChanged(NodeId),
    /// The seq of a record is not greater than that of the record it replaces.
    #[error("a record's seq does not grow")]
    WrongSeq(NodeId),
    /// A content is not completely there, or belongs to another account.
    #[error("a content is not there")]
    NoContent(ContentId),
    /// A link that is to be wrapped anew is not there: revoked, or not this account's, or of another volume.
    #[error("a link to be wrapped anew is not there")]
    NoSuchLink(LinkId),
    /// A link that leads to a file that gets another content has not been wrapped anew: it would open nothing.
    #[error("a link to a file that changes has not been wrapped anew")]
    LinkLeftBehind(LinkId),
    /// The volume would have more than `MAX_VOLUME_NODES` nodes.
    #[error("the volume would have too many nodes")]
    TooManyNodes,
}

/// Keeps volumes.
#[async_trait]
pub trait VolumeStore: Send + Sync {
    /// A volume.
    async fn volume(&self, volume: VolumeId) -> Result<Option<VolumeRow>>;

    /// Changes a volume, all or nothing: records, tombstones, head, links, state. Of several with the same `expected`
    /// at the same moment, one is applied.
    ///
    /// Contents that a record names are attached by this; those that no record names any more go, with the space they
    /// used, and their blobs are given to the sweeper. Links to nodes that go are revoked. Feed: volume; link for each
    /// rewrap and for each link revoked; account if there is a state.
    async fn apply_batch(&self, batch: &NewBatch) -> Result<BatchOutcome>;

    /// At most `limit` (at least 1) changes after a cursor, ordered by counter, then node, read in one moment.
    ///
    /// A node appears once: at the counter at which it last changed. So what changes while pages are read moves behind
    /// the cursor, and all pages together are the volume as of the head on the last page; only the last page has a
    /// head. The last page's `next` is after everything. Without a cursor the page starts at the beginning and leaves
    /// tombstones out. `None` if there is no such volume.
    async fn volume_page(
        &self,
        volume: VolumeId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Option<VolumePage>>;
}
