//! What a person sees of a tree.

use postern_crypto::node::{File, Folder, Node};
use postern_protocol::volume::NodeKind;
use postern_protocol::{NodeId, TimeMs};

use super::Tree;
use crate::{Error, Result, names};

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The node.
    pub id: NodeId,
    /// The folder in which it is; its own id for the root.
    pub parent: NodeId,
    /// What it is.
    pub kind: NodeKind,
    /// Its name, fit to be shown; empty for the root.
    pub name: String,
    /// When it was last changed.
    pub modified: TimeMs,
    /// The size of a file's content; 0 for folders.
    pub size_bytes: u64,
    /// What kind of content; may be empty.
    pub media_type: String,
    /// How many children a folder has.
    pub children: usize,
}

/// A folder and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The folder.
    pub folder: NodeId,
    /// From the root down to the folder, both included; the root's name is empty.
    pub path: Vec<(NodeId, String)>,
    /// By name.
    pub entries: Vec<Entry>,
}

pub(crate) fn list(tree: &Tree, folder: NodeId) -> Result<Listing> {
    if tree.folder_key(folder).is_none() {
        return Err(match tree.node(folder) {
            Some(_) => Error::WrongKind("this is a file, not a folder"),
            None => Error::NotFound,
        });
    }
    let mut path = tree.path_up(folder)?;
    path.reverse();
    Ok(Listing {
        folder,
        path: path.into_iter().map(|node| (node, name(tree, node))).collect(),
        entries: tree
            .children(folder)
            .map(|(_, child)| entry(tree, child))
            .collect::<Result<_>>()?,
    })
}

pub(crate) fn entry(tree: &Tree, id: NodeId) -> Result<Entry> {
    let root = tree.root().node;
    let entry = Entry {
        id,
        parent: tree.record(id).map_or(root, |record| record.parent),
        kind: NodeKind::Folder,
        name: name(tree, id),
        modified: TimeMs::default(),
        size_bytes: 0,
        media_type: String::new(),
        children: tree.children(id).count(),
    };
    match tree.node(id) {
        Some(Node::Folder(Folder { mtime_ms, .. })) => Ok(Entry {
            modified: TimeMs(*mtime_ms),
            ..entry
        }),
        Some(Node::File(file)) => Ok(of_file(entry, file)),
        None if id == root => Ok(entry),
        None => Err(Error::NotFound),
    }
}

/// The node at a path of names below `folder`. `/` between names; empty names count for nothing.
pub(crate) fn resolve(tree: &Tree, folder: NodeId, path: &str) -> Result<NodeId> {
    path.split('/')
        .filter(|name| !name.is_empty())
        .try_fold(folder, |folder, name| {
            let name = names::parse(name)?;
            tree.child(folder, &name).ok_or(Error::NotFound)
        })
}

fn of_file(entry: Entry, file: &File) -> Entry {
    Entry {
        kind: NodeKind::File,
        modified: TimeMs(file.mtime_ms),
        size_bytes: file.content.size,
        media_type: file.media_type.clone(),
        ..entry
    }
}

fn name(tree: &Tree, node: NodeId) -> String {
    tree.node(node)
        .map(|node| names::tame(node.name()))
        .unwrap_or_default()
}
