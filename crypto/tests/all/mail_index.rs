use postern_crypto::mail::{
    Known, KnownLetter, Listed, Listing, Manifest, ManifestPlace, Mark, Note, Origin, Piece, Place, Summary,
};
use postern_crypto::node::Content;
use postern_crypto::{ContentKey, Error, Id, MailKey};

use crate::{damaged, rng};

const ALICE: Id = [2; 16];

fn piece(id: u8) -> Piece {
    Piece {
        messages: 64,
        content: Content {
            id: [id; 16],
            key: ContentKey::from_bytes([id; 32]),
            size: 100,
            chunks: 1,
            digest: [3; 32],
        },
    }
}

fn manifest() -> Manifest {
    Manifest {
        change: 41,
        listings: vec![piece(1), piece(2)],
        words: vec![piece(3)],
    }
}

fn listing() -> Listing {
    let letter = |origin, address: Option<&str>| {
        Known::Opened(Box::new(KnownLetter {
            origin,
            address: address.map(str::to_owned),
            key: ContentKey::from_bytes([5; 32]),
            summary: Summary {
                subject: "Tea".to_owned(),
                ..Summary::default()
            },
        }))
    };
    let note = Note {
        version: 3,
        mark: Mark {
            is_read: true,
            place: Place::Folder([8; 16]),
            labels: vec![[9; 16]],
            ..Mark::default()
        },
        expires_ms: Some(-1),
    };
    let listed = |id, letter| Listed {
        message: [id; 16],
        letter,
        note: Note::default(),
    };
    Listing {
        messages: vec![
            listed(1, letter(Origin::Gateway, Some("alice@example.org"))),
            listed(2, letter(Origin::Owner, None)),
            listed(3, letter(Origin::Unknown, Some(""))),
            listed(4, Known::Nothing { received_ms: 7 }),
        ],
        marked: vec![([5; 16], note)],
        deleted: vec![[6; 16], [7; 16]],
    }
}

#[test]
fn a_manifest_opens_as_the_version_of_the_account_that_it_is_and_as_no_other() {
    let key = MailKey::generate(&mut rng(1));
    let place = ManifestPlace {
        account: &ALICE,
        version: 4,
    };
    let sealed = manifest().seal(&key, place, &mut rng(2));
    assert_eq!(Manifest::open(&key, place, &sealed), Ok(manifest()));
    let others = [
        ManifestPlace { version: 3, ..place },
        ManifestPlace {
            account: &[1; 16],
            ..place
        },
    ];
    for other in others {
        assert_eq!(Manifest::open(&key, other, &sealed), Err(Error::CannotOpen));
    }
    let touched = damaged(&sealed).all(|bytes| Manifest::open(&key, place, &bytes).is_err());
    assert!(touched);
}

#[test]
fn a_manifest_is_as_long_whether_there_is_much_or_little() {
    let key = MailKey::generate(&mut rng(1));
    let place = ManifestPlace {
        account: &ALICE,
        version: 1,
    };
    let sealed = |manifest: &Manifest| manifest.seal(&key, place, &mut rng(2));
    assert_eq!(sealed(&Manifest::default()).len(), sealed(&manifest()).len());
    let many = |count: u8| Manifest {
        words: (1..=count).map(piece).collect(),
        ..Manifest::default()
    };
    assert_eq!(Manifest::open(&key, place, &sealed(&many(100))), Ok(many(100)));
    assert_eq!(
        Manifest::open(&key, place, &sealed(&many(101))),
        Err(Error::CannotOpen)
    );
}

#[test]
fn a_listing_is_read_as_it_was_written_and_nothing_else_is_one() {
    let right = listing().encode().to_vec();
    assert_eq!(Listing::decode(&right), Ok(listing()));
    assert_eq!(
        Listing::decode(&Listing::default().encode()),
        Ok(Listing::default())
    );
    for len in 0..right.len() {
        assert!(Listing::decode(&right[..len]).is_err(), "{len}");
    }
    assert!(Listing::decode(&[&right[..], &[0]].concat()).is_err());
    // Another version, and a count beyond all.
    for (at, byte) in [(0, 2), (1, 1)] {
        let mut wrong = right.clone();
        wrong[at] = byte;
        assert_eq!(Listing::decode(&wrong), Err(Error::CannotOpen));
    }
}
