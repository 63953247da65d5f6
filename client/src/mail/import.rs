//! Messages that other programs kept, put into the mailbox once: out of archives, with what was noted on them there.

use std::collections::{BTreeSet, HashSet};

use postern_crypto::account::{MailRoot, Tag};
use postern_crypto::mail::{Mark, Place, Summary};
use postern_protocol::TimeMs;

use super::{Letter, Mailbox};
use crate::names::steady;
use crate::{Error, Result};

/// So much is put there at once.
const BATCH_BYTES: usize = 8 << 20;

/// Puts messages into the mailbox, some at once. Those that are there already are left out: who was interrupted begins
/// again.
pub struct Import<'a> {
    mailbox: &'a Mailbox,
    known: HashSet<Likeness>,
    place: Place,
    waiting: Vec<(Letter, Mark)>,
    waiting_bytes: usize,
    /// Names of folders and labels that cannot be made, or of which a message has too many.
    lost: BTreeSet<String>,
    done: Imported,
}

/// How many messages were put there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// So many.
    pub imported: usize,
    /// So many were there already.
    pub skipped: usize,
    /// The subjects of those that the server did not take.
    pub refused: Vec<String>,
    /// The folders and labels that could not be made, or of which a message had too many.
    pub lost: Vec<String>,
}

/// By what a message is known that is there already.
#[derive(PartialEq, Eq, Hash)]
enum Likeness {
    /// By its id: of the rest a gateway may have said more, or less, when it came.
    Named { message_id: String, size_bytes: u64 },
    /// Some have no id.
    Nameless {
        date_ms: Option<i64>,
        subject: String,
        size_bytes: u64,
    },
}

impl Likeness {
    fn of(summary: &Summary, size_bytes: u64) -> Self {
        if summary.message_id.is_empty() {
            Self::Nameless {
                date_ms: summary.date_ms,
                // What is there was made steady when it was opened.
                subject: steady(&summary.subject),
                size_bytes,
            }
        } else {
            Self::Named {
                message_id: summary.message_id.clone(),
                size_bytes,
            }
        }
    }
}

/// Where a message lay in the program that kept it.
enum Lay<'a> {
    /// It does not say.
    Somewhere,
    /// In a folder of a Maildir, under a name that ends with these letters.
    Maildir { folder: &'a str, flags: &'a str },
}

/// What the owner of a mailbox made.
#[derive(Clone, Copy)]
enum Kind {
    Folder,
    Label,
}

impl<'a> Import<'a> {
    /// Into `mailbox`, which is loaded for it; what does not say where it lay goes to `place`.
    ///
    /// # Errors
    /// As [`Mailbox::refresh`].
    pub async fn begin(mailbox: &'a Mailbox, place: Place) -> Result<Self> {
        mailbox.refresh().await?;
        while mailbox.load_older().await? {}
        let entries = mailbox.entries();
        let known = entries.iter().filter_map(|entry| {
            let summary = entry.summary()?;
            Some(Likeness::of(summary, summary.size_bytes))
        });
        Ok(Self {
            mailbox,
            known: known.collect(),
            place,
            waiting: Vec::new(),
            waiting_bytes: 0,
            lost: BTreeSet::new(),
            done: Imported::default(),
        })
    }

    /// The next message.
    ///
    /// # Errors
    /// As [`Mailbox::bring`]: it may be that of messages which were added before.
    pub async fn add(&mut self, letter: Letter) -> Result<()> {
        self.add_noted(letter, Lay::Somewhere).await
    }

    /// The next message, which lay in a Maildir under a name that says what was noted on it: in `folder` of a Maildir++ like
    /// `.Sent`, or in the Maildir itself if that is empty. A folder that is not there is made.
    ///
    /// # Errors
    /// As [`Import::add`].
    pub async fn add_from_maildir(&mut self, letter: Letter, folder: &str, file_name: &str) -> Result<()> {
        let flags = maildir_flags(file_name);
        self.add_noted(letter, Lay::Maildir { folder, flags }).await
    }

