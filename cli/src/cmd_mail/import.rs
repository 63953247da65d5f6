//! `postern mail import`

use std::fs::{self, File};
use std::io::Read as _;
use std::iter;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use postern_client::mail::Letter;
use postern_client::mail::import::{self, Imported, is_archive, is_message};
use postern_client::mail::mbox::{MAX_MESSAGE_BYTES, Mbox};
use serde::Serialize;

use super::place;
use crate::desk::Desk;
use crate::failure::{About as _, Failure, Result};
use crate::progress::Progress;
use crate::stop::unless_stopped;
use crate::term::{count, plain};

const GO_ON: &str = "What was put there stays: run the same command again to go on.";
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
struct Done {
    imported: usize,
    /// They were there already.
    skipped: usize,
    /// The subjects of those that the server did not take.
    refused: Vec<String>,
    /// Folders and labels that could not be made.
    lost: Vec<String>,
}

impl Import {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let Imported {
            imported,
            skipped,
            refused,
            lost,
        } = unless_stopped(GO_ON, self.import(desk)).await?;
        for subject in &refused {
            let subject = plain(subject);
            desk.say()
                .warn(&format!("The server did not take a message: {subject}"));
        }
        if !lost.is_empty() {
            let names = plain(&lost.join(", "));
            desk.say().warn(&format!(
                "These folders and labels could not be made, or a message had too many: {names}"
            ));
        }
        let done = Done {
            imported,
            skipped,
            refused,
            lost,
        };
        desk.say().done(&done, || {
            let there = match skipped {
                0 => String::new(),
                skipped => format!(", {skipped} were there already"),
            };
            format!("imported {}{there}", count(imported, "message"))
        })
    }

    async fn import(&self, desk: &Desk) -> Result<Imported> {
        let mailbox = super::mailbox(desk).await?;
        let place = place::parse(&self.to, &mailbox.order())?;
        let mut import = import::Import::begin(&mailbox, place).await?;
        let progress = Progress::new(desk.say(), "sealing and sending", None);
        for path in &self.paths {
            let part = progress.file();
            let all = read(path, &mut import, &|bytes| part.at(bytes)).await;
            all.about(|| path.display().to_string())?;
        }
        Ok(import.finish().await?)
    }
}

/// Reads whatever lies at a path.
async fn read(path: &Path, import: &mut import::Import<'_>, at: &dyn Fn(u64)) -> Result<()> {
    if path.is_dir() {
        return read_maildir(path, import, at).await;
    }
    let mut file = File::open(path).map_err(|error| Failure::told(error.to_string()))?;
    let mut piece = vec![0; PIECE_BYTES];
    let first = file
        .read(&mut piece)
        .map_err(|error| Failure::told(error.to_string()))?;
    if !is_archive(&piece[..first]) {
        let letter = read_file(path)?;
        if !is_message(&letter) {
            return Err(Failure::usage("this is no message, and no mbox"));
        }
        at(letter.bytes().len() as u64);
        return Ok(import.add(letter).await?);
    }
    let (mut mbox, mut whole, mut len, mut done) = (Mbox::default(), Vec::new(), first, 0);
    while len > 0 {
        mbox.push(&piece[..len], |message| whole.push(message))
            .map_err(|error| Failure::told(error.to_string()))?;
        for message in whole.drain(..) {
            import.add(Letter::new(message)).await?;
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
        import.add(Letter::new(message)).await?;
    }
    Ok(())
}

/// A Maildir, and those within it.
async fn read_maildir(path: &Path, import: &mut import::Import<'_>, at: &dyn Fn(u64)) -> Result<()> {
    if !is_maildir(path) {
        return Err(Failure::usage(
            "this folder is no Maildir: it has no \"cur\" and \"new\"",
        ));
    }
    let within = files(path)?;
    let within = within.iter().filter(|folder| is_maildir(folder));
    let mut done = 0;
    for (maildir, folder) in iter::once((path, String::new())).chain(within.map(|path| (&**path, name(path))))
    {
        for file in [files(&maildir.join("cur"))?, files(&maildir.join("new"))?].concat() {
            let letter = read_file(&file)?;
            done += letter.bytes().len() as u64;
            import.add_from_maildir(letter, &folder, &name(&file)).await?;
            at(done);
        }
    }
    Ok(())
}

/// `cur` and `new` have a file for each message.
fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir() && path.join("new").is_dir()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::told(error.to_string()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn read_file(path: &Path) -> Result<Letter> {
    let told = |error: std::io::Error| Failure::told(error.to_string());
    let size = fs::metadata(path).map_err(told)?.len();
    if size > MAX_MESSAGE_BYTES as u64 {
        return Err(Failure::told("this is larger than any mail can be"));
    }
    Ok(Letter::new(fs::read(path).map_err(told)?))
}
