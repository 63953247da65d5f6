use postern_crypto::head::{HEAD_LEN, Head, Member, head_hash, members_hash};
use postern_crypto::identity::IdentityKey;
use postern_crypto::lthash::{STATE_LEN, SetHash};
use postern_crypto::node::{Content, File, Folder, Node, NodeKind, Place, Record};
use postern_crypto::{ContentKey, Error, FolderKey, Id};
use proptest::prelude::*;

use crate::{damaged, rng};

fn place() -> Place {
    Place {
        volume: [1; 16],
        parent: [2; 16],
        node: [3; 16],
        generation: 4,
        seq: 5,
    }
}

pub(crate) fn file() -> File {
    File {
        name: "Überblick.pdf".into(),
        mtime_ms: -1,
        media_type: "application/pdf".into(),
        content: Content {
            id: [6; 16],
            key: ContentKey::generate(&mut rng(1)),
            size: 7,
            chunks: 1,
            digest: [8; 32],
        },
    }
}

fn record(sealed: &[u8], kind: NodeKind, content: Option<Id>) -> Record<'_> {
    Record {
        place: place(),
        kind,
        content,
        sealed,
    }
}

#[test]
fn a_record_says_what_was_put_into_it() {
    let parent = FolderKey::generate(&mut rng(2));
    let folder = Folder {
        name: "letters".into(),
        mtime_ms: 9,
        key: FolderKey::generate(&mut rng(3)),
        generation: 1,
    };
    let nodes = [Node::File(file()), Node::Folder(folder)];
    assert_eq!(
        nodes.each_ref().map(Node::name),
        [file().name.as_str(), "letters"]
    );
    for node in nodes {
        let sealed = node.seal(&place(), &parent, &mut rng(4));
        assert_eq!(
            record(&sealed, node.kind(), node.content()).open(&parent),
            Ok(node)
        );
    }
}

#[test]
fn c1_a_record_whose_shown_content_is_not_the_one_inside_is_refused() {
    let parent = FolderKey::generate(&mut rng(2));
    let sealed = Node::File(file()).seal(&place(), &parent, &mut rng(4));
    for content in [None, Some([7; 16])] {
        assert_eq!(
            record(&sealed, NodeKind::File, content).open(&parent),
            Err(Error::CannotOpen)
        );
    }
}

#[test]
fn b9_a_record_that_was_touched_does_not_open() {
    let parent = FolderKey::generate(&mut rng(2));
    let sealed = Node::File(file()).seal(&place(), &parent, &mut rng(4));
    assert!(damaged(&sealed).all(|bytes| {
        record(&bytes, NodeKind::File, Some([6; 16]))
            .open(&parent)
            .is_err()
    }));
}

/// Records that differ in one thing that the server shows.
fn neighbours(sealed: &[u8]) -> Vec<Record<'_>> {
    let one = record(sealed, NodeKind::File, Some([6; 16]));
    let at = place();
    let places = [
        Place {
            volume: [9; 16],
            ..at
        },
        Place {
            parent: [9; 16],
            ..at
        },
        Place { node: [9; 16], ..at },
        Place { generation: 9, ..at },
        Place { seq: 9, ..at },
    ];
    let mut all: Vec<_> = places.into_iter().map(|place| Record { place, ..one }).collect();
    all.push(Record {
        kind: NodeKind::Folder,
        ..one
    });
    all.push(Record { content: None, ..one });
    all.push(Record {
        content: Some([0; 16]),
        ..one
    });
    all.push(Record {
        sealed: &sealed[1..],
        ..one
    });
    all.push(one);
    all
}

#[test]
fn c3_everything_that_a_server_shows_of_a_record_is_in_the_set_hash() {
    let records = neighbours(b"a sealed box");
    let mut digests: Vec<_> = records
        .iter()
        .map(|record| {
            let mut set = SetHash::empty();
            set.add(record);
            set.digest()
        })
        .collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), records.len());
}

