//! Reading what files of the drive contain.

use postern_crypto::node::Content;
use postern_protocol::NodeId;

use super::{Drive, Tree};
use crate::http::Door;
use crate::transfer::{Checkpoint, Sink, fetch, fetch_bundle};
use crate::{Error, Result};

impl Drive {
    /// Writes a file's `content` to `sink` from where `checkpoint` stands, and moves the checkpoint along, so that what
    /// breaks off can go on. `progress` is told how many bytes have been written.
    ///
    /// It goes on with the content with which it began ([`Drive::content`]), also if the file gets another meanwhile.
    ///
    /// # Errors
    /// [`Error::NotAuthentic`] if what came is not what was put there; the sink has got nothing of that.
    /// [`Error::NotFound`] if it is gone.
    pub async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        let api = self.account().api();
        fetch(api, &Door::Owner, content, checkpoint, sink, progress).await
    }

    /// What small files contain, as many as fit into a bundle ([`crate::transfer::bundles`]), in one request. Answers for
    /// each in their order.
    ///
    /// # Errors
    /// For each [`Error::NotAuthentic`]; for all, [`Error::NotFound`] if one of them is not there.
    pub async fn read_small(&self, nodes: &[NodeId]) -> Result<Vec<Result<Vec<u8>>>> {
        self.ensure_loaded().await?;
        let contents = self.with_tree(|tree| contents_of(tree, nodes))?;
        fetch_bundle(self.account().api(), &Door::Owner, contents).await
    }

    /// Where a file's bytes are, and what opens them.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::WrongKind`] for a folder.
    pub async fn content(&self, node: NodeId) -> Result<Content> {
        self.ensure_loaded().await?;
        self.with_tree(|tree| content_of(tree, node))
    }
}

pub(crate) fn contents_of(tree: &Tree, nodes: &[NodeId]) -> Result<Vec<Content>> {
    nodes.iter().map(|node| content_of(tree, *node)).collect()
}

pub(crate) fn content_of(tree: &Tree, node: NodeId) -> Result<Content> {
    if let Some(file) = tree.file(node) {
        return Ok(file.content.clone());
    }
    Err(match tree.folder_key(node) {
        Some(_) => Error::WrongKind("this is a folder, not a file"),
        None => Error::NotFound,
    })
}
