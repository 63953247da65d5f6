//! The whole mailbox in one file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postern_client::Mailbox;
use postern_client::mail::Export;
use postern_client::transfer::WriteSink;
use postern_disk::{folder_of, sync_names};
use serde::Serialize;

use crate::deliver::{Output, Place};
use crate::desk::Desk;
use crate::failure::{Failure, Result};
use crate::partial::move_to;
use crate::progress::Progress;
use crate::stop::unless_stopped;
use crate::target::beside;
use crate::term::{count, size};

/// What the file is called if nobody says otherwise.
const NAME: &str = "mail.mbox";
const CUT_SHORT: &str = "Nothing was saved.";
const CUT_SHORT_ON_THE_WAY: &str = "What was written to standard output is only a part.";

#[derive(Serialize)]
struct Saved {
    saved: String,
    messages: usize,
    /// They do not open.
    left_out: usize,
    size_bytes: u64,
}

pub(super) async fn save(desk: &Desk, mailbox: &Mailbox, output: &Output) -> Result<()> {
    match output.place_for(desk, NAME)? {
        Place::StandardOutput(file) => {
            let export = unless_stopped(CUT_SHORT_ON_THE_WAY, write(desk, mailbox, file)).await?;
            say_left_out(desk, &export);
            Ok(())
        }
        Place::File { path, force } => {
            let saved = unless_stopped(CUT_SHORT, save_at(desk, mailbox, &path, force)).await?;
            desk.say().done(&saved, || {
                let (messages, size) = (count(saved.messages, "message"), size(saved.size_bytes));
                format!("saved {messages} to {} ({size})", saved.saved)
            })
        }
    }
}

/// Half an archive would be taken for all of it: it gets its name when it is whole.
async fn save_at(desk: &Desk, mailbox: &Mailbox, place: &Path, force: bool) -> Result<Saved> {
    let told = |error: io::Error| Failure::told(format!("{}: {error}", place.display()));
    let unfinished = Unfinished::open(place).map_err(told)?;
    let file = Arc::clone(&unfinished.file);
    let export = write(desk, mailbox, Arc::clone(&file)).await?;
    file.sync_all().map_err(told)?;
    let size_bytes = file.metadata().map_err(told)?.len();
    move_to(&unfinished.path, place, force).map_err(told)?;
    sync_names(folder_of(place)).map_err(told)?;
    say_left_out(desk, &export);
    Ok(Saved {
        saved: place.display().to_string(),
        messages: export.count() - export.left_out(),
        left_out: export.left_out(),
        size_bytes,
    })
}

async fn write(desk: &Desk, mailbox: &Mailbox, to: Arc<File>) -> Result<Export> {
    let mut export = mailbox.export().await?;
    let progress = Progress::new(desk.say(), "fetching and opening", Some(export.size_bytes()));
    let part = progress.file();
    export
        .run(mailbox, &mut WriteSink::new(to), &|bytes| part.at(bytes))
        .await?;
    Ok(export)
}

fn say_left_out(desk: &Desk, export: &Export) {
    if export.left_out() > 0 {
        let messages = count(export.left_out(), "message");
        desk.say()
            .warn(&format!("{messages} could not be opened, and are not in it."));
    }
}

/// An archive that is still being written. What is not finished goes.
struct Unfinished {
    path: PathBuf,
    file: Arc<File>,
}

impl Unfinished {
    fn open(place: &Path) -> io::Result<Self> {
        let path = beside(place, "mailbox");
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)?;
        // Two that write one archive would write neither.
        file.try_lock()?;
        file.set_len(0)?;
        Ok(Self {
            path,
            file: Arc::new(file),
        })
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Moved to its place, it is not there any more.
        let _ = fs::remove_file(&self.path);
    }
}