proptest! {
    #[test]
    fn c3_a_set_hash_knows_no_order_and_forgets_what_is_removed(order in Just((0..10).collect::<Vec<usize>>()).prop_shuffle(), kept in 0_usize..10) {
        let records = neighbours(b"a sealed box");
        let mut straight = SetHash::empty();
        records[..kept].iter().for_each(|record| straight.add(record));
        let mut shuffled = SetHash::empty();
        order.iter().for_each(|index| shuffled.add(&records[*index]));
        order.iter().filter(|index| **index >= kept).for_each(|index| shuffled.remove(&records[*index]));
        prop_assert_eq!(&straight, &shuffled);
        prop_assert_eq!(SetHash::from_bytes(&straight.to_bytes()), Ok(straight));
    }
}

#[test]
fn a_record_that_is_in_the_set_twice_is_noticed() {
    let records = neighbours(b"a sealed box");
    let (mut once, mut twice) = (SetHash::empty(), SetHash::empty());
    once.add(&records[0]);
    twice.add(&records[0]);
    twice.add(&records[0]);
    assert_ne!(once.digest(), twice.digest());
    assert_eq!(once.to_bytes().len(), STATE_LEN);
    assert!(SetHash::from_bytes(&[0; STATE_LEN - 1]).is_err());
}

fn owner(key: &IdentityKey) -> Member {
    Member {
        account: [1; 16],
        identity: key.public(),
    }
}

#[test]
fn c3_a_head_follows_its_predecessor_and_no_other() {
    let key = IdentityKey::generate(&mut rng(5));
    let first = Head::first([1; 16], &owner(&key));
    let signed = first.sign(&key);
    assert_eq!(signed.len(), HEAD_LEN);
    assert_eq!(Head::verify(&signed, &key.public()), Ok(first));

    let mut set = SetHash::empty();
    set.add(&record(b"sealed", NodeKind::Folder, None));
    let second = first.next(&signed, &set);
    assert_eq!(second.previous, head_hash(&signed));
    assert_eq!(second.set, set.digest());
    assert_eq!(second.check_follows(&first, &signed), Ok(()));
    for other in [
        Head { counter: 2, ..second },
        Head { counter: 0, ..second },
        Head {
            previous: [0; 32],
            ..second
        },
        Head {
            volume: [9; 16],
            ..second
        },
        Head {
            min_suite: 0,
            ..second
        },
    ] {
        assert_eq!(other.check_follows(&first, &signed), Err(Error::CannotOpen));
    }
}

#[test]
fn c3_a_head_that_was_touched_or_signed_by_somebody_else_is_refused() {
    let (key, other) = (
        IdentityKey::generate(&mut rng(5)),
        IdentityKey::generate(&mut rng(6)),
    );
    let signed = Head::first([1; 16], &owner(&key)).sign(&key);
    assert!(damaged(&signed).all(|bytes| Head::verify(&bytes, &key.public()).is_err()));
    assert!(Head::verify(&signed, &other.public()).is_err());
}

#[test]
fn a11_a_head_that_asks_for_another_suite_is_refused() {
    let key = IdentityKey::generate(&mut rng(5));
    for min_suite in [0, 2, 255] {
        let signed = Head {
            min_suite,
            ..Head::first([1; 16], &owner(&key))
        }
        .sign(&key);
        assert_eq!(Head::verify(&signed, &key.public()), Err(Error::CannotOpen));
    }
}

#[test]
fn d3_the_hash_of_members_knows_every_member_and_no_order() {
    let (ada, bob) = (
        IdentityKey::generate(&mut rng(7)),
        IdentityKey::generate(&mut rng(8)),
    );
    let (ada, bob) = (
        owner(&ada),
        Member {
            account: [2; 16],
            identity: bob.public(),
        },
    );
    assert_eq!(members_hash(&[ada, bob]), members_hash(&[bob, ada]));
    assert_ne!(members_hash(&[ada]), members_hash(&[ada, bob]));
    assert_ne!(
        members_hash(&[ada]),
        members_hash(&[Member {
            identity: bob.identity,
            ..ada
        }])
    );
}
