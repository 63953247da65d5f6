//! `postern mail export`

use std::rc::Rc;

use async_trait::async_trait;
use clap::Args as ClapArgs;
use postern_client::drive::{Entry as File, Listing};
use postern_client::mail::Entry;
use postern_client::protocol::volume::NodeKind;
use postern_client::protocol::{MessageId, NodeId};
use postern_client::transfer::{Checkpoint, Sink};
use postern_client::{Content, Error, Mailbox, Result as ClientResult};

use super::choose::choose;
use crate::deliver::Output;
use crate::desk::Desk;
use crate::failure::Result;
use crate::shelf::Shelf;

/// Save a message byte for byte as it came
#[derive(ClapArgs)]
pub(super) struct Export {
    /// The message: its id, or how it begins
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    message: String,
    #[command(flatten)]
    output: Output,
}

impl Export {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let mailbox = super::mailbox(desk).await?;
        let entry = choose(&mailbox, &self.message).await?;
        let device = Rc::clone(&mailbox.account().surroundings().device);
        self.output.deliver(desk, &*mailbox, device, &file(&entry)?).await
    }
}

/// The message as a file.
fn file(entry: &Entry) -> Result<File> {
    let summary = entry.summary().ok_or(Error::NotAuthentic)?;
    let name = match summary.subject.trim() {
        "" => "message",
        subject => &subject[..subject.floor_char_boundary(100)],
    };
    Ok(File {
        id: NodeId(entry.message.0),
        parent: NodeId([0; 16]),
        kind: NodeKind::File,
        name: format!("{name}.eml"),
        modified: entry.received,
        size_bytes: summary.size_bytes,
        media_type: "message/rfc822".to_owned(),
        children: 0,
    })
}

/// A mailbox is a shelf of files: one for each message.
#[async_trait(?Send)]
impl Shelf for Mailbox {
    async fn list(&self, _folder: NodeId) -> ClientResult<Listing> {
        Err(Error::WrongKind("a message is no folder"))
    }

    async fn content(&self, node: NodeId) -> ClientResult<Content> {
        self.content(MessageId(node.0)).await
    }

    async fn read_small(&self, _nodes: &[NodeId]) -> ClientResult<Vec<ClientResult<Vec<u8>>>> {
        Err(Error::WrongKind("messages are read one by one"))
    }

    async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> ClientResult<()> {
        self.download(content, checkpoint, sink, progress).await
    }
}
