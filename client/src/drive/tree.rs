//! A tree of records, opened: strict about what it takes in.
//!
//! Records come from a server that may drop, add, replay or move them. Each opens only at its own place (its context),
//! and the set hash in the signed head says whether all are there; what is checked here is the shape: every node hangs
//! below the root, no deeper than allowed, in a folder that is one, sealed under that folder's present key (threats C1,
//! C2, C4). The walk is iterative: a chain of 100,000 folders costs an error, not a stack.

use std::collections::{BTreeSet, HashMap};

use postern_crypto::FolderKey;
use postern_crypto::lthash::SetHash;
use postern_crypto::node::{File, Folder, Node};
use postern_protocol::limits::{MAX_DEPTH, MAX_VOLUME_NODES};
use postern_protocol::volume::{Record, VolumeChange};
use postern_protocol::{NodeId, VolumeId};

use super::sealed;
use crate::names::tame;
use crate::{Error, Result};

/// Where a tree hangs: its root folder has no record.
#[derive(Debug, Clone)]
pub(crate) struct TreeRoot {
    pub(crate) volume: VolumeId,
    pub(crate) node: NodeId,
    pub(crate) key: FolderKey,
    pub(crate) generation: u32,
}

/// A tree of opened records.
pub(crate) struct Tree {
    root: TreeRoot,
    records: HashMap<NodeId, Record>,
    opened: HashMap<NodeId, Node>,
    /// (folder, name as shown, child): the children of a folder, in order, and a folder's child by name.
    index: BTreeSet<(NodeId, String, NodeId)>,
    set: SetHash,
}

/// What a batch of changes left to check.
#[derive(Default)]
struct Pending {
    /// By depth, so that a folder is opened before what is in it.
    to_open: BTreeSet<(usize, NodeId)>,
    /// What can hold nothing, unless it is there again.
    gone: Vec<NodeId>,
}

impl Tree {
    pub(crate) fn new(root: TreeRoot) -> Self {
        Self {
            root,
            records: HashMap::new(),
            opened: HashMap::new(),
            index: BTreeSet::new(),
            set: SetHash::empty(),
        }
    }

    pub(crate) fn root(&self) -> &TreeRoot {
        &self.root
    }

    /// The hash of all records in the tree.
    pub(crate) fn set(&self) -> &SetHash {
        &self.set
    }

    pub(crate) fn record(&self, node: NodeId) -> Option<&Record> {
        self.records.get(&node)
    }

    pub(crate) fn node(&self, node: NodeId) -> Option<&Node> {
        self.opened.get(&node)
    }

    pub(crate) fn file(&self, node: NodeId) -> Option<&File> {
        match self.node(node)? {
            Node::File(file) => Some(file),
            Node::Folder(_) => None,
        }
    }

    /// The key and its generation under which the children of `folder` are sealed.
    pub(crate) fn folder_key(&self, folder: NodeId) -> Option<(&FolderKey, u32)> {
        if folder == self.root.node {
            return Some((&self.root.key, self.root.generation));
        }
        match self.opened.get(&folder)? {
            Node::Folder(Folder { key, generation, .. }) => Some((key, *generation)),
            Node::File(_) => None,
        }
    }

    /// The children of a folder by name. Two of one name come by id.
    pub(crate) fn children(&self, folder: NodeId) -> impl Iterator<Item = (&str, NodeId)> {
        self.index
            .range((folder, String::new(), NodeId([0; 16]))..)
            .take_while(move |(parent, ..)| *parent == folder)
            .map(|(_, name, node)| (name.as_str(), *node))
    }

    /// The child of that name.
    pub(crate) fn child(&self, folder: NodeId, name: &str) -> Option<NodeId> {
        let (parent, found, node) = self
            .index
            .range((folder, name.to_owned(), NodeId([0; 16]))..)
            .next()?;
        (*parent == folder && found == name).then_some(*node)
    }

    /// From the node up to the root, both included.
    pub(crate) fn path_up(&self, node: NodeId) -> Result<Vec<NodeId>> {
        let mut path = vec![node];
        let mut at = node;
        while at != self.root.node {
            // More steps than levels: a cycle, or a tree deeper than anybody may make it.
            if path.len() > MAX_DEPTH {
                return Err(Error::NotAuthentic);
            }
            at = self.records.get(&at).ok_or(Error::NotAuthentic)?.parent;
            path.push(at);
        }
        Ok(path)
    }

    /// The node and all below it, children before their folder.
    pub(crate) fn subtree(&self, node: NodeId) -> Vec<NodeId> {
        let mut found = vec![node];
        let mut next = 0;
        while let Some(&at) = found.get(next) {
            found.extend(self.children(at).map(|(_, child)| child));
            next += 1;
        }
        found.reverse();
        found
    }

