//! The swap matrix: every kind of sealed object in the place of every other, under the very same key.

use postern_crypto::account::{Keyring, MailRoot, Root, State};
use postern_crypto::directory::DirectoryHead;
use postern_crypto::identity::IdentityKey;
use postern_crypto::link::{Archived, Grant, LinkSecret, SharedFolder};
use postern_crypto::mail::{Manifest, ManifestPlace, Mark, MarkPlace, Own};
use postern_crypto::node::{Folder, Node, NodeKind, Place, Record};
use postern_crypto::sealing::SealingKey;
use postern_crypto::slots::{Slot, SlotKind};
use postern_crypto::{AccountKey, ArchiveKey, ContentKey, FolderKey, Kek, LinkWrapKey, MailKey};

use crate::rng;

const ID: [u8; 16] = [1; 16];
const KEY: [u8; 32] = [2; 32];

type Opens = Box<dyn Fn(&[u8]) -> bool>;

struct Kind {
    name: &'static str,
    sealed: Vec<u8>,
    opens: Opens,
}

fn kinds() -> Vec<Kind> {
    let mut kinds = account_kinds();
    kinds.extend(tree_kinds());
    kinds.extend(link_kinds());
    kinds.extend(mail_kinds());
    kinds
}

fn account_kinds() -> Vec<Kind> {
    let (ring, mut rng) = (Keyring::new(ID, 1, AccountKey::from_bytes(KEY)), rng(1));
    let slot = Slot {
        account: ID,
        kind: SlotKind::Password,
        id: ID,
        generation: 1,
    };
    let recovery = Slot {
        kind: SlotKind::Recovery,
        ..slot
    };
    let identity = IdentityKey::generate(&mut rng);
    let sealing = SealingKey::generate(&mut rng);
    let root = Root {
        volume: ID,
        node: ID,
        key: FolderKey::from_bytes(KEY),
        generation: 1,
    };
    let directory = DirectoryHead {
        seq: 0,
        hash: [0; 32],
    };
    let state = State {
        counter: 1,
        generation: 1,
        min_suite: 1,
        directory,
        pins: vec![],
        volumes: vec![],
    };
    let mail_root = MailRoot::new(MailKey::from_bytes(KEY));
    let account_key = AccountKey::from_bytes(KEY);
    let kek = || Kek::from_bytes(KEY);
    let rings: [Keyring; 5] = std::array::from_fn(|_| ring.clone());
    let [a, b, c, d, e] = rings;
    let (identity_public, sealing_public) = (identity.public(), sealing.public().clone());
    vec![
        kind(
            "password slot",
            slot.seal(&kek(), &account_key, &mut rng),
            move |s| slot.open(&kek(), s).is_ok(),
        ),
        kind(
            "recovery slot",
            recovery.seal(&kek(), &account_key, &mut rng),
            move |s| recovery.open(&kek(), s).is_ok(),
        ),
        kind("identity", ring.seal_identity(&identity, &mut rng), move |s| {
            a.unlock_identity(s, &identity_public).is_ok()
        }),
        kind("sealing", ring.seal_sealing(&sealing, &mut rng), move |s| {
            b.unlock_sealing(s, &sealing_public).is_ok()
        }),
        kind("root", ring.seal_root(&root, &mut rng), move |s| {
            c.open_root(s).is_ok()
        }),
        kind("state", ring.seal_state(&state, &mut rng), move |s| {
            d.open_state(1, s).is_ok()
        }),
        kind("mail root", ring.seal_mail_root(&mail_root, &mut rng), move |s| {
            e.open_mail_root(1, s).is_ok()
        }),
    ]
}

