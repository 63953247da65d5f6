//! The rules of a tree that only a transaction can check, shared by every backend: what a batch would do to the part of
//! the tree that it touches.
//!
//! A backend loads that part ([`Tree::unseen`] says what is still missing), lets [`judge`] decide, and carries out the
//! [`Effects`].

use std::collections::{HashMap, HashSet};

use postern_domain::store::{BatchRefusal, NewBatch};
use postern_protocol::limits::{MAX_DEPTH, MAX_VOLUME_NODES};
use postern_protocol::volume::{NodeKind, Record};
use postern_protocol::{ContentId, LinkId, NodeId};

/// A node as it is before the batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) seq: u64,
    /// `None` for a tombstone.
    pub(crate) live: Option<Live>,
}

/// A node that is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Live {
    pub(crate) parent: NodeId,
    pub(crate) kind: NodeKind,
    pub(crate) content: Option<ContentId>,
}

/// The part of a volume that a batch touches, as it is before.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) root: Option<NodeId>,
    /// How many nodes the volume has.
    pub(crate) count: u64,
    /// Every node that was asked for; `None` if there is none.
    pub(crate) nodes: HashMap<NodeId, Option<Node>>,
    /// Nodes that lie in folders that the batch deletes.
    pub(crate) children: Vec<NodeId>,
    /// Of the contents that the batch names: those that are there, and the account's.
    pub(crate) contents: HashSet<ContentId>,
    /// The account's links into the volume that are not revoked: those to nodes that the batch puts or deletes, and
    /// those that it wraps anew.
    pub(crate) links: Vec<(LinkId, NodeId)>,
}

/// What a batch that breaks no rule changes beyond its records.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) root: Option<NodeId>,
    pub(crate) count: u64,
    /// Contents that are named by more records than before, and by how many.
    pub(crate) attached: Vec<(ContentId, u64)>,
    /// Contents that are named by fewer.
    pub(crate) detached: Vec<(ContentId, u64)>,
    /// Links to nodes that go.
    pub(crate) revoked: Vec<LinkId>,
}

/// The contents that a batch newly names.
pub(crate) fn named_contents(batch: &NewBatch) -> Vec<ContentId> {
    let contents: HashSet<_> = batch.puts.iter().filter_map(|put| put.content).collect();
    contents.into_iter().collect()
}

/// The nodes that a batch puts or deletes.
pub(crate) fn changed_nodes(batch: &NewBatch) -> Vec<NodeId> {
    batch
        .puts
        .iter()
        .map(|put| put.node)
        .chain(batch.deletes.iter().copied())
        .collect()
}

