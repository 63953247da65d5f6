//! The rules of a tree that only a transaction can check: what a batch would do to the part of the tree that it touches.
//!
//! A store loads that part ([`Touched::unseen`] says what is still missing), lets [`judge`] decide, and carries out the
//! [`Effects`]. So every store has the same rules, and none has any of its own.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use postern_protocol::changes::ChangeKind;
use postern_protocol::limits::{MAX_DEPTH, MAX_VOLUME_NODES};
use postern_protocol::volume::{NodeKind, Record};
use postern_protocol::{ContentId, LinkId, NodeId};

use super::{BatchOutcome, BatchRefusal, NewBatch, VolumeRow};

/// A node as it is before the batch.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Its number, which only grows; also a tombstone's.
    pub seq: u64,
    /// `None` for a tombstone.
    pub live: Option<Live>,
}

/// A node that is there.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// The folder that it is in, or the root.
    pub parent: NodeId,
    /// File or folder.
    pub kind: NodeKind,
    /// What a file's record names.
    pub content: Option<ContentId>,
}

/// The part of a volume that a batch touches, as it is before.
#[derive(Debug, Default)]
pub struct Touched {
    /// Known from the volume's first records on.
    pub root: Option<NodeId>,
    /// How many nodes the volume has.
    pub count: u64,
    /// Every node that was asked for; `None` if there is none.
    pub nodes: HashMap<NodeId, Option<Node>>,
    /// Nodes that lie in folders that the batch deletes.
    pub children: Vec<NodeId>,
    /// Of the contents that the batch names: those that are there, and the account's.
    pub contents: HashSet<ContentId>,
    /// The account's links into the volume that are not revoked: those to nodes that the batch puts or deletes, and
    /// those that it wraps anew.
    pub links: Vec<(LinkId, NodeId)>,
}

/// What a batch that breaks no rule changes beyond its records.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The root, if it is known now.
    pub root: Option<NodeId>,
    /// How many nodes there are then.
    pub count: u64,
    /// Contents that are named by more records than before, and by how many.
    pub attached: Vec<(ContentId, u64)>,
    /// Contents that are named by fewer.
    pub detached: Vec<(ContentId, u64)>,
    /// Links to nodes that go.
    pub revoked: Vec<LinkId>,
}

/// The contents that a batch names.
#[must_use]
pub fn named_contents(batch: &NewBatch) -> Vec<ContentId> {
    let contents: HashSet<_> = batch.puts.iter().filter_map(|put| put.content).collect();
    contents.into_iter().collect()
}

/// The nodes that a batch puts or deletes.
#[must_use]
pub fn changed_nodes(batch: &NewBatch) -> Vec<NodeId> {
    batch
        .puts
        .iter()
        .map(|put| put.node)
        .chain(batch.deletes.iter().copied())
        .collect()
}

/// What the batch does.
///
/// # Errors
/// The rule that it breaks.
pub fn judge(batch: &NewBatch, touched: &Touched) -> Result<Effects, BatchRefusal> {
    let change = Change::new(batch, touched)?;
    change.check_deletes()?;
    for put in &batch.puts {
        change.check_record(put)?;
    }
    let [attached, detached] = change.contents();
    Ok(Effects {
        root: change.root,
        count: change.count()?,
        attached,
        detached,
        revoked: change.links()?,
    })
}

/// What a batch tells those who follow the account.
#[must_use]
pub fn feed(batch: &NewBatch, effects: &Effects) -> Vec<ChangeKind> {
    let volume = ChangeKind::Volume {
        volume: batch.volume,
        counter: batch.expected + 1,
    };
    let rewrapped = batch
        .rewraps
        .iter()
        .map(|rewrap| rewrap.id)
        .filter(|id| !effects.revoked.contains(id));
    let links = rewrapped
        .chain(effects.revoked.iter().copied())
        .map(|link| ChangeKind::Link { link });
    let account = batch.state.as_ref().map(|_| ChangeKind::Account);
    std::iter::once(volume).chain(links).chain(account).collect()
}

/// A client that never got the answer to its batch sends it again: its head is then the present one.
#[must_use]
pub fn repeated_or_conflict(batch: &NewBatch, volume: &VolumeRow) -> BatchOutcome {
    if volume.counter == batch.expected + 1 && volume.head == batch.head {
        BatchOutcome::Applied
    } else {
        BatchOutcome::Conflict {
            counter: volume.counter,
        }
    }
}

