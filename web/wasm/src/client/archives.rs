//! Mail out of archives that other programs wrote. What goes the other way is a download.

use std::rc::Rc;

use js_sys::{Array, Function, Reflect};
use postern_client::mail::import::{Import, Imported, is_archive, is_message};
use postern_client::mail::mbox::{Mbox, NoMbox};
use postern_client::mail::{Letter, MAX_SHOWN_BYTES};
use postern_client::transfer::Source as _;
use postern_client::{Buffers, Error, Mailbox, Result};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{AbortSignal, Blob};

use super::{Answer, Client, Inner, answer, read};
use crate::events;
use crate::signal::until_aborted;
use crate::source::BlobSource;
use crate::values::mail::parse_place;
use crate::values::number;

/// So much of a file is read at once.
const PIECE_BYTES: usize = 1 << 20;

/// A file that somebody chose.
struct Chosen {
    source: BlobSource,
    size_bytes: u64,
    described: Described,
}

/// What it is called, and the folders in which it lies, outermost first.
#[derive(Deserialize)]
struct Described {
    path: Vec<String>,
    name: String,
}

/// `ImportedMail`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImportedView {
    imported: usize,
    skipped: usize,
    not_mail: Vec<String>,
    too_large: Vec<String>,
    refused: Vec<String>,
    lost: Vec<String>,
}

/// What a file was.
enum Was {
    /// Mail, or what is rightly left aside.
    Mail,
    NotMail,
    /// A message that no page can hold, or an archive with one in it: what stood before it was taken.
    TooLarge,
}

/// Where in a Maildir a file lies.
enum Kept<'a> {
    Alone,
    /// In the Maildir, or in a folder within it.
    Maildir(&'a str),
    /// It is still being written, or is no message but something of the program's own.
    Aside,
}

#[wasm_bindgen]
impl Client {
    /// Seals messages out of files and puts them into the mailbox.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = importMail)]
    pub async fn import_mail(
        &self,
        files: Array,
        place: String,
        heard: Function,
        signal: AbortSignal,
    ) -> Answer {
        answer(until_aborted(&signal, self.inner.import_mail(&files, &place, &heard)).await)
    }
}

impl Inner {
    async fn import_mail(&self, files: &Array, place: &str, heard: &Function) -> Result<ImportedView> {
        let place = parse_place(place).ok_or(Error::NotFound)?;
        let chosen = files.iter().map(|file| Chosen::from_js(&file));
        let chosen = chosen.collect::<Result<Vec<_>>>()?;
        let mailbox: Rc<Mailbox> = Rc::clone(&self.signed_in()?.mailbox);
        let mut import = Import::begin(&mailbox, place).await?;
        let (mut not_mail, mut too_large, mut done) = (Vec::new(), Vec::new(), 0);
        let is_maildir = chosen.iter().any(|file| matches!(file.kept(), Kept::Maildir(_)));
        for file in &chosen {
            let at = |bytes| {
                let _ = heard.call1(&JsValue::UNDEFINED, &number(done + bytes).into());
            };
            let kept = match file.kept() {
                // Beside the messages lie indexes and the like.
                Kept::Alone if is_maildir => Kept::Aside,
                kept => kept,
            };
            let name = || file.described.name.clone();
            match file.add_to(&mut import, &kept, &at).await? {
                Was::Mail => {}
                Was::NotMail => not_mail.push(name()),
                Was::TooLarge => too_large.push(name()),
            }
            done += file.size_bytes;
        }
        let Imported {
            imported,
            skipped,
            refused,
            lost,
        } = import.finish().await?;
        mailbox.refresh().await?;
        events::mail_changed(&self.host);
        Ok(ImportedView {
            imported,
            skipped,
            not_mail,
            too_large,
            refused,
            lost,
        })
    }
}

impl Chosen {
    fn from_js(file: &JsValue) -> Result<Self> {
        let source = Reflect::get(file, &"source".into()).ok();
        let source = source.and_then(|source| source.dyn_into::<Blob>().ok());
        let source = source.ok_or(Error::Internal("what is to be read is no blob"))?;
        Ok(Self {
            size_bytes: super::transfers::whole(source.size()),
            source: BlobSource(source),
            described: read(file)?,
        })
    }

    fn kept(&self) -> Kept<'_> {
        let [above @ .., last] = &self.described.path[..] else {
            return Kept::Alone;
        };
        match &**last {
            "cur" | "new" => Kept::Maildir(
                above
                    .last()
                    .filter(|name| name.starts_with('.'))
                    .map_or("", |name| name),
            ),
            "tmp" => Kept::Aside,
            _ => Kept::Alone,
        }
    }

    async fn add_to(&self, import: &mut Import<'_>, kept: &Kept<'_>, at: &dyn Fn(u64)) -> Result<Was> {
        match kept {
            Kept::Aside => Ok(Was::Mail),
            Kept::Alone if is_archive(&self.read(0, PIECE_BYTES).await?) => {
                self.add_archive(import, at).await
            }
            _ if self.size_bytes > MAX_SHOWN_BYTES => Ok(Was::TooLarge),
            Kept::Maildir(folder) => {
                let name = &self.described.name;
                import
                    .add_from_maildir(self.letter().await?, folder, name)
                    .await?;
                Ok(Was::Mail)
            }
            Kept::Alone => {
                let letter = self.letter().await?;
                if !is_message(&letter) {
                    return Ok(Was::NotMail);
                }
                import.add(letter).await?;
                Ok(Was::Mail)
            }
        }
    }

    async fn add_archive(&self, import: &mut Import<'_>, at: &dyn Fn(u64)) -> Result<Was> {
        let (mut mbox, mut whole, mut offset) = (Mbox::default(), Vec::new(), 0);
        let mut read = Ok(());
        while read.is_ok() && offset < self.size_bytes {
            let piece = self.read(offset, PIECE_BYTES).await?;
            read = mbox.push(&piece, |message| whole.push(message));
            for message in whole.drain(..) {
                import.add(Letter::new(message)).await?;
            }
            offset += piece.len() as u64;
            at(offset);
        }
        let read = read.and_then(|()| mbox.finish(|message| whole.push(message)));
        for message in whole {
            import.add(Letter::new(message)).await?;
        }
        Ok(match read {
            Ok(()) => Was::Mail,
            Err(NoMbox::TooLarge) => Was::TooLarge,
            Err(_) => Was::NotMail,
        })
    }

    async fn letter(&self) -> Result<Letter> {
        let len = usize::try_from(self.size_bytes).map_err(|_| Error::TooLarge)?;
        Ok(Letter::new(self.read(0, len).await?))
    }

    async fn read(&self, offset: u64, len: usize) -> Result<Vec<u8>> {
        let read = self.source.read(offset, len, Buffers::default().lend()).await?;
        Ok(read.map_or_else(Vec::new, |bytes| bytes.to_vec()))
    }
}
