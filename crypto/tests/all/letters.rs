use postern_crypto::Error;
use postern_crypto::directory::Statement;
use postern_crypto::head::{Head, Member};
use postern_crypto::identity::IdentityKey;
use postern_crypto::sealing::{LETTER_OVERHEAD, Letter, SealingKey, SealingPublic};

use crate::{damaged, rng};

struct Person {
    identity: IdentityKey,
    sealing: SealingKey,
    public: SealingPublic,
}

fn person(seed: u64) -> Person {
    let mut rng = rng(seed);
    let sealing = SealingKey::generate(&mut rng);
    Person {
        identity: IdentityKey::generate(&mut rng),
        public: sealing.public().clone(),
        sealing,
    }
}

fn letter<'a>(from: &Person, to: &'a Person, context: &'a [&'a [u8]]) -> Letter<'a> {
    Letter {
        sender: from.identity.public(),
        recipient: to.identity.public(),
        sealing: &to.public,
        context,
    }
}

#[test]
fn a_letter_opens_for_whom_it_was_written() {
    let (alice, bob) = (person(1), person(2));
    let letter = letter(&alice, &bob, &[b"share", &[7; 16]]);
    let sealed = letter
        .seal(&alice.identity, b"a folder key", &mut rng(3))
        .expect("good keys");
    assert_eq!(sealed.len(), 12 + LETTER_OVERHEAD);
    assert_eq!(
        *letter.open(&bob.sealing, &sealed).expect("written to bob"),
        b"a folder key"
    );
}

#[test]
fn d8_a_letter_to_bob_cannot_be_passed_on_as_one_to_carol() {
    let (alice, bob, carol) = (person(1), person(2), person(4));
    let to_bob = letter(&alice, &bob, &[b"share"]);
    let sealed = to_bob
        .seal(&alice.identity, b"secret", &mut rng(3))
        .expect("good keys");
    let opened = to_bob.open(&bob.sealing, &sealed).expect("written to bob");

    // Bob cannot sign for Alice: what he can make, Carol reads as from himself, or not at all.
    let as_alice = letter(&alice, &carol, &[b"share"]);
    assert!(as_alice.seal(&bob.identity, &opened, &mut rng(5)).is_err());
    let from_bob = letter(&bob, &carol, &[b"share"])
        .seal(&bob.identity, &opened, &mut rng(5))
        .expect("his own");
    assert_eq!(as_alice.open(&carol.sealing, &from_bob), Err(Error::CannotOpen));
    assert_eq!(as_alice.open(&carol.sealing, &sealed), Err(Error::CannotOpen));
    // Nor if Carol's directory entry named Bob's sealing key.
    let misbound = Letter {
        sealing: &bob.public,
        ..as_alice
    };
    assert_eq!(misbound.open(&bob.sealing, &sealed), Err(Error::CannotOpen));
}

#[test]
fn d2_a_letter_is_for_one_purpose_and_from_one_sender() {
    let (alice, bob, eve) = (person(1), person(2), person(6));
    let written = letter(&alice, &bob, &[b"share", b"read"]);
    let sealed = written
        .seal(&alice.identity, b"secret", &mut rng(3))
        .expect("good keys");
    for other in [
        letter(&alice, &bob, &[b"share", b"write"]),
        letter(&alice, &bob, &[b"share"]),
        letter(&alice, &bob, &[b"shareread"]),
        letter(&eve, &bob, &[b"share", b"read"]),
    ] {
        assert_eq!(other.open(&bob.sealing, &sealed), Err(Error::CannotOpen));
    }
    assert!(written.open(&eve.sealing, &sealed).is_err());
}

#[test]
fn d8_a_letter_that_was_touched_does_not_open() {
    let (alice, bob) = (person(1), person(2));
    let letter = letter(&alice, &bob, &[]);
    let sealed = letter
        .seal(&alice.identity, b"secret", &mut rng(3))
        .expect("good keys");
    assert!(
        damaged(&sealed)
            .step_by(41)
            .all(|bytes| letter.open(&bob.sealing, &bytes).is_err())
    );
}

#[test]
fn a4_letters_that_anybody_can_seal_all_fail_alike() {
    let (alice, bob, eve) = (person(1), person(2), person(6));
    let expected = letter(&alice, &bob, &[b"share"]);
    let of_eve = letter(&eve, &bob, &[b"share"]);
    let mut rng = rng(3);
    let forged = of_eve
        .seal(&eve.identity, b"key", &mut rng)
        .expect("sealing is public");
    let letters = match std::env::var_os("POSTERN_LONG") {
        Some(_) => 10_000,
        None => 500,
    };
    for number in 0..letters {
        // Cut, lengthened, or touched: where the key is encapsulated, where the text begins, or anywhere.
        let mut sealed = forged.clone();
        match number % 4 {
            0 => sealed.truncate(number % forged.len()),
            1 => sealed.resize(forged.len() + number % 300, 0),
            _ => sealed[number * 37 % forged.len()] ^= 1 << (number % 8),
        }
        assert_eq!(expected.open(&bob.sealing, &sealed), Err(Error::CannotOpen));
    }
    assert_eq!(expected.open(&bob.sealing, &forged), Err(Error::CannotOpen));
}

#[test]
fn a14_a_signature_of_one_kind_is_none_of_another() {
    // A head and a statement signed by one key: neither is the other, at any length of encoding.
    let key = person(1).identity;
    let owner = Member {
        account: [1; 16],
        identity: key.public(),
    };
    let head = Head::first([2; 16], &owner).sign(&key);
    assert!(Head::verify(&head, &key.public()).is_ok());
    assert!(Statement::verify(&head).is_err());
    let statement = Statement {
        account: [1; 16],
        name: String::new(),
        seq: 0,
        previous: [0; 32],
        identity: key.public(),
        sealing: person(2).public,
        time_ms: 0,
    };
    let signed = statement.sign(&key);
    assert!(Head::verify(&signed, &key.public()).is_err());
    let signature = &signed[signed.len() - 64..];
    let forged = [&head[..head.len() - 64], signature].concat();
    assert!(Head::verify(&forged, &key.public()).is_err());
}
