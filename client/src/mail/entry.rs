//! One message as a list shows it.

use postern_crypto::ContentKey;
use postern_crypto::mail::{Mark, Place, Summary};
use postern_crypto::node::Content;
use postern_protocol::{MessageId, TimeMs};

use crate::transfer::chunks;
use crate::{Error, Result};

/// A message, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub message: MessageId,
    /// When it came, says who sealed it; the server, if it does not open.
    pub received: TimeMs,
    /// What it says, if it opens.
    pub opened: Option<Opened>,
    /// What its owner noted on it.
    pub noted: Noted,
}

/// A message that opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Where it comes from.
    pub origin: Origin,
    /// The address to which it was written, if a gateway brought it.
    pub address: Option<String>,
    /// What a list shows.
    pub summary: Summary,
    pub(crate) key: ContentKey,
}

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The mail gateway brought it: it signed for it.
    Gateway,
    /// Its owner put it there.
    Owner,
    /// Somebody who knows the public key. Whoever keeps the server's data can do that (threat F9).
    Unknown,
}

/// What is noted on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// What.
    pub mark: Mark,
    /// The version of the mark; 0 if there is none yet.
    pub version: u64,
    /// When the server deletes the message by itself.
    pub expires: Option<TimeMs>,
}

impl Noted {
    /// What holds for a message on which nothing was noted yet.
    #[must_use]
    pub fn nothing(summary: Option<&Summary>) -> Self {
        let is_spam = summary.is_some_and(|summary| summary.checks.is_spam);
        Self {
            mark: Mark {
                place: if is_spam { Place::Spam } else { Place::Inbox },
                ..Mark::default()
            },
            version: 0,
            expires: None,
        }
    }
}

impl Entry {
    /// What a list shows, if the message opens.
    #[must_use]
    pub fn summary(&self) -> Option<&Summary> {
        self.opened.as_ref().map(|opened| &opened.summary)
    }

    /// Its body.
    ///
    /// # Errors
    /// [`Error::NotAuthentic`] if the message does not open.
    pub(super) fn content(&self) -> Result<Content> {
        let opened = self.opened.as_ref().ok_or(Error::NotAuthentic)?;
        Ok(Content {
            id: self.message.0,
            key: opened.key.clone(),
            size: opened.summary.size_bytes,
            chunks: chunks(opened.summary.size_bytes),
            digest: opened.summary.digest,
        })
    }
}
