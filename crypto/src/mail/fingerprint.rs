//! By what a gateway knows a message again that is brought a second time, because whoever brought it did not hear the
//! answer.

use std::fmt;

use rand_core::CryptoRng;

use crate::codec::Writer;
use crate::hash::labelled_into;
use crate::labels::Label;
use crate::{Hash, Id};

/// What a gateway keeps of a message for a while: it says nothing to whoever has not the key, and to whoever has it no more
/// than whether it is the message that they have already.
pub type Fingerprint = [u8; 16];

/// What fingerprints are made with; a gateway's own.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerprintKey([u8; 32]);

/// A message as it came: from whom, for whom, and the hash of its text.
#[derive(Debug, Clone, Copy)]
pub struct Brought<'a> {
    /// The sender of the envelope, or empty.
    pub sender: &'a str,
    /// The recipients, in an order that the same ones always have.
    pub recipients: &'a [Id],
    /// The hash of all that came after `DATA`.
    pub text: &'a Hash,
}

impl FingerprintKey {
    /// A new one.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self(key)
    }

    /// One that was kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// To be kept.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Of this message.
    #[must_use]
    pub fn fingerprint(&self, brought: &Brought<'_>) -> Fingerprint {
        let text = Writer::with_capacity(64 + 8 + brought.sender.len() + 16 * brought.recipients.len())
            .raw(&self.0)
            .raw(brought.text)
            .lp(brought.sender.as_bytes())
            .list(brought.recipients, |writer, id| writer.raw(id))
            .finish();
        let mut fingerprint = [0; 16];
        labelled_into(Label::HashMailFingerprint, &text, &mut fingerprint);
        fingerprint
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f10_a_fingerprint_is_that_of_one_message_from_one_sender_to_the_same_recipients_under_one_key() {
        let key = FingerprintKey::from_bytes([1; 32]);
        let (alice, bob) = ([[2; 16]], [[2; 16], [3; 16]]);
        let brought = Brought {
            sender: "a@example.org",
            recipients: &alice,
            text: &[4; 32],
        };
        let fingerprint = key.fingerprint(&brought);
        assert_eq!(key.fingerprint(&brought), fingerprint);
        for other in [
            Brought {
                sender: "b@example.org",
                ..brought
            },
            Brought {
                recipients: &bob,
                ..brought
            },
            Brought {
                text: &[5; 32],
                ..brought
            },
        ] {
            assert_ne!(key.fingerprint(&other), fingerprint, "{other:?}");
        }
        assert_ne!(
            FingerprintKey::from_bytes([9; 32]).fingerprint(&brought),
            fingerprint
        );
        assert_eq!(format!("{key:?}"), "FingerprintKey(***)");
    }
}
