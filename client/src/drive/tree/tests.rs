//! Shapes that only somebody with the folder keys could make: a sharer with another program, or a bug of ours.

use std::rc::Rc;

use postern_crypto::ContentKey;
use postern_crypto::node::Content;

use super::*;
use crate::device::MemoryDevice;
use crate::drive::sealed::{Seat, seal};
use crate::surroundings::{Clock, Surroundings};
use postern_protocol::TimeMs;
use postern_protocol::volume::NodeKind;

const VOLUME: VolumeId = VolumeId([7; 16]);

struct Stopped;

#[async_trait::async_trait(?Send)]
impl Clock for Stopped {
    fn now(&self) -> TimeMs {
        TimeMs(0)
    }
    async fn sleep_ms(&self, _ms: u64) {}
}

struct Nobody;

#[async_trait::async_trait(?Send)]
impl crate::http::Http for Nobody {
    async fn send(
        &self,
        _: crate::http::Request,
    ) -> std::result::Result<crate::http::Response, crate::http::Fault> {
        Err(crate::http::Fault::NoAnswer)
    }
}

fn around() -> Surroundings {
    Surroundings {
        http: Rc::new(Nobody),
        origin: String::new(),
        device: Rc::new(MemoryDevice::default()),
        clock: Rc::new(Stopped),
        entropy: Rc::new(std::cell::RefCell::new(rand::rng())),
        label: String::new(),
    }
}

fn id(number: u32) -> NodeId {
    let mut id = [0; 16];
    id[12..].copy_from_slice(&number.to_be_bytes());
    NodeId(id)
}

fn key(number: u32) -> FolderKey {
    let mut key = [1; 32];
    key[..4].copy_from_slice(&number.to_be_bytes());
    FolderKey::from_bytes(key)
}

/// An empty tree whose root is node 0.
fn empty() -> Tree {
    Tree::new(TreeRoot {
        volume: VOLUME,
        node: id(0),
        key: key(0),
        generation: 1,
    })
}

/// A folder as its parent's key seals it.
fn folder(around: &Surroundings, node: u32, parent: u32, seq: u64) -> VolumeChange {
    named(around, node, parent, seq, &format!("folder {node}"))
}

fn named(around: &Surroundings, node: u32, parent: u32, seq: u64, name: &str) -> VolumeChange {
    let folder = Folder {
        name: name.to_owned(),
        mtime_ms: 0,
        key: key(node),
        generation: 1,
    };
    put(around, &Node::Folder(folder), node, parent, seq)
}

fn file(around: &Surroundings, node: u32, parent: u32, seq: u64) -> VolumeChange {
    let content = Content {
        id: [9; 16],
        key: ContentKey::from_bytes([9; 32]),
        size: 0,
        chunks: 1,
        digest: [0; 32],
    };
    let file = File {
        name: "file".to_owned(),
        mtime_ms: 0,
        media_type: String::new(),
        content,
    };
    put(around, &Node::File(file), node, parent, seq)
}

fn put(around: &Surroundings, node: &Node, number: u32, parent: u32, seq: u64) -> VolumeChange {
    let parent_key = key(parent);
    let seat = Seat {
        volume: VOLUME,
        parent: id(parent),
        key: &parent_key,
        generation: 1,
    };
    VolumeChange::Put {
        counter: 1,
        record: seal(node, id(number), seq, &seat, &mut around.rng()),
    }
}

fn delete(node: u32) -> VolumeChange {
    VolumeChange::Delete {
        counter: 1,
        node: id(node),
    }
}

#[test]
fn a_volume_has_so_many_nodes_and_not_one_more() {
    let most = usize::try_from(MAX_VOLUME_NODES).expect("fits");
    assert!(check_count(most).is_ok());
    assert!(matches!(check_count(most + 1), Err(Error::NotAuthentic)));
}

#[test]
fn records_may_come_in_any_order() {
    let around = around();
    let mut tree = empty();
    tree.apply([
        file(&around, 3, 2, 1),
        folder(&around, 2, 1, 1),
        folder(&around, 1, 0, 1),
    ])
    .expect("a tree");
    assert_eq!(tree.path_up(id(3)), Ok(vec![id(3), id(2), id(1), id(0)]));
    assert_eq!(tree.subtree(id(1)), [id(3), id(2), id(1)]);
    assert_eq!(tree.child(id(2), "file"), Some(id(3)));
}

#[test]
fn c4_a_cycle_is_refused() {
    let around = around();
    assert_eq!(
        empty().apply([folder(&around, 1, 1, 1)]),
        Err(Error::NotAuthentic)
    );
    assert_eq!(
        empty().apply([folder(&around, 1, 2, 1), folder(&around, 2, 1, 1)]),
        Err(Error::NotAuthentic)
    );
    let mut tree = empty();
    tree.apply([folder(&around, 1, 0, 1), folder(&around, 2, 1, 1)])
        .expect("a tree");
    assert_eq!(tree.apply([folder(&around, 1, 2, 2)]), Err(Error::NotAuthentic));
}

#[test]
fn c4_a_chain_of_100_000_folders_is_refused_without_a_deep_stack() {
    let around = around();
    let chain: Vec<_> = (1..=100_000).map(|node| unsealed(node, node - 1)).collect();
    assert_eq!(empty().apply(chain), Err(Error::NotAuthentic));
    let deepest = u32::try_from(MAX_DEPTH).expect("256");
    let mut tree = empty();
    tree.apply((1..=deepest).map(|node| folder(&around, node, node - 1, 1)))
        .expect("the deepest that may be");
    assert_eq!(
        tree.apply([folder(&around, deepest + 1, deepest, 1)]),
        Err(Error::NotAuthentic)
    );
}