impl Touched {
    /// The nodes that have to be looked up before [`judge`] can decide. Empty when nothing is missing.
    #[must_use]
    pub fn unseen(&self, batch: &NewBatch) -> Vec<NodeId> {
        let named = batch.puts.iter().flat_map(|put| [put.node, put.parent]);
        let named: HashSet<_> = named.chain(batch.deletes.iter().copied()).collect();
        let direct: Vec<_> = named
            .into_iter()
            .filter(|node| !self.nodes.contains_key(node))
            .collect();
        if !direct.is_empty() {
            return direct;
        }
        // A parent that is nowhere yet may be the root; `judge` says so again, and refuses where it may not.
        let Ok(change) = Change::new(batch, self) else {
            return Vec::new();
        };
        let climbs = batch.puts.iter().filter(|put| change.moves_folder(put));
        let tops: HashSet<_> = climbs
            .filter_map(|put| change.climb(put.node).err()?.unseen())
            .collect();
        tops.into_iter().collect()
    }

    fn live(&self, node: NodeId) -> Option<Live> {
        self.nodes.get(&node)?.as_ref()?.live
    }
}

/// A batch laid over the tree.
struct Change<'a> {
    batch: &'a NewBatch,
    tree: &'a Touched,
    puts: HashMap<NodeId, &'a Record>,
    deletes: HashSet<NodeId>,
    root: Option<NodeId>,
}

/// Why a climb did not reach the root.
enum Fall {
    Unseen(NodeId),
    NoParent,
    Cycle,
    TooDeep,
}

impl Fall {
    fn unseen(self) -> Option<NodeId> {
        match self {
            Fall::Unseen(node) => Some(node),
            Fall::NoParent | Fall::Cycle | Fall::TooDeep => None,
        }
    }
}

impl<'a> Change<'a> {
    fn new(batch: &'a NewBatch, tree: &'a Touched) -> Result<Self, BatchRefusal> {
        let mut change = Self {
            batch,
            tree,
            puts: batch.puts.iter().map(|put| (put.node, put)).collect(),
            deletes: batch.deletes.iter().copied().collect(),
            root: tree.root,
        };
        change.root = change.learn_root()?;
        Ok(change)
    }

    /// The root has no record, so a volume learns it from the first records: it is the one parent that is no node.
    fn learn_root(&self) -> Result<Option<NodeId>, BatchRefusal> {
        let mut root = self.tree.root;
        for put in self.batch.puts.iter().filter(|put| !self.is_folder(put.parent)) {
            let never_a_node = !matches!(self.tree.nodes.get(&put.parent), Some(Some(_)));
            let may_be_root = never_a_node && !self.puts.contains_key(&put.parent);
            match root {
                Some(root) if root == put.parent => {}
                None if may_be_root => root = Some(put.parent),
                _ => return Err(BatchRefusal::NoParent(put.parent)),
            }
        }
        Ok(root)
    }

    /// Whether a node is a folder, with a record, after the batch.
    fn is_folder(&self, node: NodeId) -> bool {
        let kind = match self.puts.get(&node) {
            Some(put) => Some(put.kind),
            None if self.deletes.contains(&node) => None,
            None => self.tree.live(node).map(|live| live.kind),
        };
        kind == Some(NodeKind::Folder)
    }

    fn parent(&self, node: NodeId) -> Result<NodeId, Fall> {
        if let Some(put) = self.puts.get(&node) {
            return Ok(put.parent);
        }
        let seen = self.tree.nodes.get(&node).ok_or(Fall::Unseen(node))?;
        seen.as_ref()
            .and_then(|node| node.live)
            .map(|live| live.parent)
            .ok_or(Fall::NoParent)
    }

    fn check_deletes(&self) -> Result<(), BatchRefusal> {
        if let Some(absent) = self
            .batch
            .deletes
            .iter()
            .find(|node| self.tree.live(**node).is_none())
        {
            return Err(BatchRefusal::NoSuchNode(*absent));
        }
        let stays = |child: &&NodeId| {
            let moved = self
                .puts
                .get(child)
                .is_some_and(|put| !self.deletes.contains(&put.parent));
            !moved && !self.deletes.contains(*child)
        };
        self.tree
            .children
            .iter()
            .find(stays)
            .map_or(Ok(()), |child| Err(BatchRefusal::Orphan(*child)))
    }

