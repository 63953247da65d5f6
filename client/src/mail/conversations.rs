//! Messages that belong together: each answer names what it answers (RFC 5322, 3.6.4), so whoever is named by the same
//! messages is in the same conversation. A subject alone joins nobody: anybody can write "Re: Invoice".

use std::collections::HashMap;
use std::rc::Rc;

use postern_crypto::account::MailRoot;
use postern_crypto::mail::{Mark, Place};
use postern_protocol::MessageId;

use super::entry::Entry;

/// Messages that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Newest first.
    pub entries: Vec<Rc<Entry>>,
}

/// Which messages are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawer {
    /// Those that lie there.
    Place(Place),
    /// Those with a star, wherever they lie but in trash and spam.
    Starred,
    /// Those with a label, likewise.
    Label([u8; 16]),
    /// All but those in trash and spam.
    Everything,
}

impl Drawer {
    /// Whether a message with this mark is listed, in mail of this order.
    #[must_use]
    pub fn has(&self, mark: &Mark, order: &MailRoot) -> bool {
        match self {
            Self::Place(place) => settled(mark.place, order) == *place,
            Self::Starred => is_kept(mark) && mark.is_starred,
            Self::Label(label) => is_kept(mark) && mark.labels.contains(label),
            Self::Everything => is_kept(mark),
        }
    }
}

/// Whether nobody has thrown it away, and nothing took it for spam.
pub(super) fn is_kept(mark: &Mark) -> bool {
    !matches!(mark.place, Place::Trash | Place::Spam)
}

/// What lay in a folder that is there no more lies in the archive.
fn settled(place: Place, order: &MailRoot) -> Place {
    match place {
        Place::Folder(id) if order.folders.iter().all(|tag| tag.id != id) => Place::Archive,
        place => place,
    }
}

impl Conversation {
    /// The newest message.
    #[must_use]
    pub fn newest(&self) -> &Rc<Entry> {
        self.entries.first().expect("a conversation has a message")
    }

    /// Whether one of its messages is listed in `drawer`.
    #[must_use]
    pub fn is_in(&self, drawer: &Drawer, order: &MailRoot) -> bool {
        self.listed(drawer, order).next().is_some()
    }

    /// Its messages that are listed in `drawer`, newest first.
    pub fn listed<'a>(
        &'a self,
        drawer: &'a Drawer,
        order: &'a MailRoot,
    ) -> impl Iterator<Item = &'a Rc<Entry>> {
        self.entries
            .iter()
            .filter(|entry| drawer.has(&entry.noted.mark, order))
    }
}

/// Groups messages. Both the messages and the conversations are newest first.
#[must_use]
pub fn group(entries: &[Rc<Entry>]) -> Vec<Conversation> {
    let mut joining = Joining::default();
    let groups: Vec<usize> = entries.iter().map(|entry| joining.add(entry)).collect();
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut conversations: Vec<Conversation> = Vec::new();
    for (entry, group) in entries.iter().zip(groups) {
        let place = *places.entry(joining.root(group)).or_insert_with(|| {
            conversations.push(Conversation { entries: Vec::new() });
            conversations.len() - 1
        });
        conversations[place].entries.push(Rc::clone(entry));
    }
    conversations
}

/// The conversation of one message.
pub(super) fn of(conversations: &[Conversation], message: MessageId) -> Option<&Conversation> {
    conversations
        .iter()
        .find(|conversation| conversation.entries.iter().any(|entry| entry.message == message))
}

/// Who was named together so far: a forest in which each tree is a conversation.
#[derive(Default)]
struct Joining<'a> {
    above: Vec<usize>,
    named: HashMap<&'a str, usize>,
}

impl<'a> Joining<'a> {
    /// Joins a message with all that it names, and answers its group.
    fn add(&mut self, entry: &'a Entry) -> usize {
        let group = self.above.len();
        self.above.push(group);
        let Some(summary) = entry.summary() else {
            return group;
        };
        let names = summary.references.iter().chain([&summary.message_id]);
        for name in names.filter(|name| !name.is_empty()) {
            let other = *self.named.entry(name).or_insert(group);
            self.join(other, group);
        }
        group
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.above[one.max(other)] = one.min(other);
    }

