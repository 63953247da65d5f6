//! The whole mailbox as a Maildir (Maildir++): a file for each message, what is noted on it in its name, and a folder for
//! each place but the inbox.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use postern_client::mail::{Entry, MailRoot, Mark, Place};
use postern_client::names::LocalNames;
use postern_client::transfer::{Checkpoint, WriteSink};
use postern_client::{Error, Mailbox, compute};
use postern_disk::{make_private_folder, sync_names};
use serde::Serialize;

use crate::cmd_mail::place::shown;
use crate::desk::Desk;
use crate::failure::{Failure, Result};
use crate::progress::Counter;
use crate::stop::unless_stopped;
use crate::term::count;

const GO_ON: &str = "What was saved stays: run the same command again to go on.";
const PARTS: [&str; 3] = ["cur", "new", "tmp"];

#[derive(Default, Serialize)]
struct Saved {
    saved: usize,
    /// They were there already.
    skipped: usize,
    /// They do not open, or were deleted meanwhile.
    left_out: usize,
}

pub(super) async fn save(desk: &Desk, mailbox: &Mailbox, folder: &Path) -> Result<()> {
    let saved = unless_stopped(GO_ON, save_all(desk, mailbox, folder)).await?;
    if saved.left_out > 0 {
        let messages = count(saved.left_out, "message");
        desk.say()
            .warn(&format!("{messages} could not be opened, and are not in it."));
    }
    desk.say().done(&saved, || {
        let there = match saved.skipped {
            0 => String::new(),
            skipped => format!(", {skipped} were there already"),
        };
        format!(
            "saved {} to {}{there}",
            count(saved.saved, "message"),
            folder.display()
        )
    })
}

async fn save_all(desk: &Desk, mailbox: &Mailbox, folder: &Path) -> Result<Saved> {
    while mailbox.load_older().await? {}
    let mut maildir = Maildir::open(folder, &mailbox.order()).map_err(|error| told(folder, &error))?;
    let (entries, mut saved) = (mailbox.entries(), Saved::default());
    let counter = Counter::new(desk.say(), "fetching and opening");
    for (done, entry) in entries.iter().rev().enumerate() {
        counter.at(done, entries.len());
        if maildir.has(entry) {
            saved.skipped += 1;
            continue;
        }
        match maildir.put(mailbox, entry).await {
            Ok(()) => saved.saved += 1,
            Err(Error::NotFound | Error::NotAuthentic) => saved.left_out += 1,
            Err(error) => return Err(Failure::from(error).resumable(GO_ON)),
        }
    }
    maildir.sync().map_err(|error| told(folder, &error))?;
    Ok(saved)
}

/// A Maildir, with those within it.
struct Maildir {
    root: PathBuf,
    order: MailRoot,
    /// What its folders are called, by place.
    names: HashMap<Place, String>,
    taken: LocalNames,
    /// The unique parts of the names of all messages that are there.
    known: HashSet<String>,
    touched: HashSet<PathBuf>,
}

impl Maildir {
    fn open(root: &Path, order: &MailRoot) -> io::Result<Self> {
        let is_other = root.is_dir() && !root.join("cur").is_dir() && fs::read_dir(root)?.next().is_some();
        if is_other {
            return Err(io::Error::other("this folder has something else in it"));
        }
        let mut maildir = Self {
            root: root.to_owned(),
            order: order.clone(),
            names: HashMap::from([(Place::Inbox, String::new())]),
            taken: LocalNames::default(),
            known: HashSet::new(),
            touched: HashSet::new(),
        };
        maildir.make(root)?;
        maildir.look_into(root)?;
        for entry in fs::read_dir(root)? {
            let path = entry?.path();
            if path.join("cur").is_dir() {
                maildir.look_into(&path)?;
            }
        }
        Ok(maildir)
    }

    fn make(&mut self, folder: &Path) -> io::Result<()> {
        PARTS
            .iter()
            .try_for_each(|part| make_private_folder(&folder.join(part)))
    }

    /// Other programs move messages from `new` to `cur`, and note more in their names.
    fn look_into(&mut self, folder: &Path) -> io::Result<()> {
        for part in ["cur", "new"] {
            for entry in fs::read_dir(folder.join(part))? {
                let name = entry?.file_name().to_string_lossy().into_owned();
                let unique = name.split(':').next().unwrap_or_default();
                self.known.insert(unique.to_owned());
            }
        }
        Ok(())
    }

    fn has(&self, entry: &Entry) -> bool {
        self.known.contains(&unique(entry))
    }

    /// Seen by nobody before it is whole: that is what `tmp` is for.
    async fn put(&mut self, mailbox: &Mailbox, entry: &Rc<Entry>) -> postern_client::Result<()> {
        let content = mailbox.content(entry.message).await?;
        let folder = self
            .folder(entry.noted.mark.place)
            .map_err(|error| unsaved(&error))?;
        let unfinished = folder.join("tmp").join(unique(entry));
        let file = Arc::new(create(&unfinished).map_err(|error| unsaved(&error))?);
        let mut sink = WriteSink::new(Arc::clone(&file));
        let fetched = mailbox
            .download(&content, &mut Checkpoint::start(), &mut sink, &|_| {})
            .await;
        if let Err(error) = fetched {
            let _ = fs::remove_file(&unfinished);
            return Err(error);
        }
        let name = format!("{}:2,{}", unique(entry), flags(&entry.noted.mark));
        let place = folder.join("cur").join(name);
        let moved = compute(move || {
            file.sync_data()?;
            fs::rename(unfinished, place)
        });
        moved.await.map_err(|error: io::Error| unsaved(&error))?;
        self.touched.insert(folder);
        Ok(())
    }

    /// The Maildir for what lies in `place`.
    fn folder(&mut self, place: Place) -> io::Result<PathBuf> {
        if let Some(name) = self.names.get(&place) {
            return Ok(self.root.join(name));
        }
        // Dots separate folders within folders there.
        let name = shown(place, &self.order).replace('.', "_");
        let name = format!(".{}", self.taken.take(&name));
        let folder = self.root.join(&name);
        self.make(&folder)?;
        self.names.insert(place, name);
        Ok(folder)
    }

    fn sync(&self) -> io::Result<()> {
        self.touched
            .iter()
            .try_for_each(|folder| sync_names(&folder.join("cur")))
    }
}

fn told(folder: &Path, error: &io::Error) -> Failure {
    Failure::told(format!("{}: {error}", folder.display()))
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

/// The same each time: who saves again finds what is there.
fn unique(entry: &Entry) -> String {
    format!("{}.{}.postern", entry.received.0.div_euclid(1_000), entry.message)
}

/// In the order of the alphabet, as programs expect it.
fn flags(mark: &Mark) -> String {
    let flags = [
        (mark.is_starred, 'F'),
        (mark.is_forwarded, 'P'),
        (mark.is_answered, 'R'),
        (mark.is_read, 'S'),
        (mark.place == Place::Trash, 'T'),
    ];
    flags
        .iter()
        .filter(|(is_set, _)| *is_set)
        .map(|(_, flag)| flag)
        .collect()
}

fn unsaved(error: &io::Error) -> Error {
    Error::CannotSave(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_stands_in_the_name() {
        let mark = Mark {
            is_read: true,
            is_starred: true,
            is_answered: true,
            ..Mark::default()
        };
        assert_eq!(flags(&mark), "FRS");
        assert_eq!(flags(&Mark::default()), "");
    }
}