    fn check_record(&self, put: &Record) -> Result<(), BatchRefusal> {
        if self.root == Some(put.node) {
            return Err(BatchRefusal::RootRecord(put.node));
        }
        if self.moves_folder(put) {
            self.check_place(put)?;
        }
        let before = self.tree.nodes.get(&put.node).copied().flatten();
        if before
            .and_then(|before| before.live)
            .is_some_and(|live| live.kind != put.kind)
        {
            return Err(BatchRefusal::KindChanged(put.node));
        }
        if before.is_some_and(|before| put.seq <= before.seq) {
            return Err(BatchRefusal::WrongSeq(put.node));
        }
        self.check_content(put)
    }

    fn check_content(&self, put: &Record) -> Result<(), BatchRefusal> {
        let kept = self.tree.live(put.node).and_then(|live| live.content);
        match put.content.filter(|content| Some(*content) != kept) {
            Some(content) if !self.tree.contents.contains(&content) => Err(BatchRefusal::NoContent(content)),
            _ => Ok(()),
        }
    }

    fn moves_folder(&self, put: &Record) -> bool {
        let stays = self
            .tree
            .live(put.node)
            .is_some_and(|live| live.parent == put.parent);
        put.kind == NodeKind::Folder && !stays
    }

    fn check_place(&self, put: &Record) -> Result<(), BatchRefusal> {
        self.climb(put.node).map_err(|fall| match fall {
            Fall::Cycle => BatchRefusal::Cycle(put.node),
            Fall::TooDeep => BatchRefusal::TooDeep(put.node),
            Fall::NoParent | Fall::Unseen(_) => BatchRefusal::NoParent(put.parent),
        })
    }

    /// From a node to the root, by the parents that are in force after the batch.
    fn climb(&self, from: NodeId) -> Result<(), Fall> {
        let mut node = from;
        for _ in 0..=MAX_DEPTH {
            node = self.parent(node)?;
            if Some(node) == self.root {
                return Ok(());
            }
            if node == from {
                return Err(Fall::Cycle);
            }
        }
        Err(Fall::TooDeep)
    }

    /// Which contents are named by more records than before, and which by fewer.
    fn contents(&self) -> [Vec<(ContentId, u64)>; 2] {
        let mut balance: HashMap<ContentId, i64> = HashMap::new();
        for node in changed_nodes(self.batch) {
            let before = self.tree.live(node).and_then(|live| live.content);
            let after = self.puts.get(&node).and_then(|put| put.content);
            before
                .into_iter()
                .for_each(|content| *balance.entry(content).or_default() -= 1);
            after
                .into_iter()
                .for_each(|content| *balance.entry(content).or_default() += 1);
        }
        let sided = |sign: i64| {
            let of_sign = balance.iter().filter(move |(_, by)| by.signum() == sign);
            of_sign
                .map(|(content, by)| (*content, by.unsigned_abs()))
                .collect()
        };
        [sided(1), sided(-1)]
    }

    /// The links that go with their nodes, once all others are as they must be.
    fn links(&self) -> Result<Vec<LinkId>, BatchRefusal> {
        let rewrapped: HashSet<_> = self.batch.rewraps.iter().map(|rewrap| rewrap.id).collect();
        let known: HashSet<_> = self.tree.links.iter().map(|(link, _)| *link).collect();
        if let Some(unknown) = rewrapped.difference(&known).next() {
            return Err(BatchRefusal::NoSuchLink(*unknown));
        }
        let behind =
            |(link, node): &&(LinkId, NodeId)| self.changes_content(*node) && !rewrapped.contains(link);
        if let Some((link, _)) = self.tree.links.iter().find(behind) {
            return Err(BatchRefusal::LinkLeftBehind(*link));
        }
        let goes = self
            .tree
            .links
            .iter()
            .filter(|(_, node)| self.deletes.contains(node));
        Ok(goes.map(|(link, _)| *link).collect())
    }

    fn changes_content(&self, node: NodeId) -> bool {
        let before = self.tree.live(node).and_then(|live| live.content);
        self.puts.get(&node).is_some_and(|put| put.content != before)
    }

    fn count(&self) -> Result<u64, BatchRefusal> {
        let new = self
            .batch
            .puts
            .iter()
            .filter(|put| self.tree.live(put.node).is_none())
            .count() as u64;
        let count = (self.tree.count + new).saturating_sub(self.batch.deletes.len() as u64);
        if count > MAX_VOLUME_NODES {
            Err(BatchRefusal::TooManyNodes)
        } else {
            Ok(count)
        }
    }
}
