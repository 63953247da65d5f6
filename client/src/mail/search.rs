//! Finding messages again.

use std::rc::Rc;

use postern_crypto::account::Tag;
use postern_crypto::mail::{Mark, Place};
use postern_search::{Condition, Mistake, Query, State, Test};

use super::entry::Entry;
use super::{Drawer, Mailbox};
use crate::Result;

impl Mailbox {
    /// The messages for which somebody looks, newest first: of those that are loaded, and but for those in trash and spam
    /// unless it is there that they look. `ahead_minutes`: how far their clock is ahead of UTC.
    ///
    /// # Errors
    /// [`Error::Query`]; as all requests, if the words of messages have to be fetched.
    pub async fn search(&self, typed: &str, ahead_minutes: i32) -> Result<Vec<Rc<Entry>>> {
        let now = self.account.surroundings().now();
        let query = Query::parse(typed, now.0, ahead_minutes)?;
        let tests = self.resolved(&query)?;
        let mut found = if query.asks_for_words() {
            let with_words = self.with_words(&query).await?;
            self.held.borrow().among(&with_words)
        } else {
            self.entries()
        };
        let looks_somewhere = tests
            .iter()
            .any(|test| !test.is_not && matches!(test.what, What::In(_)));
        let order = self.order();
        found.retain(|entry| {
            (looks_somewhere || Drawer::Everything.has(&entry.noted.mark, &order))
                && tests
                    .iter()
                    .all(|test| test.what.holds(entry, &order) != test.is_not)
        });
        Ok(found)
    }

    /// Whether somebody looks for words: for anything else no message has to be read.
    ///
    /// # Errors
    /// [`Error::Query`](crate::Error::Query).
    pub fn asks_for_words(&self, typed: &str, ahead_minutes: i32) -> Result<bool> {
        let now = self.account.surroundings().now();
        Ok(Query::parse(typed, now.0, ahead_minutes)?.asks_for_words())
    }

    /// What a query asks besides words, in the terms of this mailbox.
    fn resolved(&self, query: &Query) -> Result<Vec<Resolved>> {
        let order = self.order();
        let resolve = |Condition { is_not, test }: &Condition| {
            let what = match test.clone() {
                Test::Words { .. } => return None,
                Test::HasAttachment => Ok(What::HasAttachment),
                Test::Is(state) => Ok(What::Is(state)),
                Test::Received { from_ms, to_ms } => Ok(What::Received { from_ms, to_ms }),
                Test::Larger { bytes } => Ok(What::Larger(bytes)),
                Test::Smaller { bytes } => Ok(What::Smaller(bytes)),
                Test::In(name) => place(&name, &order.folders).map(What::In),
                Test::Label(name) => tag(&name, &order.labels)
                    .map(What::Label)
                    .ok_or_else(|| Mistake::Label(name).into()),
            };
            Some(what.map(|what| Resolved {
                is_not: *is_not,
                what,
            }))
        };
        query.conditions().iter().filter_map(resolve).collect()
    }
}

struct Resolved {
    is_not: bool,
    what: What,
}

/// What may hold of a message.
enum What {
    HasAttachment,
    Is(State),
    In(Drawer),
    Label([u8; 16]),
    Received { from_ms: i64, to_ms: i64 },
    Larger(u64),
    Smaller(u64),
}

impl What {
    fn holds(&self, entry: &Entry, order: &super::MailRoot) -> bool {
        let mark = &entry.noted.mark;
        let size = entry.summary().map(|summary| summary.size_bytes);
        match self {
            Self::HasAttachment => entry
                .summary()
                .is_some_and(|summary| !summary.attachments.is_empty()),
            Self::Is(state) => is(mark, *state),
            Self::In(drawer) => drawer.has(mark, order),
            Self::Label(label) => mark.labels.contains(label),
            Self::Received { from_ms, to_ms } => (*from_ms..*to_ms).contains(&entry.received.0),
            Self::Larger(bytes) => size.is_some_and(|size| size > *bytes),
            Self::Smaller(bytes) => size.is_some_and(|size| size < *bytes),
        }
    }
}

fn is(mark: &Mark, state: State) -> bool {
    match state {
        State::Read => mark.is_read,
        State::Unread => !mark.is_read,
        State::Starred => mark.is_starred,
        State::Answered => mark.is_answered,
        State::Forwarded => mark.is_forwarded,
    }
}

fn place(name: &str, folders: &[Tag]) -> Result<Drawer> {
    let place = match &*name.to_lowercase() {
        "inbox" => Place::Inbox,
        "archive" => Place::Archive,
        "trash" => Place::Trash,
        "spam" => Place::Spam,
        "sent" => Place::Sent,
        _ => tag(name, folders)
            .map(Place::Folder)
            .ok_or_else(|| Mistake::Folder(name.to_owned()))?,
    };
    Ok(Drawer::Place(place))
}

fn tag(name: &str, tags: &[Tag]) -> Option<[u8; 16]> {
    let name = name.to_lowercase();
    let found = tags.iter().find(|tag| tag.name.to_lowercase() == name);
    found.map(|tag| tag.id)
}
