//! What a drive is, told as plainly as possible: names, contents, links, and what each operation does to them.

use std::collections::BTreeMap;

use postern_client::{Error, Result};

/// A file or folder; the same for as long as it lives, wherever it is.
pub(crate) type Id = u32;

pub(crate) const ROOT: Id = 0;

/// All paths, with the contents of files.
pub(crate) type Paths = BTreeMap<String, Option<Vec<u8>>>;

/// A tree, as it was after so many changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) version: u64,
    nodes: BTreeMap<Id, Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    parent: Id,
    name: String,
    /// None for folders.
    bytes: Option<Vec<u8>>,
}

/// A change of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Put {
        id: Id,
        folder: Id,
        name: String,
        bytes: Vec<u8>,
    },
    MakeFolder {
        id: Id,
        folder: Id,
        name: String,
    },
    Rename {
        node: Id,
        name: String,
    },
    Move {
        node: Id,
        folder: Id,
    },
    Remove {
        node: Id,
    },
}

impl Model {
    /// The tree after the change, or what the person is told.
    pub(crate) fn after(&self, change: &Change) -> Result<Self> {
        let mut after = self.clone();
        after.version += 1;
        match change {
            Change::Put {
                id,
                folder,
                name,
                bytes,
            } => after.put(*id, *folder, name, bytes)?,
            Change::MakeFolder { id, folder, name } => {
                after.refuse_taken(*folder, name)?;
                after.insert(*id, *folder, name, None)?;
            }
            Change::Rename { node, name } => {
                let parent = after.node(*node)?.parent;
                after.relocate(*node, parent, name)?;
            }
            Change::Move { node, folder } => {
                after.refuse_into_itself(*node, *folder)?;
                let name = after.node(*node)?.name.clone();
                after.relocate(*node, *folder, &name)?;
            }
            Change::Remove { node } => {
                after.node(*node)?;
                for gone in after.subtree(*node) {
                    after.nodes.remove(&gone);
                }
            }
        }
        Ok(after)
    }

    pub(crate) fn has(&self, id: Id) -> bool {
        self.nodes.contains_key(&id)
    }

    pub(crate) fn name(&self, id: Id) -> &str {
        &self.nodes[&id].name
    }

    pub(crate) fn bytes(&self, id: Id) -> Option<&[u8]> {
        self.nodes[&id].bytes.as_deref()
    }

    pub(crate) fn ids(&self) -> Vec<Id> {
        self.nodes.keys().copied().collect()
    }

    pub(crate) fn folders(&self) -> Vec<Id> {
        let folders = self.nodes.iter().filter(|(_, node)| node.bytes.is_none());
        [ROOT].into_iter().chain(folders.map(|(id, _)| *id)).collect()
    }

    /// All paths below a folder.
    pub(crate) fn paths(&self, folder: Id) -> Paths {
        let below = self.subtree(folder).into_iter().filter(|id| *id != folder);
        below
            .map(|id| (self.path(id, folder), self.nodes[&id].bytes.clone()))
            .collect()
    }

    /// From `folder` down to `id`.
    pub(crate) fn path(&self, id: Id, folder: Id) -> String {
        let node = &self.nodes[&id];
        if node.parent == folder {
            node.name.clone()
        } else {
            format!("{}/{}", self.path(node.parent, folder), node.name)
        }
    }

    /// The file or folder that has this name in `folder`.
    pub(crate) fn child(&self, folder: Id, name: &str) -> Option<Id> {
        let mut named = self
            .nodes
            .iter()
            .filter(|(_, node)| node.parent == folder && node.name == name);
        named.next().map(|(id, _)| *id)
    }

    fn put(&mut self, id: Id, folder: Id, name: &str, bytes: &[u8]) -> Result<()> {
        let Some(there) = self.child(folder, name) else {
            return self.insert(id, folder, name, Some(bytes.to_vec()));
        };
        let file = self.nodes.get_mut(&there).expect("it is there");
        match &mut file.bytes {
            None => Err(Error::EntryExists),
            Some(before) => {
                *before = bytes.to_vec();
                Ok(())
            }
        }
    }

    fn insert(&mut self, id: Id, folder: Id, name: &str, bytes: Option<Vec<u8>>) -> Result<()> {
        if folder != ROOT {
            self.node(folder)?;
        }
        let node = Node {
            parent: folder,
            name: name.to_owned(),
            bytes,
        };
        self.nodes.insert(id, node);
        Ok(())
    }

    fn relocate(&mut self, id: Id, folder: Id, name: &str) -> Result<()> {
        if self.child(folder, name) != Some(id) {
            self.refuse_taken(folder, name)?;
        }
        let bytes = self.node(id)?.bytes.clone();
        self.insert(id, folder, name, bytes)
    }

    fn refuse_taken(&self, folder: Id, name: &str) -> Result<()> {
        match self.child(folder, name) {
            Some(_) => Err(Error::EntryExists),
            None => Ok(()),
        }
    }

    fn refuse_into_itself(&self, node: Id, folder: Id) -> Result<()> {
        let mut above = folder;
        while above != ROOT {
            if above == node {
                return Err(Error::IntoItself);
            }
            above = self.node(above)?.parent;
        }
        Ok(())
    }

    fn node(&self, id: Id) -> Result<&Node> {
        self.nodes.get(&id).ok_or(Error::NotFound)
    }

    /// A node and all below it.
    fn subtree(&self, top: Id) -> Vec<Id> {
        let below = self.nodes.iter().filter(|(_, node)| node.parent == top);
        let below: Vec<Id> = below.flat_map(|(id, _)| self.subtree(*id)).collect();
        let own = self.has(top).then_some(top);
        own.into_iter().chain(below).collect()
    }
}
