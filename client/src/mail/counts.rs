//! How much mail there is, and where how much of it was not read.

use std::collections::HashMap;

use postern_crypto::mail::Place;

use super::conversations::{Conversation, is_kept};

/// Counted once for as long as nothing changes: what every page of a list says beside its rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Messages, wherever they lie.
    pub messages: usize,
    /// Their size, together.
    pub size_bytes: u64,
    places: HashMap<Place, usize>,
    labels: HashMap<[u8; 16], usize>,
}

impl Counts {
    pub(super) fn of(conversations: &[Conversation]) -> Self {
        let mut counts = Self::default();
        for conversation in conversations {
            counts.add(conversation);
        }
        counts
    }

    /// Conversations with a message that lies there and was not read. `place` is one that there is: what lies in a folder
    /// that is gone is in no count.
    #[must_use]
    pub fn unread_at(&self, place: Place) -> usize {
        self.places.get(&place).copied().unwrap_or(0)
    }

    /// Conversations with a message that has this label and was not read, and is neither in trash nor in spam.
    #[must_use]
    pub fn unread_with(&self, label: &[u8; 16]) -> usize {
        self.labels.get(label).copied().unwrap_or(0)
    }

    fn add(&mut self, conversation: &Conversation) {
        let (mut places, mut labels) = (Vec::new(), Vec::new());
        for entry in &conversation.entries {
            let mark = &entry.noted.mark;
            self.messages += 1;
            let size_bytes = entry.summary().map_or(0, |summary| summary.size_bytes);
            self.size_bytes = self.size_bytes.saturating_add(size_bytes);
            if mark.is_read {
                continue;
            }
            places.push(mark.place);
            if is_kept(mark) {
                labels.extend(&mark.labels);
            }
        }
        count_each(places, &mut self.places);
        count_each(labels, &mut self.labels);
    }
}

fn count_each<K: Ord + std::hash::Hash>(mut found: Vec<K>, counts: &mut HashMap<K, usize>) {
    found.sort_unstable();
    found.dedup();
    for key in found {
        *counts.entry(key).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use postern_crypto::mail::Mark;
    use postern_protocol::{MessageId, TimeMs};

    use super::*;
    use crate::mail::{Entry, Noted};

    #[test]
    fn a_conversation_counts_once_wherever_something_in_it_was_not_read() {
        let (label, folder) = ([1; 16], Place::Folder([2; 16]));
        let entry = |place, is_read, labels: &[[u8; 16]]| {
            let mark = Mark {
                place,
                is_read,
                labels: labels.to_vec(),
                ..Mark::default()
            };
            Rc::new(Entry {
                message: MessageId([0; 16]),
                received: TimeMs(0),
                noted: Noted {
                    mark,
                    ..Noted::nothing(None)
                },
                opened: None,
            })
        };
        let counts = Counts::of(&[
            Conversation {
                entries: vec![
                    entry(Place::Inbox, false, &[label]),
                    entry(Place::Inbox, false, &[label]),
                    entry(folder, false, &[]),
                    entry(Place::Spam, true, &[]),
                ],
            },
            Conversation {
                entries: vec![
                    entry(Place::Inbox, false, &[]),
                    entry(Place::Trash, false, &[label]),
                ],
            },
        ]);
        let places = [Place::Inbox, folder, Place::Spam, Place::Trash, Place::Archive];
        assert_eq!(places.map(|place| counts.unread_at(place)), [2, 1, 0, 1, 0]);
        assert_eq!(counts.unread_with(&label), 1);
        assert_eq!(counts.messages, 6);
    }
}
