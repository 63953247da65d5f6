//! Messages that other programs kept, put into the mailbox once: out of archives, with what was noted on them there.

use std::collections::HashSet;

use postern_crypto::account::{MailRoot, Tag};
use postern_crypto::mail::{Mark, Place, Summary};
use postern_protocol::TimeMs;

use super::{Letter, Mailbox};
use crate::Result;
use crate::names::steady;

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
}

/// By what a message is known that is there already. Some have no id.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    message_id: String,
    date_ms: Option<i64>,
    subject: String,
    size_bytes: u64,
}

impl Likeness {
    fn of(summary: &Summary, size_bytes: u64) -> Self {
        Self {
            message_id: summary.message_id.clone(),
            date_ms: summary.date_ms,
            // What is there was made steady when it was opened.
            subject: steady(&summary.subject),
            size_bytes,
        }
    }
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
            done: Imported::default(),
        })
    }

    /// The next message.
    ///
    /// # Errors
    /// As [`Mailbox::bring`]: it may be that of messages which were added before.
    pub async fn add(&mut self, letter: Letter) -> Result<()> {
        self.add_noted(letter, None, self.place).await
    }

    /// The next message, which lay in a Maildir under a name that says what was noted on it: in `folder` of a Maildir++ like
    /// `.Sent`, or in the Maildir itself if that is empty.
    ///
    /// # Errors
    /// As [`Import::add`].
    pub async fn add_from_maildir(&mut self, letter: Letter, folder: &str, file_name: &str) -> Result<()> {
        let place = place_called(folder, &self.mailbox.order()).unwrap_or(self.place);
        self.add_noted(letter, Some(maildir_flags(file_name)), place)
            .await
    }

    async fn add_noted(&mut self, letter: Letter, flags: Option<&str>, place: Place) -> Result<()> {
        let size = letter.bytes().len();
        let likeness = Likeness::of(&letter.summary(TimeMs(0)), size as u64);
        if !self.known.insert(likeness) {
            self.done.skipped += 1;
            return Ok(());
        }
        let mark = mark(&letter, flags, place);
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
        Ok(self.done)
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

/// The place that a folder of a Maildir++ is called like.
fn place_called(folder: &str, order: &MailRoot) -> Option<Place> {
    let name = folder.strip_prefix('.').unwrap_or(folder).to_lowercase();
    let named = |tag: &&Tag| tag.name.to_lowercase() == name;
    match &*name {
        "inbox" => Some(Place::Inbox),
        "archive" | "archives" => Some(Place::Archive),
        "sent" | "sent items" | "sent messages" => Some(Place::Sent),
        "spam" | "junk" => Some(Place::Spam),
        "trash" | "deleted items" | "deleted messages" => Some(Place::Trash),
        _ => order.folders.iter().find(named).map(|tag| Place::Folder(tag.id)),
    }
}

/// What other programs noted: Maildir in the name, mbox in `Status` and `X-Status`, Gmail's export in its labels.
fn mark(letter: &Letter, flags: Option<&str>, place: Place) -> Mark {
    let message = letter.message();
    let field = |name| message.head().text(name).unwrap_or_default();
    let labels = field("X-Gmail-Labels");
    let has = |label: &str| {
        labels
            .split(',')
            .any(|known| known.trim().eq_ignore_ascii_case(label))
    };
    let letters = match flags {
        Some(flags) => flags.to_owned(),
        None => field("Status").replace('R', "S") + &field("X-Status"),
    };
    let flag = |maildir: char, mbox: char| letters.contains(if flags.is_some() { maildir } else { mbox });
    Mark {
        is_read: if labels.is_empty() {
            flags.is_none() || flag('S', 'S')
        } else {
            !has("Unread")
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
        mark(&Letter::new(text.as_bytes().to_vec()), flags, Place::Archive)
    }

    #[test]
    fn what_other_programs_noted_is_noted_here() {
        let maildir = marked("Subject: x\n\n", Some("FRS"));
        assert!(maildir.is_read && maildir.is_starred && maildir.is_answered);
        assert!(!marked("Subject: x\n\n", Some("")).is_read);
        assert_eq!(marked("Subject: x\n\n", Some("T")).place, Place::Trash);
        let mbox = marked("Status: RO\nX-Status: AF\n\n", None);
        assert!(mbox.is_read && mbox.is_starred && mbox.is_answered);
        let gmail = marked("X-Gmail-Labels: Inbox,Unread,Starred\n\n", None);
        assert!(!gmail.is_read && gmail.is_starred && gmail.place == Place::Inbox);
        assert_eq!(marked("X-Gmail-Labels: Sent\n\n", None).place, Place::Sent);
        assert_eq!(marked("Subject: x\n\n", None).place, Place::Archive);
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
