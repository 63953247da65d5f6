//! Files up. Which of them are on the list, and what a page that ends leaves behind, is the engine's own business.

use std::rc::Rc;

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _};
use js_sys::{Function, Reflect};
use postern_client::drive::{IfTaken, NewFile};
use postern_client::protocol::{NodeId, TimeMs};
use postern_client::transfer::{Lanes, News, Outgoing, Sending, Source as _, abandon};
use postern_client::{Buffers, Content, Drive, Error, Patience, Result};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{Answer, Client, Inner, answer, parse_id, read};
use crate::clock::whole_ms;
use crate::errors::to_js_error;
use crate::host::LanePool;
use crate::lanes::PoolLanes;
use crate::source::BlobSource;
use crate::values::{number, to_js};

/// A person at a screen would rather wait for the line than begin again: the client tries each request a few times, and
/// whole transfers for as long as it takes.
pub(super) const PATIENCE: Patience = Patience {
    first_ms: 2_000,
    longest_ms: 30_000,
};

/// So many files of a bundle are read at once: the browser answers each from another process.
const READS_AT_ONCE: usize = 8;

/// `Outgoing` of `skin.ts`, without its `source`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    id: String,
    root: String,
    path: Vec<String>,
    name: String,
    modified_ms: f64,
    media_type: String,
}

/// A file that somebody chose.
pub(crate) struct Chosen {
    drive: Rc<Drive>,
    pool: LanePool,
    origin: String,
    id: NodeId,
    source: Blob,
    root: NodeId,
    path: Vec<String>,
    name: String,
    modified: TimeMs,
    media_type: String,
    heard: Rc<Function>,
}

/// `TransferNews` of `skin.ts`.
#[derive(Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
enum Told {
    Running,
    #[serde(rename_all = "camelCase")]
    Progress {
        done_bytes: f64,
    },
    Retrying,
    Failed,
    Done,
}

#[wasm_bindgen]
impl Client {
    /// Sends files, and tells `heard` what becomes of each.
    ///
    /// # Errors
    /// `EngineError`, before anything is sent.
    pub fn send(&self, files: Vec<JsValue>, heard: Function) -> Answer {
        answer(self.inner.send(files, heard))
    }

    /// Takes files out again; resolves when nothing reads or sends them any more.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = stopSending)]
    pub async fn stop_sending(&self, ids: Vec<String>) -> Answer {
        answer(self.inner.stop_sending(&ids).await)
    }

    /// Those of `ids` that are in their folders.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn arrived(&self, ids: Vec<String>) -> Answer {
        answer(self.inner.arrived(ids).await)
    }

    /// Forgets what was begun of a file, here and at the server.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = abandonUpload)]
    pub async fn abandon_upload(&self, id: String) -> Answer {
        answer(self.inner.abandon_upload(&id).await)
    }
}

impl Inner {
    fn send(&self, files: Vec<JsValue>, heard: Function) -> Result<()> {
        let (signed_in, heard) = (self.signed_in()?, Rc::new(heard));
        let chosen = files
            .into_iter()
            .map(|file| self.chosen(&signed_in.drive, &file, &heard))
            .collect::<Result<Vec<_>>>()?;
        let sending = Rc::clone(&signed_in.sending);
        for file in chosen {
            sending.add(Rc::new(file));
        }
        spawn_local(async move {
            // With patience nothing ends the whole.
            let _ = sending.run().await;
        });
        Ok(())
    }

    fn chosen(&self, drive: &Rc<Drive>, file: &JsValue, heard: &Rc<Function>) -> Result<Chosen> {
        let source = Reflect::get(file, &"source".into()).ok();
        let described: Described = read(file)?;
        let source = source.and_then(|source| source.dyn_into::<Blob>().ok());
        Ok(Chosen {
            drive: Rc::clone(drive),
            pool: self.lanes.clone(),
            origin: self.host.origin(),
            id: parse_id(&described.id)?,
            source: source.ok_or(Error::Internal("what is to be sent is no blob"))?,
            root: parse_id(&described.root)?,
            path: described.path,
            name: described.name,
            modified: TimeMs(whole_ms(described.modified_ms)),
            media_type: described.media_type,
            heard: Rc::clone(heard),
        })
    }

