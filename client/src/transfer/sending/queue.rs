//! What waits to be sent, and what is on its way: small files in bundles, the others one by one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use futures::channel::oneshot;
use futures::stream::{AbortHandle, AbortRegistration};
use postern_protocol::NodeId;

use super::Outgoing;
use crate::transfer::bundle::Room;
use crate::transfer::{DEFAULT_WIDTH, Way};

/// The line is cut into so many places. In a browser there are fewer: what is on its way lies in memory there twice.
const PLACES: usize = if cfg!(target_arch = "wasm32") { 4 } else { 8 };
/// So many bundles are on their way at once: one is read and sealed, one is sent, one is written to the server's disk.
const BUNDLES_AT_ONCE: usize = 3;

/// Files that wait, and files on their way.
pub(super) struct Queue<I> {
    waiting: BTreeMap<Turn, Rc<I>>,
    turns: HashMap<NodeId, Turn>,
    running: Vec<Running<I>>,
    numbers: u64,
}

/// Whose turn it is: those who go the same way in the order in which they came.
type Turn = (Way, u64);

/// What is sent as one.
pub(super) struct Job<I> {
    pub(super) number: u64,
    pub(super) items: Vec<Rc<I>>,
    /// Fires when one of them is stopped.
    pub(super) stop: AbortRegistration,
}

struct Running<I> {
    number: u64,
    way: Way,
    items: Vec<(Turn, Rc<I>)>,
    stop: AbortHandle,
    /// Those that shall not be sent, and who waits for that.
    stopped: HashSet<NodeId>,
    told: Vec<oneshot::Sender<()>>,
}

impl<I> Default for Queue<I> {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            turns: HashMap::new(),
            running: Vec::new(),
            numbers: 0,
        }
    }
}

impl<I: Outgoing> Queue<I> {
    /// What was just stopped, and is still winding up, may be added again: it starts over when it has ended.
    pub(super) fn add(&mut self, item: Rc<I>) {
        let id = item.id();
        let is_running = self.running.iter().any(|running| running.sends(id));
        if !is_running && !self.turns.contains_key(&id) {
            let turn = (Way::of(item.size_bytes()), self.number());
            self.put(turn, item);
        }
    }

    fn put(&mut self, turn: Turn, item: Rc<I>) {
        self.turns.insert(item.id(), turn);
        self.waiting.insert(turn, item);
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The next that there is a place for, in the order in which they came: what is small is soon through, and a large
    /// file fills most of the line by itself.
    pub(super) fn next(&mut self) -> Option<Job<I>> {
        let taken: usize = self.running.iter().map(|running| places(running.way)).sum();
        let bundles = self.running.iter().filter(|running| running.way == Way::Bundled);
        let may_bundle = bundles.count() < BUNDLES_AT_ONCE;
        let has_place = |way: Way| taken == 0 || taken + places(way) <= PLACES;
        let ways = [Way::Bundled, Way::Whole, Way::InParts];
        let may_go = |way: &Way| has_place(*way) && (may_bundle || *way != Way::Bundled);
        ways.into_iter().filter(may_go).find_map(|way| self.begin(way))
    }

    /// Whether something waits or is on its way that goes so.
    pub(super) fn has(&self, way: Way) -> bool {
        let waits = self.turns_of(way).next().is_some();
        waits || self.running.iter().any(|running| running.way == way)
    }

    fn turns_of(&self, way: Way) -> impl Iterator<Item = (&Turn, &Rc<I>)> {
        self.waiting.range((way, 0)..=(way, u64::MAX))
    }

    fn begin(&mut self, way: Way) -> Option<Job<I>> {
        let items = self.take(way);
        if items.is_empty() {
            return None;
        }
        let number = self.number();
        let (stop, registration) = AbortHandle::new_pair();
        let job = Job {
            number,
            items: items.iter().map(|(_, item)| Rc::clone(item)).collect(),
            stop: registration,
        };
        self.running.push(Running {
            number,
            way,
            items,
            stop,
            stopped: HashSet::new(),
            told: Vec::new(),
        });
        Some(job)
    }

    /// The first that waits, and if that is small, as many more as go with it.
    fn take(&mut self, way: Way) -> Vec<(Turn, Rc<I>)> {
        let winding_up: HashSet<_> = self.running.iter().flat_map(|running| &running.stopped).collect();
        let (mut room, mut items) = (Room::default(), Vec::new());
        for (turn, item) in self
            .turns_of(way)
            .filter(|(_, item)| !winding_up.contains(&item.id()))
        {
            let goes_along = way == Way::Bundled && room.has(item.size_bytes());
            if !items.is_empty() && !goes_along {
                break;
            }
            room.take(item.size_bytes());
            items.push((*turn, Rc::clone(item)));
        }
        for (turn, item) in &items {
            self.waiting.remove(turn);
            self.turns.remove(&item.id());
        }
        items
    }

    /// Takes a file out, and answers how to wait for the end of what it is in.
    pub(super) fn stop(&mut self, id: NodeId) -> Option<oneshot::Receiver<()>> {
        if let Some(turn) = self.turns.remove(&id) {
            self.waiting.remove(&turn);
        }
        let running = self.running.iter_mut().find(|running| running.holds(id))?;
        running.stopped.insert(id);
        running.stop.abort();
        let (tell, told) = oneshot::channel();
        running.told.push(tell);
        Some(told)
    }

    /// A job has ended. If it was stopped because of some of its files, the others wait again, before all that came later.
    pub(super) fn end(&mut self, number: u64) {
        let Some(at) = self.running.iter().position(|running| running.number == number) else {
            return;
        };
        let ended = self.running.swap_remove(at);
        if ended.stop.is_aborted() {
            for (turn, item) in ended.items {
                if !ended.stopped.contains(&item.id()) {
                    self.put(turn, item);
                }
            }
        }
        for tell in ended.told {
            let _ = tell.send(());
        }
    }

    /// Takes everything out.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.turns.clear();
        for running in &mut self.running {
            running.stopped = running.items.iter().map(|(_, item)| item.id()).collect();
            running.stop.abort();
        }
    }
}

impl<I: Outgoing> Running<I> {
    fn holds(&self, id: NodeId) -> bool {
        self.items.iter().any(|(_, item)| item.id() == id)
    }

    /// It is being sent, and nobody has stopped it.
    fn sends(&self, id: NodeId) -> bool {
        self.holds(id) && !self.stopped.contains(&id)
    }
}

/// How much of the line it fills.
const fn places(way: Way) -> usize {
    match way {
        Way::Bundled | Way::Whole => 1,
        Way::InParts if DEFAULT_WIDTH < PLACES => DEFAULT_WIDTH,
        Way::InParts => PLACES,
    }
}
