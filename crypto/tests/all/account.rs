use postern_crypto::account::{Keyring, MailRoot, Pin, Root, State, Tag, VolumeHead};
use postern_crypto::directory::DirectoryHead;
use postern_crypto::identity::IdentityKey;
use postern_crypto::sealing::SealingKey;
use postern_crypto::slots::{Slot, SlotKind};
use postern_crypto::{AccountKey, Error, FolderKey, Kek, MailKey};

use crate::{damaged, rng};

fn keyring() -> Keyring {
    Keyring::new([1; 16], 1, AccountKey::generate(&mut rng(1)))
}

fn state(counter: u64) -> State {
    State {
        counter,
        generation: 1,
        min_suite: 1,
        directory: DirectoryHead {
            seq: 0,
            hash: [2; 32],
        },
        pins: vec![Pin {
            name: "bo".into(),
            account: [3; 16],
            identity: IdentityKey::generate(&mut rng(2)).public(),
            directory: DirectoryHead {
                seq: 4,
                hash: [4; 32],
            },
        }],
        volumes: vec![VolumeHead {
            volume: [5; 16],
            counter: 6,
            hash: [6; 32],
        }],
    }
}

fn mail_root(counter: u64) -> MailRoot {
    let tag = |name: &str| Tag {
        id: [9; 16],
        name: name.to_owned(),
        colour: 3,
    };
    MailRoot {
        counter,
        folders: vec![tag("Club")],
        labels: vec![tag("Urgent"), tag("")],
        trusted: vec!["news@shop.example".to_owned()],
        ..MailRoot::new(MailKey::from_bytes([7; 32]))
    }
}

fn root() -> Root {
    Root {
        volume: [7; 16],
        node: [8; 16],
        key: FolderKey::generate(&mut rng(3)),
        generation: 1,
    }
}

#[test]
fn a_keyring_knows_its_generation() {
    let key = AccountKey::generate(&mut rng(1));
    assert_eq!(Keyring::new([1; 16], 7, key).generation(), 7);
}

#[test]
fn the_objects_of_an_account_open_again() {
    let (keyring, mut rng) = (keyring(), rng(4));
    let (identity, sealing) = (IdentityKey::generate(&mut rng), SealingKey::generate(&mut rng));
    let sealed = keyring.seal_identity(&identity, &mut rng);
    assert_eq!(keyring.unlock_identity(&sealed, &identity.public()), Ok(identity));
    let sealed = keyring.seal_sealing(&sealing, &mut rng);
    assert_eq!(keyring.unlock_sealing(&sealed, sealing.public()), Ok(sealing));
    assert_eq!(
        keyring.open_root(&keyring.seal_root(&root(), &mut rng)),
        Ok(root())
    );
    assert_eq!(
        keyring.open_state(9, &keyring.seal_state(&state(9), &mut rng)),
        Ok(state(9))
    );
    assert_eq!(
        keyring.open_mail_root(9, &keyring.seal_mail_root(&mail_root(9), &mut rng)),
        Ok(mail_root(9))
    );
}

#[test]
fn a5_keys_that_are_not_those_of_the_directory_are_refused() {
    let (keyring, mut rng) = (keyring(), rng(5));
    let (mine, theirs) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
    let sealed = keyring.seal_identity(&mine, &mut rng);
    assert_eq!(
        keyring.unlock_identity(&sealed, &theirs.public()),
        Err(Error::CannotOpen)
    );
    let (mine, theirs) = (SealingKey::generate(&mut rng), SealingKey::generate(&mut rng));
    let sealed = keyring.seal_sealing(&mine, &mut rng);
    assert_eq!(
        keyring.unlock_sealing(&sealed, theirs.public()),
        Err(Error::CannotOpen)
    );
}

#[test]
fn a12_objects_of_another_generation_or_account_do_not_open() {
    let (keyring, mut rng) = (keyring(), rng(6));
    let sealed_root = keyring.seal_root(&root(), &mut rng);
    let sealed_state = keyring.seal_state(&state(1), &mut rng);
    let sealed_mail = keyring.seal_mail_root(&mail_root(1), &mut rng);
    for other in [
        Keyring::new([1; 16], 2, keyring.key().clone()),
        Keyring::new([2; 16], 1, keyring.key().clone()),
        Keyring::new([1; 16], 1, AccountKey::generate(&mut rng)),
    ] {
        assert!(other.open_root(&sealed_root).is_err());
        assert!(other.open_state(1, &sealed_state).is_err());
        assert!(other.open_mail_root(1, &sealed_mail).is_err());
        assert_ne!(other.archive_key(), keyring.archive_key());
    }
}

#[test]
fn a12_state_and_mail_open_as_the_version_that_they_are_and_as_no_other() {
    let (keyring, mut rng) = (keyring(), rng(7));
    let sealed = keyring.seal_state(&state(5), &mut rng);
    let sealed_mail = keyring.seal_mail_root(&mail_root(5), &mut rng);
    assert!(keyring.open_state(5, &sealed).is_ok());
    assert!(keyring.open_mail_root(5, &sealed_mail).is_ok());
    for version in [0, 4, 6, u64::MAX] {
        assert_eq!(keyring.open_state(version, &sealed), Err(Error::CannotOpen));
        assert_eq!(
            keyring.open_mail_root(version, &sealed_mail),
            Err(Error::CannotOpen)
        );
    }
}

#[test]
fn a1_an_object_that_was_touched_does_not_open() {
    let (keyring, mut rng) = (keyring(), rng(8));
    let sealed = keyring.seal_root(&root(), &mut rng);
    assert!(damaged(&sealed).all(|bytes| keyring.open_root(&bytes) == Err(Error::CannotOpen)));
}

#[test]
fn a_slot_opens_with_its_key_in_its_place_and_nowhere_else() {
    let mut rng = rng(9);
    let (kek, key) = (Kek::generate(&mut rng), AccountKey::generate(&mut rng));
    let slot = Slot {
        account: [1; 16],
        kind: SlotKind::Password,
        id: [2; 16],
        generation: 3,
    };
    let sealed = slot.seal(&kek, &key, &mut rng);
    assert_eq!(slot.open(&kek, &sealed), Ok(key));
    assert!(slot.open(&Kek::generate(&mut rng), &sealed).is_err());
    for other in [
        Slot {
            account: [9; 16],
            ..slot
        },
        Slot {
            kind: SlotKind::Recovery,
            ..slot
        },
        Slot { id: [9; 16], ..slot },
        Slot {
            generation: 4,
            ..slot
        },
    ] {
        assert_eq!(other.open(&kek, &sealed), Err(Error::CannotOpen));
    }
    assert!(damaged(&sealed).all(|bytes| slot.open(&kek, &bytes).is_err()));
}

#[test]
fn keys_do_not_show_in_debug_output() {
    let keyring = keyring();
    let shown = format!("{:?} {:?} {:?}", keyring, keyring.key(), root());
    let secrets = [keyring.key().expose(), root().key.expose()].map(|key| format!("{:?}", &key[..4]));
    assert!(shown.contains("***"));
    assert!(
        secrets
            .iter()
            .all(|secret| !shown.contains(secret.trim_matches(['[', ']'])))
    );
}
