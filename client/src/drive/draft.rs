//! A change of the tree that has not happened yet: an operation writes it, a batch carries it.
//!
//! Operations see the tree with the draft's own changes on top, so that many of them fit into one batch.

use std::collections::{BTreeMap, BTreeSet};

use postern_crypto::FolderKey;
use postern_crypto::node::{File, Folder, Node};
use postern_protocol::volume::{Record, VolumeChange};
use postern_protocol::{NodeId, TimeMs};

use super::operations::IfTaken;
use super::sealed::{self, Seat};
use super::tree::Tree;
use crate::names::{first_free, tame};
use crate::{Error, Result, Surroundings};

/// Changes on top of a tree.
pub(crate) struct Draft<'a> {
    tree: &'a Tree,
    around: &'a Surroundings,
    puts: BTreeMap<NodeId, (Record, Node)>,
    deletes: BTreeSet<NodeId>,
    names: BTreeMap<(NodeId, String), NodeId>,
    /// Files that get another content: links to them must be wrapped anew in the same batch.
    replaced: Vec<NodeId>,
}

/// What a draft comes to.
pub(crate) struct Drafted {
    pub(crate) puts: Vec<Record>,
    pub(crate) deletes: Vec<NodeId>,
    pub(crate) replaced: Vec<(NodeId, File)>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(tree: &'a Tree, around: &'a Surroundings) -> Self {
        Self {
            tree,
            around,
            puts: BTreeMap::new(),
            deletes: BTreeSet::new(),
            names: BTreeMap::new(),
            replaced: Vec::new(),
        }
    }

    pub(crate) fn tree(&self) -> &'a Tree {
        self.tree
    }

    pub(crate) fn now(&self) -> TimeMs {
        self.around.now()
    }

    /// The child of that name, as things would be after this draft.
    pub(crate) fn child(&self, folder: NodeId, name: &str) -> Option<NodeId> {
        self.names.get(&(folder, name.to_owned())).copied().or_else(|| {
            let found = self.tree.child(folder, name)?;
            (!self.deletes.contains(&found) && !self.puts.contains_key(&found)).then_some(found)
        })
    }

    /// The node, as it would be after this draft.
    pub(crate) fn node(&self, node: NodeId) -> Result<&Node> {
        if self.deletes.contains(&node) {
            return Err(Error::NotFound);
        }
        let drafted = self.puts.get(&node).map(|(_, node)| node);
        drafted.or_else(|| self.tree.node(node)).ok_or(Error::NotFound)
    }

    pub(crate) fn parent(&self, node: NodeId) -> Result<NodeId> {
        let record = self.puts.get(&node).map(|(record, _)| record);
        Ok(record
            .or_else(|| self.tree.record(node))
            .ok_or(Error::NotFound)?
            .parent)
    }

    /// A new folder, with a key of its own.
    pub(crate) fn make_folder(&mut self, parent: NodeId, name: &str) -> Result<NodeId> {
        self.refuse_taken(parent, name)?;
        let id = self.around.new_id();
        let folder = Folder {
            name: name.to_owned(),
            mtime_ms: self.now().0,
            key: FolderKey::generate(&mut self.around.rng()),
            generation: 1,
        };
        self.put(id, parent, Node::Folder(folder))?;
        Ok(id)
    }

    /// The name, or a numbered one that is free.
    pub(crate) fn free_name(&self, folder: NodeId, name: &str) -> String {
        first_free(name, |candidate| self.child(folder, candidate).is_none())
    }

    /// A file under its name: a new one, or another content for the one that is there. Nothing if `id` is there.
    pub(crate) fn put_file(
        &mut self,
        id: Option<NodeId>,
        parent: NodeId,
        mut file: File,
        if_taken: IfTaken,
    ) -> Result<NodeId> {
        if let Some(done) = id.filter(|id| self.node(*id).is_ok()) {
            return Ok(done);
        }
        if if_taken == IfTaken::KeepBoth {
            file.name = self.free_name(parent, &file.name);
        }
        let Some(there) = self.child(parent, &file.name) else {
            let id = id.unwrap_or_else(|| self.around.new_id());
            self.put(id, parent, Node::File(file))?;
            return Ok(id);
        };
        match self.node(there)? {
            Node::Folder(_) => Err(Error::EntryExists),
            Node::File(_) => {
                self.put(there, parent, Node::File(file))?;
                self.replaced.push(there);
                Ok(there)
            }
        }
    }

    /// The same node at another place or under another name.
    pub(crate) fn relocate(&mut self, id: NodeId, parent: NodeId, name: &str) -> Result<()> {
        if self.child(parent, name) != Some(id) {
            self.refuse_taken(parent, name)?;
        }
        let node = match self.node(id)?.clone() {
            Node::Folder(folder) => Node::Folder(Folder {
                name: name.to_owned(),
                ..folder
            }),
            Node::File(file) => Node::File(File {
                name: name.to_owned(),
                ..file
            }),
        };
        self.put(id, parent, node)
    }

    /// Takes a node off. Of a folder, everything below must be taken off too.
    pub(crate) fn delete(&mut self, node: NodeId) {
        self.deletes.insert(node);
    }

    pub(crate) fn finish(self) -> Drafted {
        let replaced = self
            .replaced
            .iter()
            .filter_map(|node| match &self.puts.get(node)?.1 {
                Node::File(file) => Some((*node, file.clone())),
                Node::Folder(_) => None,
            })
            .collect();
        Drafted {
            replaced,
            puts: self.puts.into_values().map(|(record, _)| record).collect(),
            deletes: self.deletes.into_iter().collect(),
        }
    }

    fn put(&mut self, id: NodeId, parent: NodeId, node: Node) -> Result<()> {
        let (key, generation) = self.folder_key(parent)?;
        let seat = Seat {
            volume: self.tree.root().volume,
            parent,
            key: &key,
            generation,
        };
        let seq = self.tree.record(id).map_or(1, |record| record.seq + 1);
        let record = sealed::seal(&node, id, seq, &seat, &mut self.around.rng());
        if let Some((before, old)) = self.puts.get(&id) {
            self.names.remove(&(before.parent, tame(old.name())));
        }
        self.names.insert((parent, tame(node.name())), id);
        self.puts.insert(id, (record, node));
        Ok(())
    }

    fn folder_key(&self, folder: NodeId) -> Result<(FolderKey, u32)> {
        if let Some((_, Node::Folder(folder))) = self.puts.get(&folder) {
            return Ok((folder.key.clone(), folder.generation));
        }
        let found = self
            .tree
            .folder_key(folder)
            .filter(|_| !self.deletes.contains(&folder));
        found
            .map(|(key, generation)| (key.clone(), generation))
            .ok_or_else(|| self.no_folder(folder))
    }

    fn no_folder(&self, node: NodeId) -> Error {
        match self.node(node) {
            Ok(_) => Error::WrongKind("there is a file where a folder is needed"),
            Err(_) => Error::NotFound,
        }
    }

    fn refuse_taken(&self, parent: NodeId, name: &str) -> Result<()> {
        match self.child(parent, name) {
            Some(_) => Err(Error::EntryExists),
            None => Ok(()),
        }
    }
}

impl Drafted {
    pub(crate) fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty()
    }

    /// As the server will tell them to other devices.
    pub(crate) fn changes(&self, counter: u64) -> Vec<VolumeChange> {
        let puts = self.puts.iter().map(|record| VolumeChange::Put {
            counter,
            record: record.clone(),
        });
        let deletes = self
            .deletes
            .iter()
            .map(|node| VolumeChange::Delete { counter, node: *node });
        puts.chain(deletes).collect()
    }
}
