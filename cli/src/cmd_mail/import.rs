//! `postern mail import`

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use postern_client::Mailbox;
use postern_client::mail::mbox::{MAX_MESSAGE_BYTES, Mbox};
use postern_client::mail::{Letter, Mark, Place, Summary};
use postern_client::protocol::TimeMs;
use serde::Serialize;

use super::place;
use crate::desk::Desk;
use crate::failure::{About as _, Failure, Result};
use crate::progress::Progress;
use crate::stop::unless_stopped;
use crate::term::count;

const GO_ON: &str = "What was put there stays: run the same command again to go on.";
/// So much is put there at once.
const BATCH_BYTES: usize = 8 << 20;
const PIECE_BYTES: usize = 1 << 20;

/// Seal messages out of archives on this machine, and put them into the mailbox
#[derive(ClapArgs)]
pub(super) struct Import {
    /// Files in mbox form, files with one message (.eml), Maildir folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The folder into which they go, of those that do not say where they lay
    #[arg(long, default_value = "archive", value_name = "FOLDER")]
    to: String,
}

#[derive(Serialize)]
struct Imported {
    imported: usize,
    /// They were there already.
    skipped: usize,
}

/// By what a message is known that is there already. Some have no id.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    message_id: String,
    date_ms: Option<i64>,
    subject: String,
    size_bytes: u64,
}

/// Puts messages there, some at once.
struct Bringing<'a> {
    mailbox: &'a Mailbox,
    known: HashSet<Likeness>,
    place: Place,
    waiting: Vec<(Letter, Mark)>,
    waiting_bytes: usize,
    done: Imported,
}

impl Import {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let imported = unless_stopped(GO_ON, self.import(desk)).await?;
        desk.say().done(&imported, || {
            let skipped = match imported.skipped {
                0 => String::new(),
                skipped => format!(", {skipped} were there already"),
            };
            format!("imported {}{skipped}", count(imported.imported, "message"))
        })
    }

    async fn import(&self, desk: &Desk) -> Result<Imported> {
        let mailbox = super::mailbox(desk).await?;
        while mailbox.load_older().await? {}
        let mut bringing = Bringing::new(&mailbox, place::parse(&self.to, &mailbox.order())?);
        let progress = Progress::new(desk.say(), "sealing and sending", None);
        for path in &self.paths {
            let part = progress.file();
            let all = read(path, &mut bringing, &|bytes| part.at(bytes)).await;
            all.about(|| path.display().to_string())?;
        }
        bringing.send().await?;
        Ok(bringing.done)
    }
}

/// Reads whatever lies at a path.
async fn read(path: &Path, bringing: &mut Bringing<'_>, at: &dyn Fn(u64)) -> Result<()> {
    if path.is_dir() {
        return read_maildir(path, bringing, at).await;
    }
    let mut file = File::open(path).map_err(|error| Failure::told(error.to_string()))?;
    let mut piece = vec![0; PIECE_BYTES];
    let first = file
        .read(&mut piece)
        .map_err(|error| Failure::told(error.to_string()))?;
    if !is_mbox(&piece[..first]) {
        let letter = read_file(path)?;
        at(letter.bytes().len() as u64);
        return bringing.add(letter, None).await;
    }
    let (mut mbox, mut whole, mut len, mut done) = (Mbox::default(), Vec::new(), first, 0);
    while len > 0 {
        mbox.push(&piece[..len], |message| whole.push(message))
            .map_err(|error| Failure::told(error.to_string()))?;
        for message in whole.drain(..) {
            bringing.add(Letter::new(message), None).await?;
        }
        done += len as u64;
        at(done);
        len = file
            .read(&mut piece)
            .map_err(|error| Failure::told(error.to_string()))?;
    }
    mbox.finish(|message| whole.push(message))
        .map_err(|error| Failure::told(error.to_string()))?;
    for message in whole {
        bringing.add(Letter::new(message), None).await?;
    }
    Ok(())
}

/// `cur` and `new` have a file for each message; a name in `cur` ends with what was noted on it.
async fn read_maildir(path: &Path, bringing: &mut Bringing<'_>, at: &dyn Fn(u64)) -> Result<()> {
    let mut done = 0;
    for folder in ["cur", "new"] {
        let Ok(entries) = fs::read_dir(path.join(folder)) else {
            return Err(Failure::usage(
                "this folder is no Maildir: it has no \"cur\" and \"new\"",
            ));
        };
        let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            let name = file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let letter = read_file(&file)?;
            done += letter.bytes().len() as u64;
            let flags = name.rsplit_once(":2,").map_or("", |(_, flags)| flags);
            bringing.add(letter, Some(flags)).await?;
            at(done);
        }
    }
    Ok(())
}

fn read_file(path: &Path) -> Result<Letter> {
    let told = |error: std::io::Error| Failure::told(error.to_string());
    let size = fs::metadata(path).map_err(told)?.len();
    if size > MAX_MESSAGE_BYTES as u64 {
        return Err(Failure::told("this is larger than any mail can be"));
    }
    Ok(Letter::new(fs::read(path).map_err(told)?))
}

fn is_mbox(start: &[u8]) -> bool {
    let blank = start.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    start[blank..].starts_with(b"From ")
}

impl Likeness {
    fn of(summary: &Summary, size_bytes: u64) -> Self {
        Self {
            message_id: summary.message_id.clone(),
            date_ms: summary.date_ms,
            subject: summary.subject.clone(),
            size_bytes,
        }
    }
}

impl<'a> Bringing<'a> {
    fn new(mailbox: &'a Mailbox, place: Place) -> Self {
        let entries = mailbox.entries();
        let known = entries.iter().filter_map(|entry| {
            let summary = entry.summary()?;
            Some(Likeness::of(summary, summary.size_bytes))
        });
        Self {
            mailbox,
            known: known.collect(),
            place,
            waiting: Vec::new(),
            waiting_bytes: 0,
            done: Imported {
                imported: 0,
                skipped: 0,
            },
        }
    }

    /// A message, and the letters that Maildir has for what was noted on it.
    async fn add(&mut self, letter: Letter, flags: Option<&str>) -> Result<()> {
        let size = letter.bytes().len();
        let likeness = Likeness::of(&letter.summary(TimeMs(0)), size as u64);
        if !self.known.insert(likeness) {
            self.done.skipped += 1;
            return Ok(());
        }
        let mark = mark(&letter, flags, self.place);
        self.waiting.push((letter, mark));
        self.waiting_bytes += size;
        if self.waiting_bytes >= BATCH_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        let count = waiting.len();
        self.mailbox.bring(waiting).await?;
        self.done.imported += count;
        Ok(())
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
        assert!(is_mbox(b"\nFrom a"));
        assert!(!is_mbox(b"From: a"));
        assert!(!is_mbox(b""));
    }
}
