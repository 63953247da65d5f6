//! What a person does to a tree. Each operation is drafted on the tree as it is, and merged by drafting it again.

use std::cell::Cell;

use postern_crypto::node::{Content, File, Node};
use postern_protocol::limits::MAX_BATCH_RECORDS;
use postern_protocol::{NodeId, TimeMs};

use super::Drive;
use super::draft::Draft;
use crate::{Error, Result, names};

/// A finished content that is to become a file.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The id that it gets, chosen by who may have to attach it again without knowing whether the first time worked:
    /// what has that id already is this file, wherever it is by now.
    pub node: Option<NodeId>,
    /// The folder.
    pub parent: NodeId,
    /// The name.
    pub name: String,
    /// What becomes of a file that has the name already.
    pub if_taken: IfTaken,
    /// When the file was last changed.
    pub modified: TimeMs,
    /// What kind of content; may be empty.
    pub media_type: String,
    /// The content.
    pub content: Content,
}

/// What is done when a name is taken: judged on the tree with which the change is accepted, so that what another device
/// adds in the same moment counts too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfTaken {
    /// The file that has it gets the content. A folder is in the way.
    Replace,
    /// Both stay: the new one gets a number behind its name.
    KeepBoth,
}

impl Drive {
    /// Makes a folder.
    ///
    /// # Errors
    /// [`Error::EntryExists`], [`Error::EntryName`].
    pub async fn make_folder(&self, parent: NodeId, name: &str) -> Result<NodeId> {
        let name = names::parse(name)?;
        self.commit(|draft| draft.make_folder(parent, &name)).await
    }

    /// Makes a folder, with a number behind its name if that is taken.
    ///
    /// # Errors
    /// [`Error::EntryName`].
    pub async fn make_numbered_folder(&self, parent: NodeId, name: &str) -> Result<NodeId> {
        let name = names::parse(name)?;
        self.commit(|draft| {
            let free = draft.free_name(parent, &name);
            draft.make_folder(parent, &free)
        })
        .await
    }

    /// Makes what is missing of each path below `parent`, and answers the innermost folder of each.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if a file is in the way.
    pub async fn make_folders(&self, parent: NodeId, paths: &[Vec<String>]) -> Result<Vec<NodeId>> {
        let paths = paths
            .iter()
            .map(|path| parse_all(path))
            .collect::<Result<Vec<_>>>()?;
        let longest = paths.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut folders = Vec::with_capacity(paths.len());
        for some in paths.chunks((MAX_BATCH_RECORDS / longest).max(1)) {
            let made = self.commit(|draft| some.iter().map(|path| make_path(draft, parent, path)).collect());
            folders.extend::<Vec<_>>(made.await?);
        }
        Ok(folders)
    }

    /// Gives a node another name.
    ///
    /// # Errors
    /// [`Error::EntryExists`], [`Error::EntryName`].
    pub async fn rename(&self, node: NodeId, name: &str) -> Result<()> {
        let name = names::parse(name)?;
        self.commit(|draft| {
            let parent = draft.parent(node)?;
            draft.relocate(node, parent, &name)
        })
        .await
    }

    /// Puts nodes into another folder.
    ///
    /// # Errors
    /// [`Error::EntryExists`], [`Error::IntoItself`].
    pub async fn relocate(&self, nodes: &[NodeId], folder: NodeId) -> Result<()> {
        for some in nodes.chunks(MAX_BATCH_RECORDS) {
            self.commit(|draft| {
                some.iter()
                    .try_for_each(|node| relocate_one(draft, *node, folder, None))
            })
            .await?;
        }
        Ok(())
    }

    /// Puts a node into another folder under another name, as one change.
    ///
    /// # Errors
    /// [`Error::EntryExists`], [`Error::IntoItself`], [`Error::EntryName`].
    pub async fn relocate_as(&self, node: NodeId, folder: NodeId, name: &str) -> Result<()> {
        let name = names::parse(name)?;
        self.commit(|draft| relocate_one(draft, node, folder, Some(&name)))
            .await
    }

    /// Deletes nodes with all below them. What another device has deleted meanwhile is gone, as it should be.
    ///
    /// # Errors
    /// [`Error::NotFound`] if one was not there when this began.
    pub async fn remove(&self, nodes: &[NodeId]) -> Result<()> {
        let begun = Cell::new(false);
        loop {
            // Of a large folder the innermost goes first: between two batches there is always a tree.
            let remove = |draft: &mut Draft<'_>| remove_some(draft, nodes, !begun.replace(true));
            if !self.commit(remove).await? {
                return Ok(());
            }
        }
    }

    /// Makes finished contents visible as files.
    ///
    /// # Errors
    /// [`Error::EntryName`], [`Error::NotFound`] if a folder is gone, [`Error::EntryExists`] if a folder is in the way.
    pub async fn attach(&self, files: &[NewFile]) -> Result<Vec<NodeId>> {
        let parsed = files.iter().map(|new| Ok((new, parse_file(new)?)));
        let files = parsed.collect::<Result<Vec<_>>>()?;
        let mut nodes = Vec::with_capacity(files.len());
        for some in files.chunks(MAX_BATCH_RECORDS) {
            let attached = self.commit(|draft| {
                some.iter()
                    .map(|(new, file)| draft.put_file(new.node, new.parent, file.clone(), new.if_taken))
                    .collect()
            });
            nodes.extend::<Vec<_>>(attached.await?);
        }
        Ok(nodes)
    }
}

fn parse_all(path: &[String]) -> Result<Vec<String>> {
    path.iter().map(|name| Ok(names::parse(name)?)).collect()
}

fn parse_file(new: &NewFile) -> Result<File> {
    Ok(File {
        name: names::parse(&new.name)?,
        mtime_ms: new.modified.0,
        media_type: new.media_type.clone(),
        content: new.content.clone(),
    })
}

fn make_path(draft: &mut Draft<'_>, parent: NodeId, path: &[String]) -> Result<NodeId> {
    path.iter()
        .try_fold(parent, |folder, name| match draft.child(folder, name) {
            None => draft.make_folder(folder, name),
            Some(there) if matches!(draft.node(there)?, Node::Folder(_)) => Ok(there),
            Some(_) => Err(Error::WrongKind("there is a file where a folder is needed")),
        })
}

fn relocate_one(draft: &mut Draft<'_>, node: NodeId, folder: NodeId, name: Option<&str>) -> Result<()> {
    // A folder in itself would hang nowhere: the server would have hidden it with the user's own signature (threat C4).
    let mut above = folder;
    while above != draft.tree().root().node {
        if above == node {
            return Err(Error::IntoItself);
        }
        above = draft.parent(above)?;
    }
    let own_name = names::tame(draft.node(node)?.name());
    draft.relocate(node, folder, name.unwrap_or(&own_name))
}

/// Takes off as much as fits into one batch, innermost first. Answers whether there is more.
fn remove_some(draft: &mut Draft<'_>, nodes: &[NodeId], all_must_exist: bool) -> Result<bool> {
    let tree = draft.tree();
    let present = |node: &&NodeId| tree.node(**node).is_some();
    if all_must_exist && !nodes.iter().all(|node| present(&node)) {
        return Err(Error::NotFound);
    }
    let mut doomed = nodes.iter().filter(present).flat_map(|node| tree.subtree(*node));
    doomed
        .by_ref()
        .take(MAX_BATCH_RECORDS)
        .for_each(|node| draft.delete(node));
    Ok(doomed.next().is_some())
}
