//! Changes of the tree: by one device, by both at once, with trouble on the way.

use futures::future::join;
use postern_client::Result;
use postern_client::protocol::NodeId;

use super::Verb;
use super::life::{Life, pick};
use super::look::everything;
use super::model::{Change, Id, Model, ROOT};
use super::wire::Trouble;
use crate::world::put;

/// What came of a change: what the person is told, and the tree after it.
type Outcome = (Result<()>, Model);

/// One change of several, with what came of it.
struct Done<'c> {
    who: usize,
    change: &'c Change,
    told: Result<()>,
    after: Model,
}

impl Life<'_> {
    pub(super) async fn change_tree(&mut self, who: usize, verb: &Verb, trouble: Option<Trouble>) {
        let Some(change) = self.choose(who, verb) else {
            return;
        };
        let (expected, after) = self.foresee(who, &change, &self.truth);
        let device = &self.devices[who];
        device.wire.expects(trouble);
        let told = self.perform(who, &change).await;
        if device.wire.is_dead() {
            return self
                .settle_tree(who, &change, expected.is_ok().then_some(after))
                .await;
        }
        device.wire.recovers();
        let sent = device.wire.sent();
        assert_eq!(told.clone().map(drop), expected, "{change:?} after {sent:?}");
        let stale = self.is_stale(who) && self.view(who).after(&change).is_ok();
        if expected.is_ok() || stale {
            self.devices[who].seen = Some(after.clone());
        } else if self.devices[who].seen.is_none() {
            self.devices[who].seen = Some(self.truth.clone());
        }
        if let Ok(made) = told {
            self.become_true(&change, after, made);
        }
    }

    /// A device died in the middle: it has happened, or it has not.
    pub(super) async fn settle_tree(&mut self, who: usize, change: &Change, happened: Option<Model>) {
        self.devices[who].start_again().await.expect("it stays signed in");
        let found = everything(&self.devices[who].drive).await;
        if found != self.truth.paths(ROOT) {
            let after = happened.unwrap_or_else(|| panic!("{change:?} was to be refused: {found:?}"));
            assert_eq!(after.paths(ROOT), found, "{change:?} is there by halves");
            self.become_true(change, after, None);
        } else if let Some(after) = happened.filter(|after| after.paths(ROOT) == found) {
            // Seen or not: nobody could tell.
            self.truth = after;
        }
        for who in [0, 1] {
            self.sync(who).await;
        }
        self.learn_nodes().await;
    }

    pub(super) async fn change_at_once(&mut self, one: &Verb, other: &Verb) {
        for who in [0, 1] {
            if self.devices[who].seen.is_none() {
                self.sync(who).await;
            }
        }
        let (Some(one), Some(other)) = (self.choose(0, one), self.choose(1, other)) else {
            return;
        };
        let told = join(self.perform(0, &one), self.perform(1, &other)).await;
        let told = [told.0.map(drop), told.1.map(drop)];
        self.devices[0].drive.refresh().await.expect("the tree is whole");
        let found = everything(&self.devices[0].drive).await;
        let orders = [[(0, &one), (1, &other)], [(1, &other), (0, &one)]].map(|order| self.in_order(order));
        let is_it = |steps: &[Done<'_>; 2]| {
            let answers_fit = steps.iter().all(|step| step.told == told[step.who]);
            answers_fit && steps[1].after.paths(ROOT) == found
        };
        let Some(steps) = orders.into_iter().find(is_it) else {
            panic!("{one:?} and {other:?} at once: {told:?}, and then there is {found:?}");
        };
        for step in steps.iter().filter(|step| step.told.is_ok()) {
            self.rename_links(step.change, &step.after);
        }
        let [_, Done { after: end, .. }] = steps;
        self.truth = end;
        for who in [0, 1] {
            self.sync(who).await;
        }
        self.learn_nodes().await;
    }

    fn in_order<'c>(&self, order: [(usize, &'c Change); 2]) -> [Done<'c>; 2] {
        let mut truth = self.truth.clone();
        order.map(|(who, change)| {
            let (told, after) = self.foresee(who, change, &truth);
            truth = after.clone();
            Done {
                who,
                change,
                told,
                after,
            }
        })
    }

    /// What a device refuses by what it has seen, it refuses at once. What it sends is judged by what is there.
    pub(super) fn foresee(&self, who: usize, change: &Change, truth: &Model) -> Outcome {
        let outcome = self.view(who).after(change).and_then(|_| match change {
            // That it is gone is all that was wanted.
            Change::Remove { node } if !truth.has(*node) => Ok(truth.clone()),
            _ => truth.after(change),
        });
        match outcome {
            Ok(after) => (Ok(()), after),
            Err(error) => (Err(error), truth.clone()),
        }
    }

    pub(super) fn choose(&mut self, who: usize, verb: &Verb) -> Option<Change> {
        let id = self.next;
        self.next += 1;
        let view = self.view(who);
        let folder = |which: u8| *pick(&view.folders(), which).expect("there is a root");
        let node = |which: u8| pick(&view.ids(), which).copied();
        let name = |which: u8| ["a", "b", "c", "d"][usize::from(which)].to_owned();
        Some(match *verb {
            Verb::Put {
                folder: at,
                name: called,
            } => Change::Put {
                id,
                folder: folder(at),
                name: name(called),
                bytes: format!("text {id}").into_bytes(),
            },
            Verb::MakeFolder {
                folder: at,
                name: called,
            } => Change::MakeFolder {
                id,
                folder: folder(at),
                name: name(called),
            },
            Verb::Rename {
                node: which,
                name: called,
            } => Change::Rename {
                node: node(which)?,
                name: name(called),
            },
            Verb::Move {
                node: which,
                folder: to,
            } => Change::Move {
                node: node(which)?,
                folder: folder(to),
            },
            Verb::Remove { node: which } => Change::Remove { node: node(which)? },
        })
    }

    /// Answers the node that was made.
    pub(super) async fn perform(&self, who: usize, change: &Change) -> Result<Option<NodeId>> {
        let drive = &self.devices[who].drive;
        let node = |id: &Id| self.nodes[id];
        match change {
            Change::Put {
                folder, name, bytes, ..
            } => put(drive, node(folder), name, bytes).await.map(Some),
            Change::MakeFolder { folder, name, .. } => drive.make_folder(node(folder), name).await.map(Some),
            Change::Rename { node: which, name } => drive.rename(node(which), name).await.map(|()| None),
            Change::Move { node: which, folder } => {
                drive.relocate(&[node(which)], node(folder)).await.map(|()| None)
            }
            Change::Remove { node: which } => drive.remove(&[node(which)]).await.map(|()| None),
        }
    }

    pub(super) fn become_true(&mut self, change: &Change, after: Model, made: Option<NodeId>) {
        self.rename_links(change, &after);
        if let (Change::Put { folder, name, .. } | Change::MakeFolder { folder, name, .. }, Some(made)) =
            (change, made)
        {
            let id = after.child(*folder, name).expect("it was just made");
            let before = self.nodes.insert(id, made);
            assert!(
                before.is_none_or(|before| before == made),
                "a file that is replaced stays the same"
            );
        }
        self.truth = after;
    }

    /// After nobody knew what was made: where the model has a node, there is one.
    pub(super) async fn learn_nodes(&mut self) {
        for id in self.truth.ids() {
            let node = self.devices[0]
                .drive
                .resolve(&self.truth.path(id, ROOT))
                .await
                .expect("it is there");
            let before = self.nodes.insert(id, node);
            assert!(
                before.is_none_or(|before| before == node),
                "another node in its place"
            );
        }
    }
}
