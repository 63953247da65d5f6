use postern_crypto::Error;
use postern_crypto::directory::{DirectoryHead, Log, Statement, statement_hash};
use postern_crypto::identity::{IdentityKey, IdentityPublic};
use postern_crypto::sealing::SealingKey;

use crate::{damaged, rng};

fn first(key: &IdentityKey) -> Statement {
    Statement {
        account: [1; 16],
        name: "ada".into(),
        seq: 0,
        previous: [0; 32],
        identity: key.public(),
        sealing: SealingKey::from_bytes([2; 32]).public().clone(),
        time_ms: 1_700_000_000_000,
    }
}

fn key(seed: u64) -> IdentityKey {
    IdentityKey::generate(&mut rng(seed))
}

/// A log of `len` statements.
fn log(key: &IdentityKey, len: u64) -> Vec<Vec<u8>> {
    let mut signed = vec![first(key).sign(key)];
    for seq in 1..len {
        let previous = statement_hash(&signed[signed.len() - 1]);
        signed.push(
            Statement {
                seq,
                previous,
                ..first(key)
            }
            .sign(key),
        );
    }
    signed
}

#[test]
fn a_log_verifies_from_its_first_statement_to_its_last() {
    let signed = log(&key(1), 3);
    let verified = Log::verify(&signed).expect("untouched");
    assert_eq!(verified.current().seq, 2);
    assert_eq!(
        verified.head(),
        DirectoryHead {
            seq: 2,
            hash: statement_hash(&signed[2])
        }
    );
    for (seq, statement) in (0..).zip(&signed) {
        verified
            .check_extends(&DirectoryHead {
                seq,
                hash: statement_hash(statement),
            })
            .expect("was there");
    }
}

#[test]
fn d5_a_log_that_was_shortened_or_rewritten_is_refused() {
    let signed = log(&key(1), 3);
    let seen = Log::verify(&signed).expect("untouched").head();
    let short = Log::verify(&signed[..2]).expect("a beginning is a log");
    assert_eq!(short.check_extends(&seen), Err(Error::CannotOpen));
    let other = Statement {
        time_ms: 5,
        ..first(&key(1))
    }
    .sign(&key(1));
    let forked = Log::verify(&[other]).expect("also a log");
    assert!(
        forked
            .check_extends(&DirectoryHead {
                seq: 0,
                hash: statement_hash(&signed[0])
            })
            .is_err()
    );
    for order in [vec![], vec![1], vec![0, 2], vec![0, 0], vec![1, 0], vec![0, 1, 1]] {
        let picked: Vec<_> = order.iter().map(|index| signed[*index].clone()).collect();
        assert!(Log::verify(&picked).is_err(), "{order:?}");
    }
}

#[test]
fn a_log_begins_at_its_beginning_and_ends_at_its_limit() {
    let key = key(1);
    for (seq, previous) in [(1, [0; 32]), (0, [1; 32])] {
        let begun = Statement {
            seq,
            previous,
            ..first(&key)
        };
        assert!(Log::verify(&[begun.sign(&key)]).is_err(), "{seq}");
    }
    let mut signed = log(&key, 1_025);
    assert!(Log::verify(&signed).is_err());
    signed.pop();
    assert_eq!(Log::verify(&signed).expect("just short enough").head().seq, 1_023);
}

#[test]
fn d1_a_key_that_changes_is_refused() {
    let (mine, theirs) = (key(1), key(2));
    let signed = log(&mine, 1);
    let next = Statement {
        seq: 1,
        previous: statement_hash(&signed[0]),
        ..first(&mine)
    };
    let changes = [
        Statement {
            identity: theirs.public(),
            ..next.clone()
        }
        .sign(&theirs),
        Statement {
            sealing: SealingKey::from_bytes([3; 32]).public().clone(),
            ..next.clone()
        }
        .sign(&mine),
        Statement {
            account: [9; 16],
            ..next.clone()
        }
        .sign(&mine),
        Statement {
            name: "eve".into(),
            ..next.clone()
        }
        .sign(&mine),
        // Signed by somebody who is not in the statement.
        next.sign(&theirs),
    ];
    for change in changes {
        assert_eq!(Log::verify(&[signed[0].clone(), change]), Err(Error::CannotOpen));
    }
    assert!(Log::verify(&[signed[0].clone(), next.sign(&mine)]).is_ok());
}

#[test]
fn d1_a_statement_that_was_touched_is_refused() {
    let signed = first(&key(1)).sign(&key(1));
    assert!(
        damaged(&signed)
            .step_by(7)
            .all(|bytes| Statement::verify(&bytes).is_err())
    );
}

#[test]
fn a11_a_statement_of_another_suite_is_refused_even_if_signed() {
    // The signature is over the suite, so this is the same as touching it; the check by itself is in the
    // decoder, which the golden files and the fuzzer meet.
    let signed = first(&key(1)).sign(&key(1));
    for suite in [0, 2, 255] {
        let mut other = signed.clone();
        other[0] = suite;
        assert!(Statement::verify(&other).is_err());
    }
}

#[test]
fn d6_an_identity_of_low_order_cannot_be_imported() {
    let mut identity = [0; 32];
    assert!(IdentityPublic::from_bytes(identity).is_err());
    identity[0] = 1;
    assert!(IdentityPublic::from_bytes(identity).is_err());
    assert!(IdentityPublic::from_bytes([0xff; 32]).is_err());
}
