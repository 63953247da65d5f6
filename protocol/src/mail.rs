//! The mailbox: messages as the server keeps them, and what their owner notes on them.
//!
//! Of a message the server knows when it came and how large it is. Who wrote it and what it says is sealed, and so is
//! whether it was read and in which folder its owner put it. Of the index that an account's devices keep of its mail
//! it knows the contents, and how often it changed.

use serde::{Deserialize, Serialize};

use crate::{Bytes, ContentId, MessageId, TimeMs};

/// `GET /mail/home`: what a device has to know before it reads mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailHome {
    /// The addresses of this account, the one with its name first.
    pub addresses: Vec<String>,
    /// By what the server's mail gateways are known: a signed directory statement. None, if there never was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Bytes>,
}

/// One message, without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Its id.
    pub message: MessageId,
    /// When it came. For one that its owner put here: the moment under which it is listed.
    pub received: TimeMs,
    /// The size of its sealed body.
    pub size_bytes: u64,
    /// The name of that sealing key of the owner's which opens the envelope: 32 bytes. Without one, the owner sealed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_to: Option<Bytes>,
    /// The key of summary and body: sealed.
    pub envelope: Bytes,
    /// What a list of messages shows: sealed.
    pub summary: Bytes,
    /// What its owner noted on it, if they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

/// What the owner of a message noted on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Counts up by one with each change; the first has 1. The seal binds it.
    pub version: u64,
    /// Read, starred, folder, labels: sealed.
    pub sealed: Bytes,
    /// When the server deletes the message by itself, as out of a trash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<TimeMs>,
}

/// Where to go on reading the list of messages: what was received before, and at the same moment after this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Before {
    /// When the last message that is known was received.
    pub received: TimeMs,
    /// Which it is.
    pub message: MessageId,
}

/// `GET /mail?received=&message=&limit=`: messages, newest first, after the one that is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessagePage {
    /// Newest first.
    pub messages: Vec<Message>,
    /// Whether there are more.
    pub more: bool,
    /// The latest entry of the change feed as of this page: what happens to the mailbox from now on comes after it.
    pub latest_change: u64,
}

/// Where to go on reading changes: after this entry of the change feed, and within it after this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailCursor {
    /// Everything that last changed with a lower number has been read.
    pub change: u64,
    /// Of what changed with this number, everything up to this message has been read; all of it, if there is none.
    pub message: Option<MessageId>,
}

/// What has become of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum MailChange {
    /// It is new.
    Arrived(Message),
    /// Something else is noted on it.
    Marked {
        /// Which.
        message: MessageId,
        /// What.
        mark: Mark,
    },
    /// It is gone.
    Deleted {
        /// Which.
        message: MessageId,
    },
}

/// `GET /mail/changes?change=&message=&limit=`: what happened to the mailbox after a cursor, in order.
///
/// What changes while pages are read moves behind the cursor, so nothing is missed. What came after the first of these pages
/// began and was marked since may be told by its mark alone, on a later page: whoever does not know the message reads it
/// by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailChanges {
    /// Each message at most once, as it is now.
    pub changes: Vec<MailChange>,
    /// Where to go on.
    pub next: MailCursor,
    /// Whether there are more.
    pub more: bool,
}

/// A message that its owner puts into their mailbox: out of an archive, or one that they wrote.
///
/// Its body was uploaded before, as the content of the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutMessage {
    /// Its id, and that of the content with its body.
    pub message: MessageId,
    /// The moment under which it is listed.
    pub received: TimeMs,
    /// The key of summary and body: sealed.
    pub envelope: Bytes,
    /// What a list of messages shows: sealed.
    pub summary: Bytes,
    /// The first that is noted on it: sealed.
    pub mark: Bytes,
}

/// `POST /mail`: puts messages into the mailbox. Repeating it is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutMessages {
    /// The messages.
    pub messages: Vec<PutMessage>,
}

/// How many messages were new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessagesPut {
    /// So many.
    pub kept: u64,
}

/// `POST /mail/read`: some messages by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReadMessages {
    /// Which.
    pub messages: Vec<MessageId>,
}

/// Those messages that are there, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Messages {
    /// The messages.
    pub messages: Vec<Message>,
}

/// What shall be noted on a message. It is done only if what is noted now has the version before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutMark {
    /// On which.
    pub message: MessageId,
    /// What.
    pub mark: Mark,
}

/// `POST /mail/marks`: notes something on messages, on each of them alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutMarks {
    /// What on which.
    pub marks: Vec<PutMark>,
}

/// On which messages it was not noted, because somebody was faster: read them again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MarksPut {
    /// Those that are marked otherwise by now, or gone.
    pub conflicts: Vec<MessageId>,
}

/// `POST /mail/delete`: deletes messages for good. Repeating it is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteMessages {
    /// Which.
    pub messages: Vec<MessageId>,
}

/// `GET /mail/index`: the index that an account's devices keep of its mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MailIndex {
    /// Counts up by one with each change; 0 if there never was one.
    pub version: u64,
    /// Which contents it is made of, and how they open: sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Bytes>,
}

/// `PUT /mail/index`: the index as it shall be, if the present one has the version before. Repeating it is harmless.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutMailIndex {
    /// The version that it shall have; it is refused with `conflict` unless the present one is one less.
    pub version: u64,
    /// Which contents it is made of, and how they open: sealed.
    pub manifest: Bytes,
    /// The contents, which were uploaded before; each once, and nothing else uses them. Those that the version before named
    /// and this one does not are removed.
    pub contents: Vec<ContentId>,
}
