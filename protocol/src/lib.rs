//! What Postern's client and server say to each other: ids, requests, responses, limits, errors.
//!
//! Only shapes live here. No key is ever part of one (what is secret arrives as sealed [`Bytes`]), no rule is
//! enforced here beyond what a value needs to be well formed, and nothing here performs I/O.
//!
//! Read in this order: [`id`] and [`bytes`] (how things are named and carried), [`name`], [`address`], [`limits`], [`parts`] (how
//! a content is cut), then the requests: [`account`], [`session`], [`directory`], [`volume`], [`upload`], [`bundle`],
//! [`link`], [`mail`], [`administration`], [`changes`], [`server`]; at last [`error`], the codes that every client can rely on, and [`range`].

pub mod account;
pub mod address;
pub mod administration;
pub mod bundle;
pub mod bytes;
pub mod changes;
pub mod directory;
pub mod error;
pub mod id;
pub mod limits;
pub mod link;
pub mod mail;
pub mod name;
pub mod parts;
pub mod range;
pub mod server;
pub mod session;
pub mod time;
pub mod upload;
pub mod volume;

pub use address::DomainName;
pub use bytes::Bytes;
pub use error::{ErrorBody, ErrorCode};
pub use id::{AccountId, ContentId, LeaseId, LinkId, MessageId, NodeId, SessionId, SlotId, VolumeId};
pub use name::AccountName;
pub use time::TimeMs;

/// Where the interface lives below the host's root.
pub const API_ROOT: &str = "/api/v1";
