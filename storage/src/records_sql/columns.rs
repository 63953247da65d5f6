//! How each kind of value stands in a column, both ways.

use postern_domain::store::{Digest, UploadHandle};
use postern_protocol::account::{ObjectKind, SlotKind};
use postern_protocol::session::Scope;
use postern_protocol::volume::NodeKind;
use postern_protocol::{
    AccountId, AccountName, Bytes, ContentId, DomainName, LeaseId, LinkId, MessageId, NodeId, SessionId,
    SlotId, TimeMs, VolumeId,
};
use sqlx::any::AnyRow;
use sqlx::{Any, Decode, Encode, Row as _, Type};

use super::transaction::TxError;
use crate::error::damaged;

/// A value that stands in a column as a `Raw`: a number, a text, or bytes.
pub(super) trait Column: Sized {
    /// What the database knows it as.
    type Raw: for<'q> Encode<'q, Any> + for<'r> Decode<'r, Any> + Type<Any> + Send + 'static;
    fn to_raw(&self) -> Self::Raw;
    /// `None` if it cannot be one: the data is damaged.
    fn from_raw(raw: Self::Raw) -> Option<Self>;
}

/// A row, read from left to right.
pub(super) struct Row {
    row: AnyRow,
    next: usize,
}

impl From<AnyRow> for Row {
    fn from(row: AnyRow) -> Self {
        Self { row, next: 0 }
    }
}

impl Row {
    /// The next column.
    pub(super) fn take<T: Column>(&mut self) -> Result<T, TxError> {
        self.take_optional()?
            .ok_or_else(|| damaged("a value is missing").into())
    }

    /// The next column, which may be NULL.
    pub(super) fn take_optional<T: Column>(&mut self) -> Result<Option<T>, TxError> {
        let raw: Option<T::Raw> = self.row.try_get(self.next)?;
        self.next += 1;
        let value = |raw| T::from_raw(raw).ok_or_else(|| damaged("a value cannot be understood").into());
        raw.map(value).transpose()
    }
}

macro_rules! id_columns {
    ($($id:ty)+) => {$(
        impl Column for $id {
            type Raw = Vec<u8>;
            fn to_raw(&self) -> Vec<u8> {
                self.as_bytes().to_vec()
            }
            fn from_raw(raw: Vec<u8>) -> Option<Self> {
                Self::try_from(raw.as_slice()).ok()
            }
        }
    )+};
}

macro_rules! number_columns {
    ($($number:ty)+) => {$(
        impl Column for $number {
            type Raw = i64;
            fn to_raw(&self) -> i64 {
                // Counters count up by one; none ever comes near.
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
            fn from_raw(raw: i64) -> Option<Self> {
                raw.try_into().ok()
            }
        }
    )+};
}

/// Kinds as numbers that never change their meaning.
macro_rules! kind_columns {
    ($($kind:ty { $($variant:ident = $number:literal)+ })+) => {$(
        impl Column for $kind {
            type Raw = i64;
            fn to_raw(&self) -> i64 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }
            fn from_raw(raw: i64) -> Option<Self> {
                match raw {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    )+};
}

/// In which state a content's row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentState {
    Arriving,
    There,
    Garbage,
    Swept,
}

/// What a node's row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    Gone,
    Folder,
    File,
}

/// What an entry of the feed is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FeedKind {
    Volume,
    Link,
    Account,
    Sessions,
    Mail,
}

id_columns! { AccountId SessionId SlotId VolumeId NodeId ContentId LinkId LeaseId MessageId }
number_columns! { u64 u32 i64 }
kind_columns! {
    ObjectKind { Identity = 1 Sealing = 2 Root = 3 State = 4 Mail = 5 }
    SlotKind { Password = 1 Recovery = 2 }
    Scope { Full = 1 Recovery = 2 }
    ContentState { Arriving = 1 There = 2 Garbage = 3 Swept = 4 }
    RowKind { Gone = 0 Folder = 1 File = 2 }
    FeedKind { Volume = 1 Link = 2 Account = 3 Sessions = 4 Mail = 5 }
}

impl RowKind {
    /// What kind of node it is; `None` for a tombstone.
    pub(super) fn node_kind(self) -> Option<NodeKind> {
        match self {
            Self::Gone => None,
            Self::Folder => Some(NodeKind::Folder),
            Self::File => Some(NodeKind::File),
        }
    }
}

impl From<NodeKind> for RowKind {
    fn from(kind: NodeKind) -> Self {
        match kind {
            NodeKind::Folder => Self::Folder,
            NodeKind::File => Self::File,
        }
    }
}

impl Column for TimeMs {
    type Raw = i64;
    fn to_raw(&self) -> i64 {
        self.0
    }
    fn from_raw(raw: i64) -> Option<Self> {
        Some(Self(raw))
    }
}

impl Column for bool {
    type Raw = i64;
    fn to_raw(&self) -> i64 {
        (*self).into()
    }
    fn from_raw(raw: i64) -> Option<Self> {
        Some(raw != 0)
    }
}

impl Column for Digest {
    type Raw = Vec<u8>;
    fn to_raw(&self) -> Vec<u8> {
        self.to_vec()
    }
    fn from_raw(raw: Vec<u8>) -> Option<Self> {
        raw.try_into().ok()
    }
}

impl Column for Bytes {
    type Raw = Vec<u8>;
    fn to_raw(&self) -> Vec<u8> {
        self.0.clone()
    }
    fn from_raw(raw: Vec<u8>) -> Option<Self> {
        Some(Self(raw))
    }
}

impl Column for String {
    type Raw = String;
    fn to_raw(&self) -> String {
        self.clone()
    }
    fn from_raw(raw: String) -> Option<Self> {
        Some(raw)
    }
}

impl Column for AccountName {
    type Raw = String;
    fn to_raw(&self) -> String {
        self.as_str().to_owned()
    }
    fn from_raw(raw: String) -> Option<Self> {
        Self::parse(&raw).ok()
    }
}

impl Column for DomainName {
    type Raw = String;
    fn to_raw(&self) -> String {
        self.as_str().to_owned()
    }
    fn from_raw(raw: String) -> Option<Self> {
        Self::parse(&raw).ok()
    }
}

impl Column for UploadHandle {
    type Raw = String;
    fn to_raw(&self) -> String {
        self.0.clone()
    }
    fn from_raw(raw: String) -> Option<Self> {
        Some(Self(raw))
    }
}