    async fn stop_sending(&self, ids: &[String]) -> Result<()> {
        let ids = ids.iter().map(|id| parse_id(id)).collect::<Result<Vec<_>>>()?;
        // Who has signed out has stopped everything.
        if let Ok(signed_in) = self.signed_in() {
            signed_in.sending.stop(&ids).await;
        }
        Ok(())
    }

    async fn arrived(&self, ids: Vec<String>) -> Result<Vec<String>> {
        let drive = &self.signed_in()?.drive;
        let mut arrived = Vec::new();
        for id in ids {
            match drive.entry(parse_id(&id)?).await {
                Ok(_) => arrived.push(id),
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(arrived)
    }

    async fn abandon_upload(&self, id: &str) -> Result<()> {
        abandon(self.signed_in()?.drive.account(), id).await
    }
}

/// Files into `drive`, with all the time in the world.
pub(super) fn sending(drive: &Rc<Drive>) -> Rc<Sending<Chosen>> {
    Rc::new(Sending::new(Rc::clone(drive), Some(PATIENCE)))
}

impl Chosen {
    async fn read_all(&self) -> Result<Vec<u8>> {
        let source = BlobSource(self.source.clone());
        let len = usize::try_from(self.size_bytes()).map_err(|_| Error::TooLarge)?;
        let read = source.read(0, len, Buffers::default().lend()).await?;
        Ok(read.map_or_else(Vec::new, |bytes| bytes.to_vec()))
    }
}

#[async_trait(?Send)]
impl Outgoing for Chosen {
    fn id(&self) -> NodeId {
        self.id
    }

    fn size_bytes(&self) -> u64 {
        whole(self.source.size())
    }

    async fn read(files: &[Rc<Self>]) -> Vec<Result<Vec<u8>>> {
        let read = stream::iter(files).map(|file| file.read_all());
        read.buffered(READS_AT_ONCE).collect().await
    }

    fn lanes(&self) -> Result<Box<dyn Lanes>> {
        Ok(Box::new(PoolLanes {
            pool: self.pool.clone(),
            source: self.source.clone(),
            origin: self.origin.clone(),
            api: self.drive.account().api().clone(),
        }))
    }

    fn journal(&self) -> String {
        self.id.to_string()
    }

    /// They said that it was the same file, and shall hear that it is not.
    fn starts_over(&self) -> bool {
        false
    }

    async fn place(&self, content: Content) -> Result<NewFile> {
        let folder = if self.path.is_empty() {
            self.root
        } else {
            let path = std::slice::from_ref(&self.path);
            self.drive.make_folders(self.root, path).await?[0]
        };
        Ok(NewFile {
            // Doing it again after a crash does nothing.
            node: Some(self.id),
            parent: folder,
            name: self.name.clone(),
            // Nobody was asked whether something may be replaced.
            if_taken: IfTaken::KeepBoth,
            modified: self.modified,
            media_type: self.media_type.clone(),
            content,
        })
    }

    fn tell(&self, news: News) {
        tell(&self.heard, &news, Some(&self.id.to_string()));
    }
}

/// Tells JavaScript what becomes of a transfer. What it throws is its own affair.
pub(super) fn tell(heard: &Function, news: &News, id: Option<&str>) {
    let (told, error) = match news {
        News::Begun => (Told::Running, None),
        News::Progress(bytes) => {
            let done_bytes = number(*bytes);
            (Told::Progress { done_bytes }, None)
        }
        News::Waiting(error) => (Told::Retrying, Some(error)),
        News::Failed(error) => (Told::Failed, Some(error)),
        News::Done => (Told::Done, None),
    };
    let told = to_js(&told);
    if let Some(error) = error {
        let _ = Reflect::set(&told, &"error".into(), &to_js_error(error));
    }
    let id = id.map_or(JsValue::UNDEFINED, JsValue::from);
    let _ = heard.call2(&JsValue::UNDEFINED, &told, &id);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; sizes are below 2^53"
)]
pub(super) fn whole(value: f64) -> u64 {
    value as u64
}