/// Where shape is refused before anything is opened, sealing would only cost time.
fn unsealed(node: u32, parent: u32) -> VolumeChange {
    let (kind, sealed) = (NodeKind::Folder, vec![0; 100].into());
    let record = Record {
        node: id(node),
        parent: id(parent),
        kind,
        generation: 1,
        seq: 1,
        content: None,
        sealed,
    };
    VolumeChange::Put { counter: 1, record }
}

#[test]
fn c4_moving_a_folder_cannot_push_what_is_in_it_too_deep() {
    let around = around();
    let deepest = u32::try_from(MAX_DEPTH).expect("256");
    let mut tree = empty();
    tree.apply((1..deepest).map(|node| folder(&around, node, node - 1, 1)))
        .expect("one less than may be");
    tree.apply([folder(&around, 1_000, 0, 1), folder(&around, 1_001, 1_000, 1)])
        .expect("beside it");
    assert_eq!(
        tree.apply([folder(&around, 1_000, deepest - 1, 2)]),
        Err(Error::NotAuthentic)
    );
}

#[test]
fn c4_nothing_hangs_in_a_file_or_in_what_is_gone() {
    let around = around();
    assert_eq!(
        empty().apply([file(&around, 1, 0, 1), folder(&around, 2, 1, 1)]),
        Err(Error::NotAuthentic)
    );
    let mut tree = empty();
    tree.apply([folder(&around, 1, 0, 1), file(&around, 2, 1, 1)])
        .expect("a tree");
    assert_eq!(tree.apply([delete(1)]), Err(Error::NotAuthentic));
}

#[test]
fn c2_what_is_in_a_folder_opens_with_its_present_key_only() {
    let around = around();
    let tree = || {
        let mut tree = empty();
        tree.apply([
            folder(&around, 1, 0, 1),
            folder(&around, 2, 1, 1),
            file(&around, 3, 2, 1),
        ])
        .expect("a tree");
        tree
    };
    let sealed_anew = |key_number, generation| {
        let folder = Folder {
            name: "folder 1".to_owned(),
            mtime_ms: 0,
            key: key(key_number),
            generation,
        };
        put(&around, &Node::Folder(folder), 1, 0, 2)
    };
    // What is in it was left under the key that it had.
    for (key_number, generation) in [(101, 1), (1, 2), (101, 2)] {
        let change = [sealed_anew(key_number, generation)];
        assert_eq!(tree().apply(change), Err(Error::NotAuthentic));
    }
    let (old_key, new_key) = (key(1), key(101));
    for (parent_key, outcome) in [(&new_key, Ok(())), (&old_key, Err(Error::NotAuthentic))] {
        let inner = Folder {
            name: "folder 2".to_owned(),
            mtime_ms: 0,
            key: key(2),
            generation: 1,
        };
        let seat = Seat {
            volume: VOLUME,
            parent: id(1),
            key: parent_key,
            generation: 1,
        };
        let record = seal(&Node::Folder(inner), id(2), 2, &seat, &mut around.rng());
        let change = [sealed_anew(101, 1), VolumeChange::Put { counter: 1, record }];
        assert_eq!(tree().apply(change), outcome);
    }
    tree().apply([sealed_anew(1, 1)]).expect("the same key");
    assert_eq!(tree().apply([file(&around, 1, 0, 2)]), Err(Error::NotAuthentic));
}

#[test]
fn b8_a_record_cannot_come_back_in_an_older_version() {
    let around = around();
    let mut tree = empty();
    let (old, new) = (named(&around, 1, 0, 1, "old"), named(&around, 1, 0, 2, "new"));
    tree.apply([old.clone()]).expect("a tree");
    tree.apply([new.clone()]).expect("renamed");
    tree.apply([new]).expect("the same again says nothing new");
    assert_eq!(tree.child(id(0), "old"), None);
    assert_eq!(tree.apply([old]), Err(Error::NotAuthentic));
}

#[test]
fn the_set_hash_does_not_depend_on_the_way_there() {
    let around = around();
    let (one, two) = (folder(&around, 1, 0, 1), folder(&around, 2, 0, 1));
    let (mut straight, mut round) = (empty(), empty());
    straight.apply([two.clone()]).expect("a tree");
    round.apply([one, two]).expect("a tree");
    round.apply([delete(1)]).expect("a tree");
    assert_eq!(straight.set().digest(), round.set().digest());
}

#[test]
fn b11_two_children_of_one_name_both_survive() {
    let around = around();
    let mut tree = empty();
    tree.apply([
        named(&around, 1, 0, 1, "Café"),
        named(&around, 2, 0, 1, "Cafe\u{301}"),
        named(&around, 3, 0, 1, "../x"),
    ])
    .expect("a tree");
    let names: Vec<_> = tree
        .children(id(0))
        .map(|(name, node)| (name.to_owned(), node))
        .collect();
    assert_eq!(
        names,
        [
            (".._x".to_owned(), id(3)),
            ("Café".to_owned(), id(1)),
            ("Café".to_owned(), id(2))
        ]
    );
}
