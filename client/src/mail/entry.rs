//! One message as a list shows it.

use postern_crypto::ContentKey;
use postern_crypto::mail::{Known, KnownLetter, Listed, Mark, Note, Origin, Place, Summary};
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

/// What is noted on a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// What.
    pub mark: Mark,
    /// The version of the mark; 0 if there is none yet.
    pub version: u64,
    /// When the server deletes the message by itself.
    pub expires: Option<TimeMs>,
    /// Whether what the server keeps opens. Otherwise this says what holds without it: nobody but the owner can have noted
    /// anything, and nothing is noted over it.
    pub opens: bool,
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
            opens: true,
        }
    }
}

impl Entry {
    /// What a list shows, if the message opens.
    #[must_use]
    pub fn summary(&self) -> Option<&Summary> {
        self.opened.as_ref().map(|opened| &opened.summary)
    }

    /// Whether all of it opened, and is known to come from whom it should. Of anything else another answer may tell more.
    pub(super) fn is_sure(&self) -> bool {
        self.noted.opens && self.confidence() == Confidence::Full
    }

    /// How far what it says is to be trusted.
    pub(super) fn confidence(&self) -> Confidence {
        match self.opened.as_ref().map(|opened| opened.origin) {
            None => Confidence::None,
            Some(Origin::Unknown) => Confidence::Some,
            Some(Origin::Gateway | Origin::Owner) => Confidence::Full,
        }
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

/// How far what a message says is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Confidence {
    /// It does not open.
    None,
    /// It opens, and nobody vouches for it.
    Some,
    /// It comes from the gateway or from its owner.
    Full,
}

impl From<Listed> for Entry {
    fn from(listed: Listed) -> Self {
        let (received, opened) = match listed.letter {
            Known::Nothing { received_ms } => (received_ms, None),
            Known::Opened(letter) => (letter.summary.received_ms, Some(Opened::from(*letter))),
        };
        Self {
            message: MessageId(listed.message),
            received: TimeMs(received),
            opened,
            noted: Noted::from(listed.note),
        }
    }
}

impl From<&Entry> for Listed {
    fn from(entry: &Entry) -> Self {
        Self {
            message: entry.message.0,
            letter: match &entry.opened {
                // Who reads that asks the server once more, for what was noted on it too.
                Some(opened) if entry.noted.opens => Known::Opened(Box::new(KnownLetter::from(opened))),
                _ => Known::Nothing {
                    received_ms: entry.received.0,
                },
            },
            note: Note::from(&entry.noted),
        }
    }
}

impl From<KnownLetter> for Opened {
    fn from(letter: KnownLetter) -> Self {
        let KnownLetter {
            origin,
            address,
            key,
            summary,
        } = letter;
        Self {
            origin,
            address,
            summary,
            key,
        }
    }
}

impl From<&Opened> for KnownLetter {
    fn from(opened: &Opened) -> Self {
        let Opened {
            origin,
            address,
            summary,
            key,
        } = opened.clone();
        Self {
            origin,
            address,
            key,
            summary,
        }
    }
}

impl From<Note> for Noted {
    fn from(note: Note) -> Self {
        Self {
            mark: note.mark,
            version: note.version,
            expires: note.expires_ms.map(TimeMs),
            opens: true,
        }
    }
}

impl From<&Noted> for Note {
    fn from(noted: &Noted) -> Self {
        Self {
            version: noted.version,
            mark: noted.mark.clone(),
            expires_ms: noted.expires.map(|moment| moment.0),
        }
    }
}
