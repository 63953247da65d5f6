//! A disk that keeps what it was told to keep, and the rest as it pleases.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::call::{Call, Do, Step};
use super::cut::{Cut, Thing};
use super::mood::Mood;
use super::node::{Change, Durable, Node};
use crate::Dice;

const ROOT: usize = 0;

/// The files and folders below one folder. All begin empty.
#[derive(Debug)]
pub(super) struct Disk {
    nodes: Vec<Node>,
    open: HashMap<i64, Open>,
    /// Syncs that are under way, and the changes of each node that each covers: those that had ended when it began.
    syncs: HashMap<usize, Vec<(usize, Vec<usize>)>>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    node: usize,
    at: u64,
    append: bool,
}

/// SQLite's index of its log is memory that happens to have a name; it is made anew whenever it is needed.
pub(super) fn is_never_kept(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-shm")
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            nodes: vec![Node::new(Durable::Folder(BTreeMap::new()))],
            open: HashMap::new(),
            syncs: HashMap::new(),
        }
    }
}

impl Disk {
    pub(super) fn apply(&mut self, step: &Step<'_>) {
        match step {
            Step::Run => {
                self.open.clear();
                let all = self.nodes.iter_mut().flat_map(|node| &mut node.pending);
                all.for_each(|pending| pending.ended = true);
            }
            Step::Begin(number, call) => self.begin(*number, call),
            Step::End(number, call) => self.end(*number, call),
        }
    }

    /// Whether the call makes something durable.
    pub(super) fn is_sync(&self, call: &Call) -> bool {
        match &call.what {
            Do::Sync { file } => self.open.contains_key(file),
            Do::SyncAll => true,
            _ => false,
        }
    }

    /// As programs see it, as long as nothing happens to it.
    pub(super) fn as_it_seems(&self) -> Cut {
        self.cut(Mood::KeepsAll, &mut Dice::seeded(0))
    }

    /// What the disk may hold if the power goes now.
    pub(super) fn cut(&self, mood: Mood, dice: &mut Dice) -> Cut {
        let kept = self.kept_names(mood, dice);
        let mut cut = Cut::default();
        let mut seen: HashMap<usize, PathBuf> = HashMap::new();
        let mut waiting = vec![(PathBuf::new(), ROOT)];
        while let Some((path, id)) = waiting.pop() {
            let node = &self.nodes[id];
            let thing = match &node.durable {
                _ if is_never_kept(&path) => continue,
                Durable::Folder(names) => {
                    let names = node.names(names, |pending| kept.contains(&(id, pending.call)));
                    waiting.extend(names.into_iter().map(|(name, node)| (path.join(name), node)));
                    Thing::Folder
                }
                Durable::File(bytes) => match seen.get(&id) {
                    Some(first) => Thing::SameAs(first.clone()),
                    None => Thing::File(Arc::new(node.bytes(bytes, mood, dice))),
                },
            };
            seen.entry(id).or_insert_with(|| path.clone());
            cut.things.push((path, thing));
        }
        cut
    }

    /// Of each name some first changes; and with each that a rename removed the one that it made.
    fn kept_names(&self, mood: Mood, dice: &mut Dice) -> HashSet<(usize, usize)> {
        let mut kept = HashSet::new();
        for (id, node) in self.nodes.iter().enumerate() {
            let mut lost = HashSet::new();
            for (pending, name) in node.named() {
                if !lost.contains(name) && mood.keeps_name(dice) {
                    kept.insert((id, pending.call));
                } else {
                    lost.insert(name);
                }
            }
        }
        loop {
            let missing: Vec<_> = self
                .halves()
                .filter(|half| kept.contains(&half.removed))
                .collect();
            let before = kept.len();
            for half in missing {
                kept.extend(self.up_to(half.made).map(|call| (half.made.0, call)));
            }
            if kept.len() == before {
                return kept;
            }
        }
    }

    /// Renames of which neither half is durable.
    fn halves(&self) -> impl Iterator<Item = Halves> {
        self.nodes.iter().enumerate().flat_map(|(id, node)| {
            node.pending
                .iter()
                .filter_map(move |pending| match pending.change {
                    Change::Name { with: Some(with), .. } => Some(Halves {
                        removed: (id, pending.call),
                        made: (with, pending.call),
                    }),
                    _ => None,
                })
        })
    }

    /// The changes of the name that `call` makes in `folder`, up to that.
    fn up_to(&self, (folder, call): (usize, usize)) -> impl Iterator<Item = usize> {
        let named = || self.nodes[folder].named();
        let made = named().find(|(pending, _)| pending.call == call && pending.makes_name());
        named()
            .filter(move |(pending, name)| {
                made.is_some_and(|(_, made)| *name == made) && pending.call <= call
            })
            .map(|(pending, _)| pending.call)
    }

