//! Links: handing a file or a folder to whoever holds a secret that the server never sees.
//!
//! The secret stands in the fragment of the link's URL. From it the opener derives a proof, which the server compares
//! with a hash, and a key, which opens the wrap. Without the right proof every answer is `link-unavailable`.

use serde::{Deserialize, Serialize};

use crate::volume::{NodeKind, Record};
use crate::{Bytes, ContentId, LeaseId, LinkId, NodeId, TimeMs, VolumeId};

/// Carries the token of a lease when contents are read through a link.
pub const LEASE_HEADER: &str = "postern-lease";

/// `POST /links`, answered with the [`LinkEntry`]. Repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkCreate {
    /// The id, chosen by the client.
    pub id: LinkId,
    /// The volume in which the shared node is.
    pub volume: VolumeId,
    /// The file or folder that is shared.
    pub node: NodeId,
    /// The hash of the proof, as `docs/crypto-format.md` has it: 32 bytes.
    pub proof_hash: Bytes,
    /// What the holder of the secret opens: the key and the name of what is shared.
    pub wrap: Bytes,
    /// What the owner opens, to show the link again.
    pub archive: Bytes,
    /// When the server stops handing it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<TimeMs>,
    /// After how many downloads it stops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_downloads: Option<u32>,
}

/// Whether a link still works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LinkStatus {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Its downloads are used.
    UsedUp,
    /// Its owner took it back, or removed what it leads to.
    Revoked,
}

/// A link as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkEntry {
    /// The id.
    pub id: LinkId,
    /// The volume.
    pub volume: VolumeId,
    /// The file or folder.
    pub node: NodeId,
    /// When it was made.
    pub created: TimeMs,
    /// When it stops.
    pub expires: Option<TimeMs>,
    /// After how many downloads it stops.
    pub max_downloads: Option<u32>,
    /// How many downloads were delivered to the last byte.
    pub downloads: u32,
    /// Whether it still works.
    pub status: LinkStatus,
    /// What the owner opens, to show the link again.
    pub archive: Bytes,
}

/// The owner's links: `GET /links`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Links {
    /// Newest first. Revoked ones are left out.
    pub links: Vec<LinkEntry>,
}

/// A link's archive sealed under another account key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// The link.
    pub id: LinkId,
    /// The archive.
    pub archive: Bytes,
}

/// A link wrapped anew, because its file got another content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rewrap {
    /// The link.
    pub id: LinkId,
    /// The wrap.
    pub wrap: Bytes,
}

/// `POST /links/{link}/open`: looks, and counts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkProof {
    /// Derived from the link's secret (and its password): 32 bytes.
    pub proof: Bytes,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkBody {
    /// The volume.
    pub volume: VolumeId,
    /// The node.
    pub node: NodeId,
    /// Whether it is a file or a folder.
    pub kind: NodeKind,
    /// For a file: its content. The wrap says the same under its seal, and is to be believed.
    pub content: Option<ContentId>,
    /// The key and the name, sealed to the holder of the secret.
    pub wrap: Bytes,
    /// When the server stops handing it out.
    pub expires: Option<TimeMs>,
    /// How many downloads are left, where they are limited.
    pub downloads_left: Option<u32>,
}

/// `POST /links/{link}/records`: what lies below a shared folder, in pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkRecordsRequest {
    /// The proof.
    pub proof: Bytes,
    /// The last node of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<NodeId>,
}

/// A page of what lies below a shared folder, ordered by node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkRecords {
    /// The records.
    pub records: Vec<Record>,
    /// Whether there are more.
    pub more: bool,
}

/// `POST /links/{link}/leases`: one download is reserved for 24 hours. Asked for when a person clicks, never before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeaseBody {
    /// The lease.
    pub id: LeaseId,
    /// Goes into the header [`LEASE_HEADER`].
    pub token: String,
    /// When it ends.
    pub expires: TimeMs,
}