    async fn add_noted(&mut self, letter: Letter, lay: Lay<'_>) -> Result<()> {
        let size = letter.bytes().len();
        let likeness = Likeness::of(&letter.summary(TimeMs(0)), size as u64);
        if !self.known.insert(likeness) {
            self.done.skipped += 1;
            return Ok(());
        }
        let mark = self.mark(&letter, lay).await?;
        self.waiting.push((letter, mark));
        self.waiting_bytes += size;
        if self.waiting_bytes >= BATCH_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    /// No more come.
    ///
    /// # Errors
    /// As [`Mailbox::bring`].
    pub async fn finish(mut self) -> Result<Imported> {
        self.send().await?;
        self.done.lost = self.lost.into_iter().collect();
        Ok(self.done)
    }

    /// What other programs noted on it, with the folder and the labels that it had there.
    async fn mark(&mut self, letter: &Letter, lay: Lay<'_>) -> Result<Mark> {
        let (place, flags) = match lay {
            Lay::Somewhere => (self.place, None),
            Lay::Maildir { folder, flags } => (self.place_called(folder).await?, Some(flags)),
        };
        let gmail = gmail_labels(letter);
        let mut mark = mark(letter, flags, &gmail, place);
        for name in gmail.iter().filter(|name| !is_of_gmail_itself(name)) {
            match self.tag(name, Kind::Label).await? {
                Some(label) if mark.labels.len() < Mark::MAX_LABELS as usize => mark.labels.push(label),
                _ => drop(self.lost.insert(name.clone())),
            }
        }
        mark.labels.sort_unstable();
        mark.labels.dedup();
        Ok(mark)
    }

    /// The place that a folder of a Maildir++ is called like.
    async fn place_called(&mut self, folder: &str) -> Result<Place> {
        let name = folder.strip_prefix('.').unwrap_or(folder);
        Ok(match &*name.to_lowercase() {
            "" => self.place,
            "inbox" => Place::Inbox,
            "archive" | "archives" => Place::Archive,
            "sent" | "sent items" | "sent messages" => Place::Sent,
            "spam" | "junk" => Place::Spam,
            "trash" | "deleted items" | "deleted messages" => Place::Trash,
            _ => self
                .tag(name, Kind::Folder)
                .await?
                .map_or(self.place, Place::Folder),
        })
    }

    /// The folder or label of that name. One that is not there is made; nothing, if it cannot be.
    async fn tag(&mut self, name: &str, kind: Kind) -> Result<Option<[u8; 16]>> {
        let found = tag_called(name, kind, &self.mailbox.order());
        if found.is_some() || self.lost.contains(name) {
            return Ok(found);
        }
        let made = match kind {
            Kind::Folder => self.mailbox.make_folder(name, 0).await,
            Kind::Label => self.mailbox.make_label(name, 0).await,
        };
        let found = match made {
            // Another device was faster, or there are too many, or it is no name.
            Err(Error::EntryExists | Error::TooLarge | Error::TagName) => {
                tag_called(name, kind, &self.mailbox.order())
            }
            made => Some(made?.id),
        };
        if found.is_none() {
            self.lost.insert(name.to_owned());
        }
        Ok(found)
    }

    async fn send(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let count = waiting.len();
        let refused = self.mailbox.bring(waiting).await?;
        self.done.imported += count - refused.len();
        let subject = |letter: &Letter| letter.summary(TimeMs(0)).subject;
        self.done.refused.extend(refused.iter().map(subject));
        Ok(())
    }
}

/// Whether what begins like that is an archive of messages (mbox) and not one message.
#[must_use]
pub fn is_archive(start: &[u8]) -> bool {
    start.trim_ascii_start().starts_with(b"From ")
}

/// Whether it has at least one of the fields without which no message is written.
#[must_use]
pub fn is_message(letter: &Letter) -> bool {
    let message = letter.message();
    ["From", "Date", "Message-ID", "Received", "Subject"]
        .iter()
        .any(|name| message.head().text(name).is_some())
}

/// The letters for what was noted on a message, at the end of its name.
fn maildir_flags(file_name: &str) -> &str {
    // Where a colon cannot be in a name, programs write something else.
    let noted = [":2,", ";2,", "!2,", "_2,"];
    let flags = noted.iter().find_map(|mark| file_name.rsplit_once(mark));
    flags.map_or("", |(_, flags)| flags)
}

fn tag_called(name: &str, kind: Kind, order: &MailRoot) -> Option<[u8; 16]> {
    let name = name.trim().to_lowercase();
    let tags = match kind {
        Kind::Folder => &order.folders,
        Kind::Label => &order.labels,
    };
    // A Maildir++ has a name without dots: they separate folders within folders there.
    let is_called = |tag: &&Tag| {
        let known = tag.name.to_lowercase();
        known == name || (matches!(kind, Kind::Folder) && known.replace('.', "_") == name)
    };
    tags.iter().find(is_called).map(|tag| tag.id)
}

/// The labels of Gmail's export. One with a comma stands in quotes.
fn gmail_labels(letter: &Letter) -> Vec<String> {
    let field = letter.message().head().text("X-Gmail-Labels").unwrap_or_default();
    let mut is_quoted = false;
    let labels = field.split(|character| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    });
    let labels = labels.map(|label| label.trim().trim_matches('"').to_owned());
    labels.filter(|label| !label.is_empty()).collect()
}