    fn begin(&mut self, number: usize, call: &Call) {
        match &call.what {
            Do::Open {
                path,
                truncate,
                append,
            } => self.open(number, call.answer, path, *truncate, *append),
            Do::Close { file } => drop(self.open.remove(file)),
            Do::Duplicate { file } => {
                if let (Some(open), Some(answer)) = (self.open.get(file).copied(), call.answer) {
                    self.open.insert(answer, open);
                }
            }
            Do::Seek { file } => {
                if let (Some(open), Some(at)) = (self.open.get_mut(file), call.answer) {
                    open.at = u64::try_from(at).expect("a place in a file");
                }
            }
            Do::Write { file, bytes, at } => self.write(number, *file, bytes, *at, call.answer),
            Do::Resize { file, size } => self.change(number, *file, Change::Resize(*size)),
            Do::Reserve { file, size } => self.change(number, *file, Change::Reserve(*size)),
            Do::Sync { file } => {
                if let Some(open) = self.open.get(file) {
                    self.syncs.insert(number, vec![self.covered(open.node)]);
                }
            }
            Do::SyncAll => {
                let all = (0..self.nodes.len()).map(|node| self.covered(node));
                self.syncs.insert(number, all.collect());
            }
            Do::MakeFolder { path } => {
                let folder = self.add(Durable::Folder(BTreeMap::new()));
                self.name(number, path, Some(folder), None);
            }
            Do::Link { from, to } => {
                let node = self.find(from);
                self.name(number, to, Some(node), None);
            }
            Do::Rename { from, to } => self.rename(number, from, to),
            Do::Remove { path } => self.name(number, path, None, None),
        }
    }

    fn end(&mut self, number: usize, call: &Call) {
        if matches!(call.what, Do::Sync { .. } | Do::SyncAll) {
            for (node, covered) in self.syncs.remove(&number).unwrap_or_default() {
                self.settle(node, &covered);
            }
            return;
        }
        let all = self.nodes.iter_mut().flat_map(|node| &mut node.pending);
        all.filter(|pending| pending.call == number)
            .for_each(|pending| pending.ended = true);
    }

    fn covered(&self, node: usize) -> (usize, Vec<usize>) {
        let ended = self.nodes[node].pending.iter().filter(|pending| pending.ended);
        (node, ended.map(|pending| pending.call).collect())
    }

    fn open(&mut self, number: usize, answer: Option<i64>, path: &Path, truncate: bool, append: bool) {
        let Some(answer) = answer else { return };
        let node = self.look(path).unwrap_or_else(|| {
            let file = self.add(Durable::File(Vec::new()));
            self.name(number, path, Some(file), None);
            file
        });
        self.open.insert(answer, Open { node, at: 0, append });
        if truncate {
            self.change(number, answer, Change::Resize(0));
        }
    }

    fn write(&mut self, number: usize, file: i64, bytes: &[u8], at: Option<u64>, answer: Option<i64>) {
        let Some(open) = self.open.get(&file).copied() else {
            return;
        };
        let written = answer.map_or(bytes.len(), |answer| usize::try_from(answer).expect("a length"));
        let at = match at {
            Some(at) => at,
            None if open.append => self.nodes[open.node].size(),
            None => open.at,
        };
        let bytes = bytes[..written].to_vec();
        if let Some(open) = self.open.get_mut(&file) {
            open.at = at + written as u64;
        }
        self.change(number, file, Change::Write { at, bytes });
    }

    fn rename(&mut self, number: usize, from: &Path, to: &Path) {
        let node = self.find(from);
        // Two names of one file: then the call does nothing, and says that it has worked.
        if self.look(to) == Some(node) {
            return;
        }
        let folder = self.find(to.parent().expect("it is below the folder"));
        self.name(number, to, Some(node), None);
        self.name(number, from, None, Some(folder));
    }

    fn change(&mut self, call: usize, file: i64, change: Change) {
        if let Some(open) = self.open.get(&file) {
            self.nodes[open.node].push(call, change);
        }
    }

    fn name(&mut self, call: usize, path: &Path, to: Option<usize>, with: Option<usize>) {
        let folder = self.find(path.parent().expect("it is below the folder"));
        let name = path.file_name().expect("it has a name").to_owned();
        self.nodes[folder].push(call, Change::Name { name, to, with });
    }

    fn add(&mut self, durable: Durable) -> usize {
        self.nodes.push(Node::new(durable));
        self.nodes.len() - 1
    }

    fn find(&self, path: &Path) -> usize {
        self.look(path)
            .unwrap_or_else(|| panic!("{} is not on the tape", path.display()))
    }

    fn look(&self, path: &Path) -> Option<usize> {
        path.components().try_fold(ROOT, |folder, name| match name {
            Component::Normal(name) => self.nodes[folder].child(name),
            _ => Some(folder),
        })
    }

    /// What is covered is durable; and so is, of a rename whose old name is durably gone, the new one.
    fn settle(&mut self, id: usize, covered: &[usize]) {
        let mut made = Vec::new();
        for pending in self.nodes[id].take(covered) {
            if let Change::Name {
                with: Some(folder), ..
            } = pending.change
            {
                made.push((folder, pending.call));
            }
            self.nodes[id].durable.take(pending.change);
        }
        for half in made {
            let with_it: Vec<usize> = self.up_to(half).collect();
            for pending in self.nodes[half.0].take(&with_it) {
                self.nodes[half.0].durable.take(pending.change);
            }
        }
    }
}

/// The two halves of a rename: in which folder, by which call.
struct Halves {
    removed: (usize, usize),
    made: (usize, usize),
}
