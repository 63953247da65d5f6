//! Contents up. The queue and the handles are the engine's own business.

use js_sys::{Function, Reflect, Uint8Array};
use postern_client::drive::{IfTaken, NewFile};
use postern_client::protocol::TimeMs;
use postern_client::transfer::{Upload, abandon, decode_content, encode_content, forget_journal, upload};
use postern_client::{Content, Error, Result};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{AbortSignal, Blob};

use super::{Answer, Client, Inner, answer, parse_id};
use crate::clock::whole_ms;
use crate::errors::to_js_error;
use crate::events;
use crate::lanes::PoolLanes;
use crate::signal::until_aborted;
use crate::values::{EntryView, number};

#[wasm_bindgen]
impl Client {
    /// Seals and sends one file's content; goes on where the journal says.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = uploadContent)]
    pub async fn upload_content(
        &self,
        journal: String,
        source: Blob,
        progress: Function,
        signal: AbortSignal,
    ) -> std::result::Result<Uint8Array, JsValue> {
        let work = self.inner.upload_content(&journal, source, &progress);
        let content = until_aborted(&signal, work)
            .await
            .map_err(|error| to_js_error(&error))?;
        Ok(encode_content(&content).as_slice().into())
    }

    /// Puts finished contents into their folders and drops their journals. The file gets its journal's id.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn attach(&self, files: Vec<JsValue>) -> Answer {
        answer(self.inner.attach(&files).await)
    }

    /// Those of `journals` whose contents are in their folders.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn attached(&self, journals: Vec<String>) -> Answer {
        answer(self.inner.attached(journals).await)
    }

    /// Forgets an unfinished upload, here and at the server.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = abandonUpload)]
    pub async fn abandon_upload(&self, journal: String) -> Answer {
        answer(self.inner.abandon_upload(&journal).await)
    }
}

impl Inner {
    async fn upload_content(&self, journal: &str, source: Blob, progress: &Function) -> Result<Content> {
        let signed_in = self.signed_in()?;
        let account = signed_in.drive.account();
        let size_bytes = whole(source.size());
        let lanes = PoolLanes {
            pool: self.lanes.clone(),
            source,
            origin: self.host.origin(),
            api: account.api().clone(),
        };
        let what = Upload {
            size_bytes: Some(size_bytes),
            journal: Some(journal),
        };
        upload(account, what, &lanes, &telling(progress)).await
    }

    async fn attach(&self, files: &[JsValue]) -> Result<Vec<EntryView>> {
        let signed_in = self.signed_in()?;
        let files = files.iter().map(Attachment::read).collect::<Result<Vec<_>>>()?;
        let new: Vec<NewFile> = files.iter().map(|file| file.new.clone()).collect();
        let nodes = signed_in.drive.attach(&new).await?;
        for file in &files {
            forget_journal(&self.around, &file.journal).await?;
        }
        events::drive_changed(&self.host);
        let mut entries = Vec::with_capacity(nodes.len());
        for node in nodes {
            entries.push(signed_in.entry(node).await?);
        }
        Ok(entries)
    }

    async fn attached(&self, journals: Vec<String>) -> Result<Vec<String>> {
        let drive = &self.signed_in()?.drive;
        let mut attached = Vec::new();
        for journal in journals {
            match drive.entry(parse_id(&journal)?).await {
                Ok(_) => attached.push(journal),
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(attached)
    }

    async fn abandon_upload(&self, journal: &str) -> Result<()> {
        abandon(self.signed_in()?.drive.account(), journal).await
    }
}

/// `Attachment` of `skin.ts`.
struct Attachment {
    journal: String,
    new: NewFile,
}

impl Attachment {
    fn read(object: &JsValue) -> Result<Self> {
        let content = field(object, "content")?
            .dyn_into::<Uint8Array>()
            .map_err(|_| misshapen())?;
        let journal = text(object, "journal")?;
        Ok(Self {
            new: NewFile {
                node: Some(parse_id(&journal)?),
                parent: parse_id(&text(object, "parent")?)?,
                name: text(object, "name")?,
                // Nobody was asked whether something may be replaced.
                if_taken: IfTaken::KeepBoth,
                modified: TimeMs(whole_ms(
                    field(object, "modifiedMs")?.as_f64().ok_or_else(misshapen)?,
                )),
                media_type: text(object, "mediaType")?,
                content: decode_content(&content.to_vec())?,
            },
            journal,
        })
    }
}

/// Tells JavaScript how many bytes have been dealt with. What it throws is its own affair.
pub(super) fn telling(progress: &Function) -> impl Fn(u64) {
    |bytes| {
        let _ = progress.call1(&JsValue::UNDEFINED, &number(bytes).into());
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; sizes are below 2^53"
)]
fn whole(value: f64) -> u64 {
    value as u64
}

fn field(object: &JsValue, name: &str) -> Result<JsValue> {
    Reflect::get(object, &name.into()).map_err(|_| misshapen())
}

fn text(object: &JsValue, name: &str) -> Result<String> {
    field(object, name)?.as_string().ok_or_else(misshapen)
}

fn misshapen() -> Error {
    Error::Internal("an argument is of another shape")
}
