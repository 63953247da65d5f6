//! The messages that are loaded, and how far the list and the changes have been read.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use postern_crypto::mail::Summary;
use postern_protocol::limits::is_number;
use postern_protocol::mail::{Before, MailChange, MailChanges, MailCursor, Mark, Message, MessagePage};
use postern_protocol::{MessageId, TimeMs};

use super::conversations::{Conversation, group};
use super::counts::Counts;
use super::entry::{Entry, Noted};
use crate::{Error, Result};

/// Newest first, and one order for those of the same moment.
type Seat = (Reverse<TimeMs>, MessageId);

/// What is loaded.
#[derive(Default)]
pub(super) struct Held {
    entries: BTreeMap<Seat, Rc<Entry>>,
    seats: HashMap<MessageId, Seat>,
    /// Those of which it was told that they were deleted.
    gone: HashSet<MessageId>,
    /// Where older messages begin, as the server lists them. None before anything was loaded.
    before: Option<Before>,
    is_whole: bool,
    cursor: Option<MailCursor>,
    /// Counts changes of them.
    revision: u64,
    /// As long as nothing changes, they are grouped once.
    grouped: Option<Rc<Vec<Conversation>>>,
    /// Likewise they are counted once.
    counted: Option<Rc<Counts>>,
}

/// What a page of the list says of the list.
pub(super) struct Paging {
    last: Option<Before>,
    pub(super) more: bool,
    latest_change: u64,
}

/// Changes by kind.
#[derive(Default)]
pub(super) struct Sorted {
    pub(super) arrived: Vec<Message>,
    pub(super) marked: Vec<(MessageId, Mark)>,
    pub(super) deleted: Vec<MessageId>,
}

impl Paging {
    /// A page goes on where the last one ended, or the list would be without an end.
    pub(super) fn of(page: &MessagePage, before: Option<Before>) -> Result<Self> {
        let seats = page.messages.iter().map(|message| Before {
            received: message.received,
            message: message.message,
        });
        let seats: Vec<_> = before.into_iter().chain(seats).collect();
        let descends = seats.is_sorted_by(|one, next| is_before(next, one));
        if descends && (!page.more || !page.messages.is_empty()) && is_number(page.latest_change) {
            Ok(Self {
                last: seats.last().copied(),
                more: page.more,
                latest_change: page.latest_change,
            })
        } else {
            Err(Error::NotAuthentic)
        }
    }
}

/// Whether the list has `next` after `one`: older, or of the same moment and with a smaller id.
fn is_before(next: &Before, one: &Before) -> bool {
    (next.received, next.message) < (one.received, one.message)
}

/// Changes lead on, or following them would be without an end.
pub(super) fn check_changes(page: &MailChanges, after: MailCursor) -> Result<()> {
    let moves = order(&page.next) > order(&after) && is_number(page.next.change);
    if moves || (page.next == after && !page.more && page.changes.is_empty()) {
        Ok(())
    } else {
        Err(Error::NotAuthentic)
    }
}

/// Which of two cursors leads further.
fn order(cursor: &MailCursor) -> (u64, bool, Option<MessageId>) {
    (cursor.change, cursor.message.is_none(), cursor.message)
}

pub(super) fn sort(changes: Vec<MailChange>) -> Sorted {
    let mut sorted = Sorted::default();
    for change in changes {
        match change {
            MailChange::Arrived(message) => sorted.arrived.push(message),
            MailChange::Marked { message, mark } => sorted.marked.push((message, mark)),
            MailChange::Deleted { message } => sorted.deleted.push(message),
        }
    }
    sorted
}

