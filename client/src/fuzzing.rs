//! Doors for the fuzzer to what stands behind a seal or is kept on the device. Only with the feature `fuzzing`.

use std::collections::HashSet;

use postern_crypto::node::{Content, File, Folder, Node};
use postern_crypto::{ContentKey, FolderKey};
use postern_protocol::volume::VolumeChange;
use postern_protocol::{NodeId, VolumeId};

use crate::drive::{Seat, Tree, TreeRoot, seal};
use crate::surroundings::{Entropy, Rng};
use crate::transfer::{Notes, PartDone, PartJob};

const VOLUME: VolumeId = VolumeId([7; 16]);
/// Nodes that a made-up tree has at most: few, so that they meet.
const NODES: u8 = 24;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// What workers tell each other, and what is noted of an upload.
pub fn kept(data: &[u8]) {
    if let Ok(job) = PartJob::decode(data) {
        assert_eq!(PartJob::decode(&job.encode()), Ok(job));
    }
    if let Ok(done) = PartDone::decode(data) {
        assert_eq!(*done.encode(), data, "one encoding for each value");
    }
    if let Ok(notes) = Notes::decode(data) {
        assert_eq!(Notes::decode(&notes.encode()), Ok(notes));
    }
}

/// Any tree that somebody with all keys could make: four bytes for each change, and a page ends where the fourth says so.
/// Whatever the tree takes in hangs together, and what was shown once goes with its node.
pub fn tree(data: &[u8]) {
    let root = TreeRoot {
        volume: VOLUME,
        node: id(0),
        key: key(0),
        generation: 1,
    };
    let mut tree = Tree::new(root);
    for page in data.chunk_by(|_, next| *next != 0xff).take(64) {
        let changes = page.chunks_exact(4).map(change);
        if tree.apply(changes).is_err() {
            return;
        }
        check(&tree);
    }
}

fn check(tree: &Tree) {
    let below = tree.subtree(id(0));
    let distinct: HashSet<NodeId> = below.iter().copied().collect();
    assert_eq!(distinct.len(), below.len(), "a node hangs in one place");
    for number in 1..NODES {
        let there = tree.record(id(number)).is_some();
        assert_eq!(
            there,
            distinct.contains(&id(number)),
            "what is there can be reached"
        );
        assert_eq!(there, tree.node(id(number)).is_some(), "and is open");
    }
}

fn change(bytes: &[u8]) -> VolumeChange {
    let [node, parent, seq, kind] = [bytes[0], bytes[1], bytes[2], bytes[3]];
    let (node, parent) = (id(node % NODES), parent % NODES);
    let Some(made) = made(node, kind) else {
        return VolumeChange::Delete { node, counter: 1 };
    };
    let seat = Seat {
        volume: VOLUME,
        parent: id(parent),
        key: &key(parent),
        generation: 1,
    };
    let record = seal(&made, node, u64::from(seq), &seat, &mut Rng(&Zeros));
    VolumeChange::Put { record, counter: 1 }
}

/// Nothing, a folder, or a file; two of one name now and then.
fn made(node: NodeId, kind: u8) -> Option<Node> {
    let name = format!("name {}", kind % 8);
    let folder = || Folder {
        name: name.clone(),
        mtime_ms: 0,
        key: key(node.0[0]),
        generation: 1,
    };
    let content = Content {
        id: node.0,
        key: ContentKey::from_bytes([1; 32]),
        size: 0,
        chunks: 1,
        digest: [0; 32],
    };
    match kind % 4 {
        0 => None,
        1 => Some(Node::Folder(folder())),
        _ => Some(Node::File(File {
            name,
            mtime_ms: 0,
            media_type: String::new(),
            content,
        })),
    }
}

fn id(number: u8) -> NodeId {
    NodeId([number; 16])
}

fn key(number: u8) -> FolderKey {
    FolderKey::from_bytes([number + 1; 32])
}