fn tree_kinds() -> Vec<Kind> {
    let mut rng = rng(2);
    let folder = Folder {
        name: "a".into(),
        mtime_ms: 0,
        key: FolderKey::from_bytes(KEY),
        generation: 1,
    };
    let home = Place {
        volume: ID,
        parent: ID,
        node: ID,
        generation: 1,
        seq: 1,
    };
    let places = [
        ("record", home),
        (
            "record of another volume",
            Place {
                volume: [9; 16],
                ..home
            },
        ),
        (
            "record in another folder",
            Place {
                parent: [9; 16],
                ..home
            },
        ),
        (
            "record of another node",
            Place {
                node: [9; 16],
                ..home
            },
        ),
        (
            "record of another generation",
            Place {
                generation: 2,
                ..home
            },
        ),
        ("record of another version", Place { seq: 2, ..home }),
    ];
    places
        .into_iter()
        .map(|(name, place)| {
            let sealed = Node::Folder(folder.clone()).seal(&place, &FolderKey::from_bytes(KEY), &mut rng);
            kind(name, sealed, move |sealed| {
                let record = Record {
                    place,
                    kind: NodeKind::Folder,
                    content: None,
                    sealed,
                };
                let as_file = Record {
                    kind: NodeKind::File,
                    content: Some(ID),
                    ..record
                };
                assert!(
                    as_file.open(&FolderKey::from_bytes(KEY)).is_err(),
                    "c4: a folder is no file"
                );
                record.open(&FolderKey::from_bytes(KEY)).is_ok()
            })
        })
        .collect()
}

fn link_kinds() -> Vec<Kind> {
    let mut rng = rng(3);
    let wrap = || LinkWrapKey::from_bytes(KEY);
    let archive = || ArchiveKey::from_bytes(KEY);
    let folder = SharedFolder {
        name: "a".into(),
        node: ID,
        volume: ID,
        key: FolderKey::from_bytes(KEY),
        generation: 1,
    };
    let archived = Archived {
        secret: LinkSecret::from_bytes(KEY),
        needs_password: false,
        wrap: wrap(),
    };
    vec![
        kind(
            "grant",
            Grant::Folder(folder).seal(&wrap(), &ID, &ID, &ID, &mut rng),
            move |s| Grant::open(&wrap(), &ID, &ID, &ID, s).is_ok(),
        ),
        kind(
            "archived link",
            archived.seal(&archive(), &ID, &ID, &mut rng),
            move |s| Archived::open(&archive(), &ID, &ID, s).is_ok(),
        ),
    ]
}

fn mail_kinds() -> Vec<Kind> {
    let mut rng = rng(4);
    let (mail, mark) = (|| MailKey::from_bytes(KEY), Mark::default());
    let home = MarkPlace {
        account: &ID,
        message: &ID,
        version: 1,
    };
    let places = [
        ("mark", home),
        ("mark of another version", MarkPlace { version: 2, ..home }),
        (
            "mark of another message",
            MarkPlace {
                message: &[9; 16],
                ..home
            },
        ),
        (
            "mark of another account",
            MarkPlace {
                account: &[9; 16],
                ..home
            },
        ),
    ];
    let marks = places.map(|(name, place)| {
        kind(name, mark.seal(&mail(), place, &mut rng), move |s| {
            Mark::open(&mail(), place, s).is_ok()
        })
    });
    let own = [("own message", &ID, &ID), ("another own message", &ID, &[9; 16])].map(
        |(name, account, message)| {
            let own = Own { account, message };
            let sealed = own.seal(&mail(), &ContentKey::from_bytes(KEY), &mut crate::rng(5));
            kind(name, sealed, move |s| own.open(&mail(), s).is_ok())
        },
    );
    let manifest = ManifestPlace {
        account: &ID,
        version: 1,
    };
    let manifests = [
        ("manifest", manifest),
        (
            "another manifest",
            ManifestPlace {
                version: 2,
                ..manifest
            },
        ),
    ]
    .map(|(name, place)| {
        let sealed = Manifest::default().seal(&mail(), place, &mut crate::rng(6));
        kind(name, sealed, move |s| Manifest::open(&mail(), place, s).is_ok())
    });
    marks.into_iter().chain(own).chain(manifests).collect()
}

fn kind(name: &'static str, sealed: Vec<u8>, opens: impl Fn(&[u8]) -> bool + 'static) -> Kind {
    Kind {
        name,
        sealed,
        opens: Box::new(opens),
    }
}

#[test]
fn a2_no_sealed_object_opens_in_the_place_of_another() {
    let kinds = kinds();
    assert_eq!(kinds.len(), 23);
    for (at, place) in kinds.iter().enumerate() {
        for (from, object) in kinds.iter().enumerate() {
            assert_eq!(
                (place.opens)(&object.sealed),
                at == from,
                "{} as {}",
                object.name,
                place.name
            );
        }
    }
}
