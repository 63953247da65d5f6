//! Small objects: a secretbox that commits to its key and to where it belongs.
//!
//! `suite(1) ‖ salt(24) ‖ commit(32) ‖ secretbox`. Secretbox alone lets one ciphertext open under two keys
//! (threats A8, B5), so a hash-based commitment is checked first. The context is the associated data:
//! since it enters the derivation, a box that is moved to another place does not open.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::derive::derive;
use crate::labels::Label;
use crate::{Error, Result, SUITE, primitives, secret};

const SALT_LEN: usize = 24;
const COMMIT_LEN: usize = 32;

/// By how much a box is longer than its plaintext.
pub const OVERHEAD: usize = 1 + SALT_LEN + COMMIT_LEN + primitives::TAG_LEN;

/// No box is larger: what is sealed in boxes is names, keys and short lists.
pub const MAX_LEN: usize = 1 << 20;

struct Keys(Zeroizing<[u8; 88]>);

/// Seals `plain` for the place that `label` and `context` name.
pub(crate) fn seal<R: CryptoRng + ?Sized>(
    key: &[u8; 32],
    label: Label,
    context: &[&[u8]],
    plain: &[u8],
    rng: &mut R,
) -> Vec<u8> {
    let salt: [u8; SALT_LEN] = secret::random(rng);
    let keys = Keys::derive(key, label, &salt, context);
    let mut out = Vec::with_capacity(plain.len() + OVERHEAD);
    out.push(SUITE);
    out.extend_from_slice(&salt);
    out.extend_from_slice(keys.commit());
    out.extend_from_slice(&primitives::box_seal(keys.key(), keys.nonce(), plain));
    out
}

/// Opens what [`seal`] made with the same key, label and context.
pub(crate) fn open(
    key: &[u8; 32],
    label: Label,
    context: &[&[u8]],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let parts = Parts::parse(sealed)?;
    let keys = Keys::derive(key, label, parts.salt, context);
    if !primitives::equal(keys.commit(), parts.commit) {
        return Err(Error::CannotOpen);
    }
    primitives::box_open(keys.key(), keys.nonce(), parts.body)
}

/// Whether these bytes have the shape of a box of this suite. A server checks no more, and can check no
/// more.
pub fn check_shape(sealed: &[u8]) -> Result<()> {
    Parts::parse(sealed).map(drop)
}

struct Parts<'a> {
    salt: &'a [u8; SALT_LEN],
    commit: &'a [u8; COMMIT_LEN],
    body: &'a [u8],
}

impl<'a> Parts<'a> {
    fn parse(sealed: &'a [u8]) -> Result<Self> {
        if sealed.len() < OVERHEAD || sealed.len() > MAX_LEN || sealed[0] != SUITE {
            return Err(Error::CannotOpen);
        }
        let (salt, rest) = sealed[1..].split_first_chunk().ok_or(Error::CannotOpen)?;
        let (commit, body) = rest.split_first_chunk().ok_or(Error::CannotOpen)?;
        Ok(Self { salt, commit, body })
    }
}

impl Keys {
    fn derive(key: &[u8; 32], label: Label, salt: &[u8; SALT_LEN], context: &[&[u8]]) -> Self {
        let suite = [SUITE];
        let mut parts: Vec<&[u8]> = vec![&suite, salt];
        parts.extend_from_slice(context);
        Self(derive(key, label, &parts))
    }

    fn key(&self) -> &[u8; 32] {
        self.0.first_chunk().expect("88 bytes begin with 32")
    }

    fn nonce(&self) -> &[u8; 24] {
        self.0[32..].first_chunk().expect("56 bytes begin with 24")
    }

    fn commit(&self) -> &[u8; COMMIT_LEN] {
        self.0.last_chunk().expect("88 bytes end with 32")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    const KEY: [u8; 32] = [5; 32];
    const CONTEXT: &[&[u8]] = &[b"account", b"slot"];

    fn sealed() -> Vec<u8> {
        seal(
            &KEY,
            Label::BoxSlot,
            CONTEXT,
            b"plaintext",
            &mut ChaCha20Rng::seed_from_u64(1),
        )
    }

    #[test]
    fn a_box_opens_where_it_belongs_and_is_as_long_as_it_says() {
        let opened = open(&KEY, Label::BoxSlot, CONTEXT, &sealed()).expect("opens");
        assert_eq!(*opened, b"plaintext");
        assert_eq!(sealed().len(), b"plaintext".len() + OVERHEAD);
        assert_eq!(check_shape(&sealed()), Ok(()));
    }

    #[test]
    fn a_box_may_hold_nothing_and_none_is_read_that_is_longer_than_any() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let mut reads = |plain_len: usize| {
            let sealed = seal(&KEY, Label::BoxSlot, CONTEXT, &vec![0; plain_len], &mut rng);
            let shape = check_shape(&sealed);
            let opened = open(&KEY, Label::BoxSlot, CONTEXT, &sealed).map(|plain| plain.len());
            (sealed.len(), shape, opened)
        };
        assert_eq!(reads(0), (OVERHEAD, Ok(()), Ok(0)));
        let most = MAX_LEN - OVERHEAD;
        assert_eq!(reads(most), (MAX_LEN, Ok(()), Ok(most)));
        let refused = Err(Error::CannotOpen);
        assert_eq!(reads(most + 1), (MAX_LEN + 1, refused, Err(Error::CannotOpen)));
    }