    /// Takes in what changed, and checks that what is there now is a tree. After an error this tree is of no use.
    pub(crate) fn apply(&mut self, changes: impl IntoIterator<Item = VolumeChange>) -> Result<()> {
        let mut pending = Pending::default();
        let mut put = Vec::new();
        for change in changes {
            match change {
                // What this device has done itself comes back with the next look.
                VolumeChange::Put { record, .. } if self.records.get(&record.node) == Some(&record) => {}
                VolumeChange::Put { record, .. } => put.push(self.put(record)?),
                VolumeChange::Delete { node, .. } => {
                    self.forget(node);
                    pending.gone.push(node);
                }
            }
        }
        check_count(self.records.len())?;
        for (node, moved) in put {
            self.await_opening(node, moved, &mut pending)?;
        }
        self.open_all(&mut pending)?;
        self.check_no_orphans(&pending)
    }

    /// Answers whether the node was there before, in another folder.
    fn put(&mut self, record: Record) -> Result<(NodeId, bool)> {
        let node = record.node;
        let before = self.records.get(&node).map(|before| (before.seq, before.parent));
        // An older record of the same node is a replay (threat B8), the root has none.
        if node == self.root.node || before.is_some_and(|(seq, _)| record.seq <= seq) {
            return Err(Error::NotAuthentic);
        }
        let moved = before.is_some_and(|(_, parent)| parent != record.parent);
        let key_before = self.opened.get(&node).cloned();
        self.forget(node);
        if let Some(before) = key_before {
            // Kept until the new one is opened, to see whether a folder's key has changed.
            self.opened.insert(node, before);
        }
        self.set.add(&sealed::view(self.root.volume, &record));
        self.records.insert(node, record);
        Ok((node, moved))
    }

    fn forget(&mut self, node: NodeId) {
        let Some(record) = self.records.remove(&node) else {
            return;
        };
        self.set.remove(&sealed::view(self.root.volume, &record));
        if let Some(opened) = self.opened.remove(&node) {
            self.index.remove(&(record.parent, tame(opened.name()), node));
        }
    }

    /// Notes a node for opening, and with a moved folder all below it, whose depth is another now.
    fn await_opening(&self, node: NodeId, moved: bool, pending: &mut Pending) -> Result<()> {
        // Deleted again by the same page.
        if !self.records.contains_key(&node) {
            return Ok(());
        }
        pending.to_open.insert((self.depth(node)?, node));
        if moved {
            for below in self.subtree(node) {
                self.depth(below)?;
            }
        }
        Ok(())
    }

    /// How many nodes lie on the way to the root, both included.
    fn depth(&self, node: NodeId) -> Result<usize> {
        Ok(self.path_up(node)?.len())
    }

    fn open_all(&mut self, pending: &mut Pending) -> Result<()> {
        while let Some((_, node)) = pending.to_open.pop_first() {
            if self.open(node)? {
                let children: Vec<_> = self.children(node).map(|(_, child)| child).collect();
                for child in children {
                    self.await_opening(child, false, pending)?;
                }
            }
        }
        Ok(())
    }

    /// Opens a record with the key of its folder. Answers whether the key that opens what is in it is not what it was;
    /// also when it has none any more, being a file now.
    fn open(&mut self, node: NodeId) -> Result<bool> {
        let record = &self.records[&node];
        let (key, generation) = self.folder_key(record.parent).ok_or(Error::NotAuthentic)?;
        if record.generation != generation {
            return Err(Error::NotAuthentic);
        }
        let opened = sealed::view(self.root.volume, record).open(key)?;
        let name = tame(opened.name());
        let parent = record.parent;
        let before = self.opened.insert(node, opened);
        let changed =
            before.is_some_and(|before| folder_key_of(&before) != folder_key_of(&self.opened[&node]));
        self.index.insert((parent, name, node));
        Ok(changed)
    }

    /// Nothing may hang in a folder that is gone. (What hangs in a file did not open.)
    fn check_no_orphans(&self, pending: &Pending) -> Result<()> {
        let childless = pending
            .gone
            .iter()
            .filter(|node| self.folder_key(**node).is_none())
            .all(|node| self.children(*node).next().is_none());
        if childless {
            Ok(())
        } else {
            Err(Error::NotAuthentic)
        }
    }
}

/// More than a volume may hold are more than this device has to keep in memory.
fn check_count(nodes: usize) -> Result<()> {
    if nodes as u64 <= MAX_VOLUME_NODES {
        Ok(())
    } else {
        Err(Error::NotAuthentic)
    }
}

fn folder_key_of(node: &Node) -> Option<(&FolderKey, u32)> {
    match node {
        Node::Folder(folder) => Some((&folder.key, folder.generation)),
        Node::File(_) => None,
    }
}

#[cfg(test)]
mod tests;
