//! Where files are fetched from: the own drive, what a link leads to, or the mailbox.

use async_trait::async_trait;
use postern_client::drive::Listing;
use postern_client::links::OpenedLink;
use postern_client::protocol::{MessageId, NodeId};
use postern_client::transfer::{Checkpoint, Sink};
use postern_client::{Content, Drive, Error, Mailbox, Result};

/// Something from which files are fetched.
#[async_trait(?Send)]
pub(crate) trait Shelf {
    /// What is in a folder.
    async fn list(&self, folder: NodeId) -> Result<Listing>;
    /// Where a file's bytes are.
    async fn content(&self, node: NodeId) -> Result<Content>;
    /// What small files contain, as many as fit into a bundle, in one request.
    async fn read_small(&self, nodes: &[NodeId]) -> Result<Vec<Result<Vec<u8>>>>;
    /// Fetches a content from where `checkpoint` stands.
    async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()>;
}

#[async_trait(?Send)]
impl Shelf for Drive {
    async fn list(&self, folder: NodeId) -> Result<Listing> {
        self.list(Some(folder)).await
    }

    async fn content(&self, node: NodeId) -> Result<Content> {
        self.content(node).await
    }

    async fn read_small(&self, nodes: &[NodeId]) -> Result<Vec<Result<Vec<u8>>>> {
        self.read_small(nodes).await
    }

    async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        self.download(content, checkpoint, sink, progress).await
    }
}

#[async_trait(?Send)]
impl Shelf for OpenedLink {
    async fn list(&self, folder: NodeId) -> Result<Listing> {
        self.list(Some(folder)).await
    }

    async fn content(&self, node: NodeId) -> Result<Content> {
        self.content(Some(node)).await
    }

    async fn read_small(&self, nodes: &[NodeId]) -> Result<Vec<Result<Vec<u8>>>> {
        self.read_small(nodes).await
    }

    async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        self.download(content, checkpoint, sink, progress).await
    }
}

/// A mailbox is a shelf of files: one for each message.
#[async_trait(?Send)]
impl Shelf for Mailbox {
    async fn list(&self, _folder: NodeId) -> Result<Listing> {
        Err(Error::WrongKind("a message is no folder"))
    }

    async fn content(&self, node: NodeId) -> Result<Content> {
        self.content(MessageId(node.0)).await
    }

    async fn read_small(&self, _nodes: &[NodeId]) -> Result<Vec<Result<Vec<u8>>>> {
        Err(Error::WrongKind("messages are read one by one"))
    }

    async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        self.download(content, checkpoint, sink, progress).await
    }
}