impl Held {
    pub(super) fn entries(&self) -> Vec<Rc<Entry>> {
        self.entries.values().cloned().collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Rc<Entry>> {
        self.entries.values()
    }

    /// Some of them, newest first, without looking through all.
    pub(super) fn among(&self, messages: &HashSet<MessageId>) -> Vec<Rc<Entry>> {
        let mut seats: Vec<_> = messages
            .iter()
            .filter_map(|message| self.seats.get(message))
            .collect();
        seats.sort_unstable();
        seats
            .iter()
            .filter_map(|seat| self.entries.get(*seat).cloned())
            .collect()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn conversations(&mut self) -> Rc<Vec<Conversation>> {
        let entries = &self.entries;
        let group = || Rc::new(group(&entries.values().cloned().collect::<Vec<_>>()));
        Rc::clone(self.grouped.get_or_insert_with(group))
    }

    pub(super) fn counts(&mut self) -> Rc<Counts> {
        let conversations = self.conversations();
        let count = || Rc::new(Counts::of(&conversations));
        Rc::clone(self.counted.get_or_insert_with(count))
    }

    /// The same as before as long as nothing has changed.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn has(&self, message: MessageId) -> bool {
        self.seats.contains_key(&message)
    }

    /// Whether a message is not there because it was deleted. One that is only not listed may have been withheld.
    pub(super) fn is_gone(&self, message: MessageId) -> bool {
        self.gone.contains(&message)
    }

    pub(super) fn gone(&self) -> impl Iterator<Item = &MessageId> {
        self.gone.iter()
    }

    /// Whether the list was read down to where a message stands.
    pub(super) fn reaches(&self, entry: &Entry) -> bool {
        let is_above = |before: Before| (entry.received, entry.message) > (before.received, before.message);
        self.is_whole || self.before.is_none_or(is_above)
    }

    pub(super) fn get(&self, message: MessageId) -> Option<Rc<Entry>> {
        self.entries.get(self.seats.get(&message)?).cloned()
    }

    pub(super) fn before(&self) -> Option<Before> {
        self.before
    }

    pub(super) fn cursor(&self) -> Option<MailCursor> {
        self.cursor
    }

    /// All that happened up to this change is in the list. Of a change in the midst of which the cursor stands, there may be
    /// more: that is not up to it.
    pub(super) fn followed(&self) -> Option<u64> {
        let cursor = self.cursor?;
        let is_within = u64::from(cursor.message.is_some());
        Some(cursor.change.saturating_sub(is_within))
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(super) fn add_page(&mut self, entries: Vec<Entry>, paging: &Paging) {
        entries.into_iter().for_each(|entry| self.add(entry));
        self.before = paging.last;
        self.is_whole = !paging.more;
        // What happened since the first page comes as changes, for what is on later pages as well.
        self.cursor.get_or_insert(MailCursor {
            change: paging.latest_change,
            message: None,
        });
    }

    /// Adds what was known of messages once, but for those that are gone by now.
    pub(super) fn add_known(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            if !self.is_gone(entry.message) {
                self.add(entry);
            }
        }
    }

    /// Adds all the rest, as it was at some change. What happened since is to be followed from there, or from where this
    /// device was, if that was before: what went between the two is in neither.
    pub(super) fn add_rest(&mut self, entries: Vec<Entry>, change: u64) {
        self.add_known(entries);
        self.is_whole = true;
        self.rewind(change);
    }

    /// What happened since then is followed once more.
    pub(super) fn rewind(&mut self, change: u64) {
        let cursor = MailCursor {
            change,
            message: None,
        };
        if self.cursor.is_some_and(|own| order(&own) > order(&cursor)) {
            self.cursor = Some(cursor);
        }
    }

    pub(super) fn follow(&mut self, next: MailCursor) {
        self.cursor = Some(next);
    }

    /// Adds a message, or puts it in the place of what was known of it. What was noted later stays, and what it says stays
    /// if that opened, or was vouched for, and the new one does not: a bad answer does not undo a good one.
    pub(super) fn add(&mut self, mut entry: Entry) {
        let message = entry.message;
        if let Some(known) = self.get(message) {
            if known.noted.version > entry.noted.version {
                entry.noted = known.noted.clone();
            }
            if known.confidence() > entry.confidence() {
                (entry.opened, entry.received) = (known.opened.clone(), known.received);
            }
            if *known == entry {
                return;
            }
        }
        self.take_out(message);
        self.gone.remove(&message);
        let seat = (Reverse(entry.received), message);
        self.changed();
        self.seats.insert(message, seat);
        self.entries.insert(seat, Rc::new(entry));
    }

    /// Notes something on a message, if it is loaded and nothing later is noted on it.
    pub(super) fn mark(&mut self, message: MessageId, noted: impl FnOnce(Option<&Summary>) -> Noted) {
        let Some(entry) = self
            .seats
            .get(&message)
            .and_then(|seat| self.entries.get_mut(seat))
        else {
            return;
        };
        let noted = noted(entry.summary());
        if noted.version > entry.noted.version {
            Rc::make_mut(entry).noted = noted;
            self.changed();
        }
    }

    pub(super) fn delete(&mut self, message: MessageId) {
        self.take_out(message);
        self.gone.insert(message);
    }

    fn take_out(&mut self, message: MessageId) {
        if let Some(seat) = self.seats.remove(&message) {
            self.entries.remove(&seat);
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.revision += 1;
        self.grouped = None;
        self.counted = None;
    }
}

#[cfg(test)]
mod tests {
    use postern_protocol::Bytes;

    use super::*;

    fn message(received: i64, id: u8) -> Message {
        Message {
            message: MessageId([id; 16]),
            received: TimeMs(received),
            size_bytes: 1,
            sealed_to: None,
            envelope: Bytes(Vec::new()),
            summary: Bytes(Vec::new()),
            mark: None,
        }
    }

    #[test]
    fn a_page_of_the_list_goes_on_where_the_last_one_ended() {
        let before = |received, id| {
            Some(Before {
                received: TimeMs(received),
                message: MessageId([id; 16]),
            })
        };
        for (messages, more, after, is_right) in [
            (
                vec![message(3, 1), message(2, 9), message(2, 8)],
                true,
                None,
                true,
            ),
            (vec![], false, None, true),
            (vec![], true, None, false),
            (vec![message(2, 8), message(2, 9)], false, None, false),
            (vec![message(2, 8), message(2, 8)], false, None, false),
            (vec![message(2, 7)], false, before(2, 8), true),
            (vec![message(2, 8)], false, before(2, 8), false),
            (vec![message(3, 1)], false, before(2, 8), false),
        ] {
            let page = MessagePage {
                messages,
                more,
                latest_change: 1,
            };
            assert_eq!(Paging::of(&page, after).is_ok(), is_right, "{page:?}");
        }
    }

    #[test]
    fn changes_lead_on() {
        let cursor = |change, message: Option<u8>| MailCursor {
            change,
            message: message.map(|id| MessageId([id; 16])),
        };
        let gone = MailChange::Deleted {
            message: MessageId([1; 16]),
        };
        for (after, changes, next, more, is_right) in [
            (cursor(3, None), vec![], cursor(3, None), false, true),
            (cursor(3, None), vec![], cursor(3, None), true, false),
            (cursor(3, None), vec![gone.clone()], cursor(3, None), false, false),
            (
                cursor(3, None),
                vec![gone.clone()],
                cursor(4, Some(1)),
                true,
                true,
            ),
            (
                cursor(4, Some(1)),
                vec![gone.clone()],
                cursor(4, Some(2)),
                true,
                true,
            ),
            (
                cursor(4, Some(2)),
                vec![gone.clone()],
                cursor(4, Some(1)),
                true,
                false,
            ),
            (cursor(4, None), vec![gone], cursor(u64::MAX, None), true, false),
        ] {
            let page = MailChanges { changes, next, more };
            assert_eq!(
                check_changes(&page, after).is_ok(),
                is_right,
                "{page:?} after {after:?}"
            );
        }
    }

    #[test]
    fn what_was_noted_later_stays_whatever_comes() {
        let entry = |version| Entry {
            message: MessageId([1; 16]),
            received: TimeMs(1),
            opened: None,
            noted: Noted {
                version,
                ..Noted::nothing(None)
            },
        };
        let mut held = Held::default();
        held.add(entry(2));
        held.add(entry(1));
        held.mark(MessageId([1; 16]), |_| entry(1).noted);
        assert_eq!(held.entries()[0].noted.version, 2);
        held.mark(MessageId([1; 16]), |_| entry(3).noted);
        assert_eq!(held.entries()[0].noted.version, 3);
        held.mark(MessageId([2; 16]), |_| entry(3).noted);
        held.delete(MessageId([1; 16]));
        assert!(held.entries().is_empty() && held.is_gone(MessageId([1; 16])));
    }
}