    #[test]
    fn a2_a_box_opens_under_no_other_label() {
        for label in Label::ALL.iter().filter(|label| **label != Label::BoxSlot) {
            assert!(open(&KEY, *label, CONTEXT, &sealed()).is_err());
        }
    }

    #[test]
    fn a2_a_box_opens_in_no_other_place() {
        let others: [&[&[u8]]; 5] = [
            &[],
            &[b"account"],
            &[b"slot", b"account"],
            &[b"accountslot"],
            &[b"account", b"slot", b""],
        ];
        for context in others {
            assert!(open(&KEY, Label::BoxSlot, context, &sealed()).is_err());
        }
        assert!(open(&[6; 32], Label::BoxSlot, CONTEXT, &sealed()).is_err());
    }

    #[test]
    fn a1_no_bit_of_a_box_can_be_flipped_and_none_can_be_cut_or_added() {
        let sealed = sealed();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                open(&KEY, Label::BoxSlot, CONTEXT, &flipped),
                Err(Error::CannotOpen)
            );
        }
        for len in 0..sealed.len() {
            assert!(open(&KEY, Label::BoxSlot, CONTEXT, &sealed[..len]).is_err());
        }
        assert!(open(&KEY, Label::BoxSlot, CONTEXT, &[&sealed[..], &[0]].concat()).is_err());
    }

    #[test]
    fn a11_a_box_of_another_suite_is_refused_before_anything_else() {
        for suite in [0, 2, 255] {
            let mut other = sealed();
            other[0] = suite;
            assert!(check_shape(&other).is_err());
            assert!(open(&KEY, Label::BoxSlot, CONTEXT, &other).is_err());
        }
    }

    #[test]
    fn a8_the_salamander_is_refused_as_the_body_of_a_box_under_both_keys() {
        let salamander = crate::vectors::salamander();
        for key in &salamander.keys {
            for commit_of in &salamander.keys {
                let keys = Keys::derive(commit_of, Label::BoxSlot, &[0; SALT_LEN], CONTEXT);
                let forged = [&[SUITE][..], &[0; SALT_LEN], keys.commit(), &salamander.sealed].concat();
                assert!(open(key, Label::BoxSlot, CONTEXT, &forged).is_err());
            }
        }
    }

    #[test]
    fn a8_a_box_made_to_open_under_two_keys_opens_only_under_the_one_it_commits_to() {
        // The attack at full strength: the attacker knows both keys, and makes the body to fit what this
        // format derives from each. Without the commitment both would open.
        let owners = [[1; 32], [2; 32]];
        let salt = [9; SALT_LEN];
        let keys = owners.map(|key| Keys::derive(&key, Label::BoxSlot, &salt, CONTEXT));
        let body =
            crate::vectors::salamander::forge(&keys.each_ref().map(|keys| (*keys.key(), *keys.nonce())));
        for keys in &keys {
            assert!(
                primitives::box_open(keys.key(), keys.nonce(), &body).is_ok(),
                "the forgery is sound"
            );
        }
        for (named, commit) in keys.iter().enumerate() {
            let forged = [&[SUITE][..], &salt, commit.commit(), &body].concat();
            for (owner, key) in owners.iter().enumerate() {
                assert_eq!(
                    open(key, Label::BoxSlot, CONTEXT, &forged).is_ok(),
                    owner == named
                );
            }
        }
    }

    #[test]
    fn b10_the_same_text_twice_has_nothing_in_common() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let text = [7; 200];
        let one = seal(&KEY, Label::BoxSlot, CONTEXT, &text, &mut rng);
        let two = seal(&KEY, Label::BoxSlot, CONTEXT, &text, &mut rng);
        for window in one[1..].windows(16) {
            assert!(!two.windows(16).any(|other| other == window));
        }
    }
}