/// Whether Gmail set a label, and nobody made it.
fn is_of_gmail_itself(label: &str) -> bool {
    const OWN: [&str; 12] = [
        "inbox",
        "sent",
        "trash",
        "spam",
        "starred",
        "unread",
        "opened",
        "important",
        "archived",
        "drafts",
        "chats",
        "muted",
    ];
    let label = label.to_lowercase();
    OWN.contains(&&*label) || label.starts_with("category ")
}

/// What other programs noted: Maildir in the name, mbox in `Status` and `X-Status`, Gmail's export in its labels.
fn mark(letter: &Letter, flags: Option<&str>, gmail: &[String], place: Place) -> Mark {
    let message = letter.message();
    let field = |name| message.head().text(name);
    let has = |label: &str| gmail.iter().any(|known| known.eq_ignore_ascii_case(label));
    let letters = match flags {
        Some(flags) => flags.to_owned(),
        None => field("X-Status").unwrap_or_default(),
    };
    let flag = |maildir: char, mbox: char| letters.contains(if flags.is_some() { maildir } else { mbox });
    Mark {
        is_read: match (gmail, flags) {
            ([_, ..], _) => !has("Unread"),
            ([], Some(flags)) => flags.contains('S'),
            // `O` alone: it was seen in the list, and not read.
            ([], None) => field("Status").is_none_or(|status| status.contains('R')),
        },
        is_starred: flag('F', 'F') || has("Starred"),
        is_answered: flag('R', 'A'),
        is_forwarded: flags.is_some_and(|flags| flags.contains('P')),
        place: match () {
            () if has("Trash") || flags.is_some_and(|flags| flags.contains('T')) => Place::Trash,
            () if has("Spam") => Place::Spam,
            () if has("Sent") => Place::Sent,
            () if has("Inbox") => Place::Inbox,
            () => place,
        },
        labels: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, flags: Option<&str>) -> Mark {
        let letter = Letter::new(text.as_bytes().to_vec());
        mark(&letter, flags, &gmail_labels(&letter), Place::Archive)
    }

    #[test]
    fn what_other_programs_noted_is_noted_here() {
        let maildir = marked("Subject: x\n\n", Some("FRS"));
        assert!(maildir.is_read && maildir.is_starred && maildir.is_answered);
        assert!(!marked("Subject: x\n\n", Some("")).is_read);
        assert_eq!(marked("Subject: x\n\n", Some("T")).place, Place::Trash);
        let mbox = marked("Status: RO\nX-Status: AF\n\n", None);
        assert!(mbox.is_read && mbox.is_starred && mbox.is_answered);
        assert!(!marked("Status: O\n\n", None).is_read && !marked("Status:\n\n", None).is_read);
        assert!(marked("Subject: x\n\n", None).is_read);
        let gmail = marked("X-Gmail-Labels: Inbox,Unread,Starred\n\n", None);
        assert!(!gmail.is_read && gmail.is_starred && gmail.place == Place::Inbox);
        assert_eq!(marked("X-Gmail-Labels: Sent\n\n", None).place, Place::Sent);
        assert_eq!(marked("Subject: x\n\n", None).place, Place::Archive);
    }

    #[test]
    fn labels_are_told_from_those_that_gmail_sets() {
        let letter = Letter::new(b"X-Gmail-Labels: Inbox, Club,\"Tea, cake\",Category Updates\n\n".to_vec());
        let labels = gmail_labels(&letter);
        assert_eq!(labels, ["Inbox", "Club", "Tea, cake", "Category Updates"]);
        let made: Vec<_> = labels.iter().filter(|label| !is_of_gmail_itself(label)).collect();
        assert_eq!(made, ["Club", "Tea, cake"]);
    }

    #[test]
    fn an_archive_is_told_from_one_message() {
        assert!(is_archive(b"\nFrom a"));
        assert!(!is_archive(b"From: a"));
        assert!(!is_archive(b""));
    }

    #[test]
    fn a_message_is_told_from_other_files() {
        let is_message = |text: &[u8]| is_message(&Letter::new(text.to_vec()));
        assert!(is_message(b"Subject: x\n\n") && is_message(b"from: x\n"));
        assert!(!is_message(b"%PDF-1.7\n") && !is_message(b""));
    }

    #[test]
    fn what_was_noted_stands_at_the_end_of_a_name() {
        assert_eq!(maildir_flags("1.a.host:2,FS"), "FS");
        assert_eq!(maildir_flags("1.a.host;2,S"), "S");
        assert_eq!(maildir_flags("1.a.host"), "");
    }
}