    /// Paths are halved on the way, so that they stay short however many answers there are.
    fn root(&mut self, mut at: usize) -> usize {
        while self.above[at] != at {
            self.above[at] = self.above[self.above[at]];
            at = self.above[at];
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use postern_crypto::account::Tag;
    use postern_crypto::mail::Summary;
    use postern_crypto::{ContentKey, MailKey};
    use postern_protocol::TimeMs;

    use super::*;
    use crate::mail::{Noted, Opened, Origin};

    fn entry(number: u8, references: &[&str]) -> Rc<Entry> {
        let summary = Summary {
            message_id: number.to_string(),
            references: references.iter().map(ToString::to_string).collect(),
            ..Summary::default()
        };
        Rc::new(Entry {
            message: MessageId([number; 16]),
            received: TimeMs(number.into()),
            noted: Noted::nothing(None),
            opened: Some(Opened {
                origin: Origin::Gateway,
                address: None,
                summary,
                key: ContentKey::from_bytes([1; 32]),
            }),
        })
    }

    fn numbers(conversations: &[Conversation]) -> Vec<Vec<u8>> {
        let numbers = |conversation: &Conversation| {
            let entries = conversation.entries.iter();
            entries.map(|entry| entry.message.0[0]).collect()
        };
        conversations.iter().map(numbers).collect()
    }

    #[test]
    fn answers_are_with_what_they_answer_in_whatever_order_they_came() {
        let all = [
            entry(9, &["3"]),
            entry(8, &[]),
            entry(7, &["elsewhere", "2"]),
            entry(6, &["elsewhere"]),
            entry(3, &[]),
            entry(2, &[]),
            entry(1, &["9"]),
        ];
        assert_eq!(numbers(&group(&all)), [vec![9, 3, 1], vec![8], vec![7, 6, 2]]);
        assert!(group(&[]).is_empty());
    }

    #[test]
    fn one_message_may_join_two_conversations() {
        let all = [entry(4, &["1", "2"]), entry(2, &[]), entry(1, &[])];
        assert_eq!(numbers(&group(&all)), [[4, 2, 1]]);
        assert_eq!(
            of(&group(&all), MessageId([2; 16]))
                .expect("there")
                .newest()
                .message
                .0[0],
            4
        );
    }

    #[test]
    fn a_message_without_an_id_is_with_nobody() {
        let mut nameless = Entry::clone(&entry(5, &[]));
        nameless
            .opened
            .as_mut()
            .expect("opened")
            .summary
            .message_id
            .clear();
        let nameless = Rc::new(nameless);
        let sealed = Rc::new(Entry {
            opened: None,
            ..Entry::clone(&nameless)
        });
        let all = [nameless.clone(), nameless, sealed.clone(), sealed];
        assert_eq!(group(&all).len(), 4);
    }

    #[test]
    fn a_drawer_lists_what_belongs_into_it() {
        let mark = |place, is_starred| Mark {
            place,
            is_starred,
            labels: vec![[1; 16]],
            ..Mark::default()
        };
        let order = MailRoot::new(MailKey::from_bytes([1; 32]));
        let (inbox, trash) = (mark(Place::Inbox, true), mark(Place::Trash, true));
        for (drawer, of_inbox, of_trash) in [
            (Drawer::Place(Place::Inbox), true, false),
            (Drawer::Place(Place::Trash), false, true),
            (Drawer::Starred, true, false),
            (Drawer::Label([1; 16]), true, false),
            (Drawer::Label([2; 16]), false, false),
            (Drawer::Everything, true, false),
        ] {
            assert_eq!(
                (drawer.has(&inbox, &order), drawer.has(&trash, &order)),
                (of_inbox, of_trash),
                "{drawer:?}"
            );
        }
    }
    #[test]
    fn what_lies_in_a_folder_that_was_removed_is_in_the_archive() {
        let mark = Mark {
            place: Place::Folder([1; 16]),
            ..Mark::default()
        };
        let without = MailRoot::new(MailKey::from_bytes([1; 32]));
        let folder = Tag {
            id: [1; 16],
            name: "Club".to_owned(),
            colour: 0,
        };
        let with = MailRoot {
            folders: vec![folder],
            ..without.clone()
        };
        let (archive, club) = (
            Drawer::Place(Place::Archive),
            Drawer::Place(Place::Folder([1; 16])),
        );
        assert!(club.has(&mark, &with) && !archive.has(&mark, &with));
        assert!(archive.has(&mark, &without) && !club.has(&mark, &without));
    }
}
