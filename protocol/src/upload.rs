//! Contents on their way to the server.
//!
//! A content is created, its parts arrive in any order and at the same time, it is completed, and at last a record of
//! a volume names it. Until then nobody sees it; left alone, it is swept. What fits into one part goes in one request:
//! `PUT /contents/{content}`; many small ones go together ([`crate::bundle`]).
//!
//! Bytes travel as bodies, not as JSON; each with a header [`CHECKSUM_HEADER`].

use serde::{Deserialize, Serialize};

use crate::{Bytes, ContentId, TimeMs};

/// The BLAKE3 of the body, as base64url. The server refuses a body that differs, with `checksum-mismatch`.
pub const CHECKSUM_HEADER: &str = "postern-checksum";

/// `POST /uploads`. Repeating it for an upload that is under way changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UploadStart {
    /// The content's id, chosen by the client, the same as in the stream's header.
    pub content: ContentId,
    /// The size of the sealed stream, where it is known: refused at once if the quota does not allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
}

/// One part that is there: it has been received whole, its checksum is right, and it is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartBody {
    /// Its number, from 0.
    pub part: u32,
    /// Its size.
    pub size_bytes: u64,
    /// Its BLAKE3.
    pub checksum: Bytes,
}

/// An upload as it stands: `GET /uploads/{content}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadBody {
    /// The content's id.
    pub content: ContentId,
    /// When it was begun.
    pub created: TimeMs,
    /// Whether it has been completed.
    pub completed: bool,
    /// The parts that are there, by number.
    pub parts: Vec<PartBody>,
}

/// `POST /uploads/{content}/complete`. Repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UploadComplete {
    /// The size of the sealed stream: all parts up to it must be there, each as long as its number says.
    pub size_bytes: u64,
}

/// A content that is there: the answer to completing one, and to `PUT /contents/{content}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContentBody {
    /// The content's id.
    pub content: ContentId,
    /// The size of the sealed stream.
    pub size_bytes: u64,
}
