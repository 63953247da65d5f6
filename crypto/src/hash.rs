//! BLAKE3, plain for ciphertext that others must be able to check, labelled for everything else.

use crate::labels::Label;
use crate::{Hash, primitives};

pub use crate::primitives::Hasher;

/// BLAKE3 of `bytes`: the checksum of a part, the hash of a segment.
#[must_use]
pub fn hash(bytes: &[u8]) -> Hash {
    primitives::blake3(bytes)
}

/// What a server keeps of a bearer token: enough to recognise it, not enough to use it.
#[must_use]
pub fn token_hash(token: &[u8]) -> Hash {
    labelled(Label::HashToken, token)
}

/// BLAKE3 in key-derivation mode, with the label as its context: hashes of different things can never be
/// taken for each other.
pub(crate) fn labelled(label: Label, bytes: &[u8]) -> Hash {
    let mut out = [0; 32];
    primitives::blake3_labelled(label.full(), bytes, &mut out);
    out
}

/// As [`labelled`], but as many bytes as `out` has.
pub(crate) fn labelled_into(label: Label, bytes: &[u8], out: &mut [u8]) {
    primitives::blake3_labelled(label.full(), bytes, out);
}

/// Compares two secrets of one length in constant time; false if the lengths differ.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    primitives::equal(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_keeps_of_a_token_is_told_by_the_token_and_by_its_label() {
        assert_eq!(token_hash(b"one"), labelled(Label::HashToken, b"one"));
        assert_ne!(token_hash(b"one"), token_hash(b"two"));
        assert_ne!(token_hash(b"one"), hash(b"one"));
    }
}
