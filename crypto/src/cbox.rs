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
