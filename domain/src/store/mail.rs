//! Mailboxes.
//!
//! A message that came from outside has one body, however many got it: a content in a *space* of its own, which is
//! named after the message as other contents' spaces are after their account. As long as one mailbox has the message,
//! the body is there. Each who got it is charged for it, above their quota if need be: what was accepted is delivered.
//! The body of a message that somebody put into their own mailbox is a content of theirs.

use async_trait::async_trait;
use postern_protocol::mail::{Before, MailCursor, Mark, Message, PutMark, PutMessage};
use postern_protocol::{AccountId, Bytes, ContentId, MessageId, TimeMs};

use super::{BlobKey, Digest, Result};

impl BlobKey {
    /// A body of a message that came from outside. Its content's id is the message's, unless that was used up.
    #[must_use]
    pub fn of_mail(message: MessageId, content: ContentId) -> Self {
        Self {
            account: AccountId(message.0),
            content,
        }
    }
}

/// A message that came from outside. Its blob is there.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Which.
    pub message: MessageId,
    /// Its body, which lies in the message's space.
    pub body: ContentId,
    /// The size of its sealed body.
    pub size_bytes: u64,
    /// When it came.
    pub received: TimeMs,
    /// What a list shows.
    pub summary: Bytes,
    /// For whom, each account once.
    pub copies: Vec<NewCopy>,
    /// Now.
    pub now: TimeMs,
}

/// A message on its way into one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCopy {
    /// Whose.
    pub account: AccountId,
    /// The name of the key to which the envelope is sealed.
    pub sealed_to: Digest,
    /// The envelope.
    pub envelope: Bytes,
}

/// What has become of a message on its way into one mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// It is there.
    Done,
    /// It was there before, or it was and its owner has deleted it.
    Already,
    /// The account is gone.
    NoAccount,
    /// The content's id is used up: the blob has to be put under another one.
    BodyGone,
}

/// A message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// What its owner gets to know of it.
    pub message: Message,
    /// Its body.
    pub body: BlobKey,
}

/// What became of a message, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEntry {
    /// The number of the change with which it came to be as it is.
    pub changed: u64,
    /// Which.
    pub message: MessageId,
    /// What has become of it.
    pub kind: MailEntryKind,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailEntryKind {
    /// It came.
    Arrived(Box<Message>),
    /// It was there, and something was noted on it.
    Marked(Mark),
    /// It is gone.
    Deleted,
}

/// A page of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestMessages {
    /// Newest first.
    pub messages: Vec<Message>,
    /// Whether there are more.
    pub more: bool,
    /// The number of the account's latest change, at the same moment.
    pub latest_change: u64,
}

/// What has become of a message that its owner put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is there.
    Done,
    /// One of that id is or was there.
    Already,
    /// There is no content with its body.
    NoBody,
}

/// Keeps mailboxes.
#[async_trait]
pub trait MailStore: Send + Sync {
    /// Delivers messages, each of another id, all in one transaction; answers for each copy, in their order. Repeating
    /// it is harmless, also after a message was deleted; but who puts a blob again after that leaves it lying, so ask
    /// [`MailStore::known_messages`] before. Feed: mail, once for each account that got something.
    async fn deliver(&self, mails: &[NewMail]) -> Result<Vec<Vec<Delivered>>>;

    /// Those of these messages that are, or were, in a mailbox, in any order.
    async fn known_messages(&self, account: AccountId, messages: &[MessageId]) -> Result<Vec<MessageId>>;

    /// Puts messages of the account's own, each of another id, into its mailbox; answers for each, in their order. Repeating
    /// it is harmless. Feed: mail, once if anything was new.
    async fn put_messages(&self, account: AccountId, messages: &[PutMessage]) -> Result<Vec<Kept>>;

    /// Those of these messages that are there, in any order.
    async fn messages(&self, account: AccountId, messages: &[MessageId]) -> Result<Vec<MessageRow>>;

    /// At most `limit` messages that were received before `before`, newest first; of those received at the same moment
    /// the one with the highest id comes first. `None` if there is no such account.
    async fn newest_messages(
        &self,
        account: AccountId,
        before: Option<Before>,
        limit: u32,
    ) -> Result<Option<NewestMessages>>;

    /// At most `limit` messages that changed after `after`, each as it is now, ordered by the number of the change, then by
    /// message. One is told as arrived if it arrived after `after`, however often it changed since; of others that are there,
    /// what is noted on them: also of one that came since whoever reads on page by page began, and was marked. Those that are
    /// gone stay in the list for good.
    async fn mail_changes(&self, account: AccountId, after: MailCursor, limit: u32)
    -> Result<Vec<MailEntry>>;

    /// Notes something on messages, each another one, if what is noted has the version before; yields those on which it
    /// was not noted. A mark that is there already, byte for byte, is as good as noted. Feed: mail, once if anything was
    /// noted.
    async fn mark_messages(&self, account: AccountId, marks: &[PutMark]) -> Result<Vec<MessageId>>;

    /// Deletes messages; those that are not there are left alone. What they used is free again, and a body that nobody has
    /// any more becomes garbage. Feed: mail, once if anything was there.
    async fn delete_messages(&self, account: AccountId, messages: &[MessageId], now: TimeMs) -> Result<()>;

    /// Deletes messages that were to be deleted before or at `now`, at most `limit`; says how many. One
    /// that its owner takes out of the trash at that moment stays. As [`MailStore::delete_messages`].
    async fn delete_expired_messages(&self, now: TimeMs, limit: u32) -> Result<u32>;
}
