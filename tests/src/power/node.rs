//! A file or a folder: what of it is durable, and what is not yet.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use super::mood::{Mood, place, write};
use crate::Dice;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) durable: Durable,
    pub(super) pending: Vec<Pending>,
}

#[derive(Debug)]
pub(super) enum Durable {
    Folder(BTreeMap<OsString, usize>),
    File(Vec<u8>),
}

/// A change that no sync has covered yet.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) call: usize,
    pub(super) ended: bool,
    pub(super) change: Change,
}

#[derive(Debug)]
pub(super) enum Change {
    Write {
        at: u64,
        bytes: Vec<u8>,
    },
    Resize(u64),
    Reserve(u64),
    /// A name leads to another node, or to none. One that a rename removes goes only if the new one, in the folder
    /// `with`, has come.
    Name {
        name: OsString,
        to: Option<usize>,
        with: Option<usize>,
    },
}

impl Node {
    pub(super) fn new(durable: Durable) -> Self {
        Self {
            durable,
            pending: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, call: usize, change: Change) {
        self.pending.push(Pending {
            call,
            ended: false,
            change,
        });
    }

    pub(super) fn take(&mut self, calls: &[usize]) -> Vec<Pending> {
        let all = std::mem::take(&mut self.pending);
        let (taken, left) = all.into_iter().partition(|pending| calls.contains(&pending.call));
        self.pending = left;
        taken
    }

    pub(super) fn named(&self) -> impl Iterator<Item = (&Pending, &OsString)> {
        self.pending.iter().filter_map(|pending| match &pending.change {
            Change::Name { name, .. } => Some((pending, name)),
            _ => None,
        })
    }

    pub(super) fn child(&self, name: &OsStr) -> Option<usize> {
        let last = self
            .pending
            .iter()
            .rev()
            .find_map(|pending| match &pending.change {
                Change::Name {
                    name: changed, to, ..
                } if changed == name => Some(*to),
                _ => None,
            });
        match (&self.durable, last) {
            (_, Some(to)) => to,
            (Durable::Folder(names), None) => names.get(name).copied(),
            (Durable::File(_), None) => None,
        }
    }

    pub(super) fn names(
        &self,
        durable: &BTreeMap<OsString, usize>,
        kept: impl Fn(&Pending) -> bool,
    ) -> BTreeMap<OsString, usize> {
        let mut names = durable.clone();
        for pending in self.pending.iter().filter(|pending| kept(pending)) {
            if let Change::Name { name, to, .. } = &pending.change {
                lead(&mut names, name.clone(), *to);
            }
        }
        names
    }

    pub(super) fn bytes(&self, durable: &[u8], mood: Mood, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = durable.to_vec();
        for pending in &self.pending {
            match &pending.change {
                Change::Write { at, bytes: written } => mood.write(&mut bytes, *at, written, dice),
                change if mood.keeps_bytes(dice) => resize(&mut bytes, change),
                _ => {}
            }
        }
        bytes
    }

    pub(super) fn size(&self) -> u64 {
        match &self.durable {
            Durable::File(bytes) => self.bytes(bytes, Mood::KeepsAll, &mut Dice::seeded(0)).len() as u64,
            Durable::Folder(_) => 0,
        }
    }
}

impl Pending {
    pub(super) fn makes_name(&self) -> bool {
        matches!(self.change, Change::Name { to: Some(_), .. })
    }
}

impl Durable {
    pub(super) fn take(&mut self, change: Change) {
        match (self, change) {
            (Self::File(bytes), Change::Write { at, bytes: written }) => write(bytes, at, &written),
            (Self::File(bytes), change) => resize(bytes, &change),
            (Self::Folder(names), Change::Name { name, to, .. }) => lead(names, name, to),
            (Self::Folder(_), _) => {}
        }
    }
}

fn resize(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Resize(size) => bytes.resize(place(*size), 0),
        Change::Reserve(size) => bytes.resize(bytes.len().max(place(*size)), 0),
        Change::Write { .. } | Change::Name { .. } => {}
    }
}

fn lead(names: &mut BTreeMap<OsString, usize>, name: OsString, to: Option<usize>) {
    match to {
        Some(node) => names.insert(name, node),
        None => names.remove(&name),
    };
}
