//! Volumes and their changes.

use std::collections::HashMap;

use async_trait::async_trait;
use postern_domain::store::batch::{
    Effects, Live, Node, Touched, changed_nodes, feed, judge, named_contents, repeated_or_conflict,
};
use postern_domain::store::{BatchOutcome, NewAccount, NewBatch, Result, VolumeRow, VolumeStore};
use postern_protocol::volume::{Cursor, Record, VolumeChange, VolumePage};
use postern_protocol::{NodeId, TimeMs, VolumeId};

use super::{Held, MemoryRecords};
use crate::answers::page;

#[derive(Debug)]
pub(super) struct Volume {
    pub(super) row: VolumeRow,
    pub(super) nodes: HashMap<NodeId, Entry>,
}

#[derive(Debug)]
pub(super) struct Entry {
    counter: u64,
    seq: u64,
    /// `None` for a tombstone.
    pub(super) record: Option<Record>,
}

#[async_trait]
impl VolumeStore for MemoryRecords {
    async fn volume(&self, volume: VolumeId) -> Result<Option<VolumeRow>> {
        Ok(self.held().volumes.get(&volume).map(|volume| volume.row.clone()))
    }

    async fn apply_batch(&self, batch: &NewBatch) -> Result<BatchOutcome> {
        let mut held = self.held();
        let volume = held.volumes.get(&batch.volume).map(|volume| volume.row.clone());
        let Some(volume) = volume.filter(|volume| volume.account == batch.account) else {
            return Ok(BatchOutcome::NoVolume);
        };
        if volume.counter != batch.expected {
            return Ok(repeated_or_conflict(batch, &volume));
        }
        let effects = match judge(batch, &held.touched(batch)) {
            Ok(effects) => effects,
            Err(refusal) => return Ok(BatchOutcome::Refused(refusal)),
        };
        if let Some(state) = &batch.state {
            let version = held.version(batch.account, state.kind);
            if version + 1 != state.version {
                return Ok(BatchOutcome::StateConflict { version });
            }
            held.replace_object(batch.account, state);
        }
        held.carry_out(batch, &effects);
        held.note(batch.account, feed(batch, &effects));
        Ok(BatchOutcome::Applied)
    }

    async fn volume_page(
        &self,
        volume: VolumeId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Option<VolumePage>> {
        let held = self.held();
        let Some(volume) = held.volumes.get(&volume) else {
            return Ok(None);
        };
        let mut changes = volume.changes(after);
        let more = changes.len() > limit as usize;
        changes.truncate(limit as usize);
        Ok(Some(page(volume.row.clone(), changes, more)))
    }
}

impl Volume {
    pub(super) fn new(account: &NewAccount) -> Self {
        let row = VolumeRow {
            id: account.volume,
            account: account.id,
            counter: 0,
            head: account.head.clone(),
            nodes: 0,
            root: None,
        };
        Self {
            row,
            nodes: HashMap::new(),
        }
    }

    pub(super) fn record(&self, node: NodeId) -> Option<&Record> {
        self.nodes.get(&node)?.record.as_ref()
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        self.nodes.values().filter_map(|entry| entry.record.as_ref())
    }

    fn changes(&self, after: Option<Cursor>) -> Vec<VolumeChange> {
        let wanted = |(node, entry): &(&NodeId, &Entry)| match after {
            None => entry.record.is_some(),
            Some(Cursor { counter, node: None }) => entry.counter >= counter,
            Some(Cursor {
                counter,
                node: Some(last),
            }) => (entry.counter, **node) > (counter, last),
        };
        let mut entries: Vec<_> = self.nodes.iter().filter(wanted).collect();
        entries.sort_by_key(|(node, entry)| (entry.counter, **node));
        entries
            .into_iter()
            .map(|(node, entry)| change(*node, entry))
            .collect()
    }
}

fn change(node: NodeId, entry: &Entry) -> VolumeChange {
    let counter = entry.counter;
    match entry.record.clone() {
        Some(record) => VolumeChange::Put { counter, record },
        None => VolumeChange::Delete { counter, node },
    }
}

impl Held {
    fn touched(&self, batch: &NewBatch) -> Touched {
        let volume = &self.volumes[&batch.volume];
        let mut touched = Touched {
            root: volume.row.root,
            count: volume.row.nodes,
            ..Touched::default()
        };
        loop {
            let unseen = touched.unseen(batch);
            if unseen.is_empty() {
                break;
            }
            touched
                .nodes
                .extend(unseen.into_iter().map(|id| (id, volume.nodes.get(&id).map(node))));
        }
        let orphaned = volume
            .records()
            .filter(|record| batch.deletes.contains(&record.parent));
        touched.children = orphaned.map(|record| record.node).collect();
        let there = |content: &_| self.is_there(batch.account, *content);
        touched.contents = named_contents(batch).into_iter().filter(there).collect();
        touched.links = self.touched_links(batch);
        touched
    }

    fn touched_links(&self, batch: &NewBatch) -> Vec<(postern_protocol::LinkId, NodeId)> {
        let changed = changed_nodes(batch);
        let into = self
            .links
            .values()
            .filter(|link| link.volume == batch.volume && link.revoked.is_none());
        let touched = into.filter(|link| {
            changed.contains(&link.node) || batch.rewraps.iter().any(|rewrap| rewrap.id == link.id)
        });
        touched.map(|link| (link.id, link.node)).collect()
    }

    fn carry_out(&mut self, batch: &NewBatch, effects: &Effects) {
        let counter = batch.expected + 1;
        if let Some(volume) = self.volumes.get_mut(&batch.volume) {
            for put in &batch.puts {
                let entry = Entry {
                    counter,
                    seq: put.seq,
                    record: Some(put.clone()),
                };
                volume.nodes.insert(put.node, entry);
            }
            for node in &batch.deletes {
                let seq = volume.nodes.get(node).map(|entry| entry.seq).unwrap_or_default();
                volume.nodes.insert(
                    *node,
                    Entry {
                        counter,
                        seq,
                        record: None,
                    },
                );
            }
            volume.row.counter = counter;
            volume.row.head = batch.head.clone();
            volume.row.nodes = effects.count;
            volume.row.root = effects.root;
        }
        self.change_links(batch, effects, batch.now);
        self.attach(batch.account, &effects.attached);
        self.detach(batch.account, &effects.detached, batch.now);
    }

    fn change_links(&mut self, batch: &NewBatch, effects: &Effects, now: TimeMs) {
        for rewrap in &batch.rewraps {
            if let Some(link) = self.links.get_mut(&rewrap.id) {
                link.wrap = rewrap.wrap.clone();
            }
        }
        for link in &effects.revoked {
            self.forget_link(*link, now);
        }
    }
}

fn node(entry: &Entry) -> Node {
    let live = |record: &Record| Live {
        parent: record.parent,
        kind: record.kind,
        content: record.content,
    };
    Node {
        seq: entry.seq,
        live: entry.record.as_ref().map(live),
    }
}
