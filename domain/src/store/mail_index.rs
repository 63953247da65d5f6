//! The index that an account's devices keep of its mail.
//!
//! It names contents of the account, which stay as long as it does. What a file or a message names it cannot come to
//! name: a device that tries has mistaken one of its contents for another. Whatever names such a content later keeps it
//! as well.

use std::collections::HashSet;

use async_trait::async_trait;
use postern_protocol::mail::{MailIndex, PutMailIndex};
use postern_protocol::{AccountId, ContentId, TimeMs};

use super::Result;

/// What has become of a new index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexPut {
    /// It is there, by this call or before.
    Done,
    /// Another one is there, of this version; 0 if there is none, or no such account.
    Conflict {
        /// The present one.
        version: u64,
    },
    /// A content that it names is not there, or something else names it.
    NoContent,
}

/// Keeps mail indexes. None of this makes a feed entry: an index tells nothing that its mailbox does not.
#[async_trait]
pub trait MailIndexStore: Send + Sync {
    /// An account's index; of version 0 and without a manifest if there never was one.
    async fn mail_index(&self, account: AccountId) -> Result<MailIndex>;

    /// Whether an account's index names this content.
    async fn mail_index_names(&self, account: AccountId, content: ContentId) -> Result<bool>;

    /// Replaces an account's index if its version is the one before that of `put`: of several at the same moment, one wins.
    /// Each content that it names anew is there and nothing else names it, or nothing changes. Contents that it named and
    /// names no longer become garbage unless something else names them by now, and what they used is free again. Repeating
    /// it is harmless.
    async fn put_mail_index(&self, account: AccountId, put: &PutMailIndex, now: TimeMs) -> Result<IndexPut>;
}

/// An index as a store keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptIndex {
    /// Its version and manifest.
    pub index: MailIndex,
    /// The contents that it names.
    pub contents: HashSet<ContentId>,
}

impl KeptIndex {
    /// What is kept once `put` is done.
    #[must_use]
    pub fn of(put: &PutMailIndex) -> Self {
        Self {
            index: MailIndex {
                version: put.version,
                manifest: Some(put.manifest.clone()),
            },
            contents: put.contents.iter().copied().collect(),
        }
    }

    /// What answers `put` without a change: it was made before, or somebody was faster.
    #[must_use]
    pub fn repeated_or_conflict(&self, put: &PutMailIndex) -> Option<IndexPut> {
        let version = self.index.version;
        if version + 1 == put.version {
            None
        } else if *self == Self::of(put) {
            Some(IndexPut::Done)
        } else {
            Some(IndexPut::Conflict { version })
        }
    }

    /// The contents that `put` names anew.
    #[must_use]
    pub fn added(&self, put: &PutMailIndex) -> Vec<ContentId> {
        let named = put.contents.iter().copied();
        named.filter(|content| !self.contents.contains(content)).collect()
    }

    /// The contents that `put` names no longer.
    #[must_use]
    pub fn dropped(&self, put: &PutMailIndex) -> Vec<ContentId> {
        let named = self.contents.iter().copied();
        named.filter(|content| !put.contents.contains(content)).collect()
    }
}
