//! A tree of sealed records, its head, and how both change together.

use serde::{Deserialize, Serialize};

use crate::account::PutObject;
use crate::link::Rewrap;
use crate::{Bytes, ContentId, NodeId, VolumeId};

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// It has children and no content.
    Folder,
    /// It has a content and no children.
    File,
}

/// One node as the server keeps it: where it hangs, and a sealed record of everything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The node.
    pub node: NodeId,
    /// The folder in which it is; the root folder itself has no record.
    pub parent: NodeId,
    /// What it is.
    pub kind: NodeKind,
    /// The generation of the folder key under which the record is sealed.
    pub generation: u32,
    /// Counts up by one each time that the record is sealed anew.
    pub seq: u64,
    /// A file's content. Folders have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentId>,
    /// Name, times, keys: sealed.
    pub sealed: Bytes,
}

/// A change of a volume, made whole or not at all: `POST /volumes/{volume}/batches`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The counter of the head that this change follows; `conflict` unless it is the present one.
    pub expected: u64,
    /// Records that are new, or replace those of the same node.
    #[serde(default)]
    pub puts: Vec<Record>,
    /// Nodes that go. A folder goes only with everything in it.
    #[serde(default)]
    pub deletes: Vec<NodeId>,
    /// Links whose file gets another content by this change, wrapped anew.
    #[serde(default)]
    pub rewraps: Vec<Rewrap>,
    /// The next head, signed.
    pub head: Bytes,
    /// The account's state with the next head noted in it, if the client keeps it in step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PutObject>,
}

/// The answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchApplied {
    /// The counter of the head that is now the present one.
    pub counter: u64,
}

/// Where to go on reading changes: after this counter, and within it after this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cursor {
    /// Everything that last changed at a lower counter has been read.
    pub counter: u64,
    /// Of what changed at this counter, everything up to this node has been read.
    pub node: Option<NodeId>,
}

/// One change: the node as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum VolumeChange {
    /// It is there.
    Put {
        /// The counter at which it last changed.
        counter: u64,
        /// The record.
        record: Record,
    },
    /// It is gone. Not told to who reads from the beginning.
    Delete {
        /// The counter at which it went.
        counter: u64,
        /// The node.
        node: NodeId,
    },
}

/// `GET /volumes/{volume}/changes?counter=&node=&limit=`: what changed after a cursor, in order of change.
///
/// Each page is one consistent reading; what changes while pages are read moves behind the cursor, so that all pages
/// together are the volume as of the head on the last page. To read a volume from the beginning, leave the cursor out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VolumePage {
    /// The volume.
    pub volume: VolumeId,
    /// Ordered by counter, then node.
    pub changes: Vec<VolumeChange>,
    /// Where to go on; for the last page, where to go on another day.
    pub next: Cursor,
    /// On the last page, and only there: the head as of this page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Bytes>,
}