/// What the batch does, or the rule that it breaks.
pub(crate) fn judge(batch: &NewBatch, tree: &Tree) -> Result<Effects, BatchRefusal> {
    let change = Change::new(batch, tree)?;
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

impl Tree {
    /// The nodes that have to be looked up before [`judge`] can decide. Empty when nothing is missing.
    pub(crate) fn unseen(&self, batch: &NewBatch) -> Vec<NodeId> {
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
    tree: &'a Tree,
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
    fn new(batch: &'a NewBatch, tree: &'a Tree) -> Result<Self, BatchRefusal> {
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

#[cfg(test)]
mod tests {
    use postern_protocol::TimeMs;

    use super::*;

    const ROOT: u8 = 1;

    fn record(node: u8, parent: u8, kind: NodeKind, seq: u64) -> Record {
        let content = (kind == NodeKind::File).then(|| [node; 16].into());
        let (node, parent) = ([node; 16].into(), [parent; 16].into());
        Record {
            node,
            parent,
            kind,
            generation: 1,
            seq,
            content,
            sealed: vec![0].into(),
        }
    }

    fn folder(node: u8, parent: u8) -> Record {
        record(node, parent, NodeKind::Folder, 9)
    }

    fn batch(puts: Vec<Record>, deletes: &[u8]) -> NewBatch {
        NewBatch {
            account: [0; 16].into(),
            volume: [0; 16].into(),
            expected: 0,
            puts,
            deletes: deletes.iter().map(|node| [*node; 16].into()).collect(),
            rewraps: Vec::new(),
            head: Vec::new().into(),
            state: None,
            now: TimeMs(0),
        }
    }

    /// Loads what `batch` asks for from records, as a backend does.
    fn tree(batch: &NewBatch, records: &[Record]) -> Tree {
        let mut tree = Tree {
            root: Some([ROOT; 16].into()),
            count: records.len() as u64,
            ..Tree::default()
        };
        tree.contents = named_contents(batch).into_iter().collect();
        let gone = |parent: &NodeId| batch.deletes.contains(parent);
        tree.children = records
            .iter()
            .filter(|record| gone(&record.parent))
            .map(|record| record.node)
            .collect();
        loop {
            let unseen = tree.unseen(batch);
            if unseen.is_empty() {
                return tree;
            }
            for node in unseen {
                let record = records.iter().find(|record| record.node == node);
                let live = |r: &Record| Live {
                    parent: r.parent,
                    kind: r.kind,
                    content: r.content,
                };
                tree.nodes.insert(
                    node,
                    record.map(|r| Node {
                        seq: r.seq,
                        live: Some(live(r)),
                    }),
                );
            }
        }
    }

    fn judged(puts: Vec<Record>, deletes: &[u8], records: &[Record]) -> Result<Effects, BatchRefusal> {
        let batch = batch(puts, deletes);
        judge(&batch, &tree(&batch, records))
    }

    #[test]
    fn a_folder_cannot_be_moved_into_what_lies_in_it() {
        let records = [folder(2, ROOT), folder(3, 2), folder(4, 3)];
        let moved = record(2, 4, NodeKind::Folder, 10);
        assert_eq!(
            judged(vec![moved], &[], &records),
            Err(BatchRefusal::Cycle([2; 16].into()))
        );
    }

    #[test]
    fn new_folders_cannot_lie_in_each_other() {
        let outcome = judged(vec![folder(2, 3), folder(3, 2)], &[], &[]);
        assert!(matches!(outcome, Err(BatchRefusal::Cycle(_))), "{outcome:?}");
    }

    #[test]
    fn a_folder_may_move_out_of_one_that_goes() {
        let records = [folder(2, ROOT), folder(3, 2)];
        let moved = record(3, ROOT, NodeKind::Folder, 10);
        assert_eq!(
            judged(vec![moved], &[2], &records).map(|effects| effects.count),
            Ok(1)
        );
    }

    #[test]
    fn a_chain_of_new_folders_is_allowed_up_to_the_greatest_depth() {
        let chain = |length: u8| {
            (2..2 + length)
                .map(|node| folder(node, node - 1))
                .collect::<Vec<_>>()
        };
        assert!(judged(chain(250), &[], &[]).is_ok());
        let deeper: Vec<_> = (0..300_u16)
            .map(|depth| {
                let id = |depth: u16| {
                    let mut id = [ROOT; 16];
                    id[..2].copy_from_slice(&(depth + 257).to_be_bytes());
                    NodeId(id)
                };
                Record {
                    node: id(depth + 1),
                    parent: id(depth),
                    ..folder(0, 0)
                }
            })
            .collect();
        assert!(matches!(judged(deeper, &[], &[]), Err(BatchRefusal::TooDeep(_))));
    }

    #[test]
    fn a_content_that_moves_between_two_nodes_in_one_batch_stays() {
        let records = [record(2, ROOT, NodeKind::File, 1)];
        let copy = Record {
            content: Some([2; 16].into()),
            ..record(3, ROOT, NodeKind::File, 1)
        };
        let effects = judged(vec![copy], &[2], &records).expect("allowed");
        assert_eq!((effects.attached, effects.detached), (Vec::new(), Vec::new()));
    }
}
