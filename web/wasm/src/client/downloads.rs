//! Downloads: each a handle, which alone knows how far it has come.

use std::rc::Rc;

use js_sys::Function;
use postern_client::links::OpenedLink;
use postern_client::mail::Export;
use postern_client::protocol::{MessageId, NodeId};
use postern_client::transfer::{Checkpoint, News, Sink};
use postern_client::{Content, Result, Surroundings};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use super::transfers::{PATIENCE, tell};
use super::{Answer, Client, SignedIn, answer, parse_id};
use crate::errors::to_js_error;
use crate::host::SinkObject;
use crate::signal::until_aborted;
use crate::sink::BrowserSink;

/// Something on its way into one sink.
#[wasm_bindgen]
pub struct Download {
    around: Surroundings,
    goods: Goods,
    sink: BrowserSink,
}

/// What is fetched, and how far it has come.
enum Goods {
    Content {
        shelf: Shelf,
        /// Known once it has begun, and the same from then on: the file may get another content meanwhile.
        content: Option<Content>,
        checkpoint: Checkpoint,
    },
    Mailbox {
        signed_in: Rc<SignedIn>,
        export: Option<Box<Export>>,
    },
}

/// Where it is fetched from.
enum Shelf {
    Drive(Rc<SignedIn>, NodeId),
    Link(Rc<OpenedLink>, Option<NodeId>),
    Mail(Rc<SignedIn>, MessageId),
}

#[wasm_bindgen]
impl Client {
    /// The download of a file of the drive. Asks nobody.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = openDownload)]
    pub fn open_download(&self, node: &str, sink: SinkObject) -> std::result::Result<Download, JsValue> {
        let shelf = || Ok(Shelf::Drive(self.inner.signed_in()?, parse_id(node)?));
        Download::new(&self.inner.around, shelf().map(Goods::on), sink)
    }

    /// The download of a message, byte for byte as it came. Asks nobody.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = openMailDownload)]
    pub fn open_mail_download(
        &self,
        message: &str,
        sink: SinkObject,
    ) -> std::result::Result<Download, JsValue> {
        let shelf = || Ok(Shelf::Mail(self.inner.signed_in()?, parse_id(message)?));
        Download::new(&self.inner.around, shelf().map(Goods::on), sink)
    }

    /// The download of the whole mailbox as an archive. Asks nobody.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = openMailExport)]
    pub fn open_mail_export(&self, sink: SinkObject) -> std::result::Result<Download, JsValue> {
        let mailbox = |signed_in| Goods::Mailbox {
            signed_in,
            export: None,
        };
        Download::new(&self.inner.around, self.inner.signed_in().map(mailbox), sink)
    }

    /// The download of what a link leads to, or of a file below that. Asks nobody, and counts nothing.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = openLinkDownload)]
    pub fn open_link_download(
        &self,
        link: &str,
        node: Option<String>,
        sink: SinkObject,
    ) -> std::result::Result<Download, JsValue> {
        let node = node.map(|node| parse_id(&node)).transpose();
        let shelf = || Ok(Shelf::Link(self.inner.opened_link(link)?, node?));
        Download::new(&self.inner.around, shelf().map(Goods::on), sink)
    }
}

#[wasm_bindgen]
impl Download {
    /// Fetches, opens and writes what is still missing, and goes on where it broke off for as long as only the line or the
    /// server is in the way. After an error, or when the signal has fired, it can be called again, and goes on as well.
    /// Answers how many messages were left out.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn run(&mut self, heard: Function, signal: AbortSignal) -> Answer {
        answer(until_aborted(&signal, self.until_it_passes(&heard)).await)
    }
}

impl Download {
    fn new(
        around: &Surroundings,
        goods: Result<Goods>,
        sink: SinkObject,
    ) -> std::result::Result<Self, JsValue> {
        Ok(Self {
            around: around.clone(),
            goods: goods.map_err(|error| to_js_error(&error))?,
            sink: BrowserSink::new(sink),
        })
    }

    async fn until_it_passes(&mut self, heard: &Function) -> Result<usize> {
        let Surroundings { clock, entropy, .. } = self.around.clone();
        let mut attempt = 0;
        loop {
            match self.go_on(heard).await {
                Err(error) if error.passes() => {
                    tell(heard, &News::Waiting(error.clone()), None);
                    PATIENCE.wait_out(&error, attempt, &*clock, &*entropy).await;
                    tell(heard, &News::Begun, None);
                }
                done => return done,
            }
            attempt += 1;
        }
    }

    async fn go_on(&mut self, heard: &Function) -> Result<usize> {
        let (sink, progress) = (&mut self.sink, |bytes| tell(heard, &News::Progress(bytes), None));
        match &mut self.goods {
            Goods::Content {
                shelf,
                content,
                checkpoint,
            } => {
                let content = match content {
                    Some(begun) => begun,
                    None => content.insert(shelf.content().await?),
                };
                shelf.download(content, checkpoint, sink, &progress).await?;
                Ok(0)
            }
            Goods::Mailbox { signed_in, export } => {
                let mailbox = &signed_in.mailbox;
                let export = match export {
                    Some(begun) => begun,
                    None => export.insert(Box::new(mailbox.export().await?)),
                };
                export.run(mailbox, sink, &progress).await?;
                Ok(export.left_out())
            }
        }
    }
}

impl Goods {
    fn on(shelf: Shelf) -> Self {
        Self::Content {
            shelf,
            content: None,
            checkpoint: Checkpoint::start(),
        }
    }
}

impl Shelf {
    async fn content(&self) -> Result<Content> {
        match self {
            Self::Drive(signed_in, node) => signed_in.drive.content(*node).await,
            Self::Link(link, node) => link.content(*node).await,
            Self::Mail(signed_in, message) => signed_in.mailbox.content(*message).await,
        }
    }
    async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        match self {
            Self::Drive(signed_in, _) => {
                let drive = &signed_in.drive;
                drive.download(content, checkpoint, sink, progress).await
            }
            Self::Link(link, _) => link.download(content, checkpoint, sink, progress).await,
            Self::Mail(signed_in, _) => {
                let mailbox = &signed_in.mailbox;
                mailbox.download(content, checkpoint, sink, progress).await
            }
        }
    }
}
