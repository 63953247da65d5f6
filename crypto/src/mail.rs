//! Mail that a gateway took in: sealed to each recipient, so that only they read it, and signed, so that nobody else can
//! put mail there in the gateway's name. And what its owner adds: [`Mark`]s, and messages of their [`Own`].
//!
//! A message has one body, a stream under a content key of its own whose content identifier is the message's, and one
//! [`Summary`], a box under the same key: what a list of messages shows. Each recipient has an *envelope* besides, which
//! holds that key. The body may be large and the recipients many; the envelope is all that differs.
//!
//! Anybody can seal to a public key. What says that a message came through the gateway is the gateway's signature inside
//! the envelope, over the recipient and the summary, which in turn names the digest of the body (threat F9). It is made
//! for one recipient: who got a message cannot pass it on as if the gateway had brought it to somebody else.

mod fingerprint;
mod index;
mod listing;
mod mark;
mod own;
mod shortening;
mod summary;

use rand_core::CryptoRng;

use crate::codec::{Reader, Writer};
use crate::derive::info;
use crate::hash::labelled;
use crate::identity::{IdentityKey, IdentityPublic, Signature};
use crate::labels::Label;
use crate::sealing::{SealingKey, SealingPublic};
use crate::{ContentKey, Error, Id, Result, SUITE, primitives};

pub use fingerprint::{Brought, Fingerprint, FingerprintKey};
pub use index::{Manifest, ManifestPlace, Piece};
pub use listing::{Known, KnownLetter, Listed, Listing, Note, Origin};
pub use mark::{Mark, MarkPlace, Place};
pub use own::Own;
pub use summary::{Attachment, Checks, Mailbox, Peer, Summary, Verdict};

/// The name under which gateways are known. No account can have it: it has a colon.
pub const GATEWAY_NAME: &str = "gateway:mail";

/// The longest address, in bytes: 64 before the `@`, 255 behind it (RFC 5321, 4.5.3.1).
pub const MAX_ADDRESS: usize = 320;

/// The longest envelope.
pub const MAX_ENVELOPE: usize = 1 + primitives::KEM_ENC_LEN + 32 + 4 + MAX_ADDRESS + 64 + primitives::TAG_LEN;

/// One message on its way to one recipient.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The message.
    pub message: &'a Id,
    /// The recipient.
    pub account: &'a Id,
    /// The recipient's key.
    pub sealing: &'a SealingPublic,
}

/// What was in an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Opens body and summary.
    pub key: ContentKey,
    /// The address to which it was written.
    pub address: String,
    /// What was signed, without the label.
    signed_place: Vec<u8>,
    signature: Signature,
}

impl Delivery<'_> {
    /// `suite(1) ‖ encapsulated key(1120) ‖ AEAD(CEK(32) ‖ text address ‖ signature(64))`. `summary` is the sealed one.
    ///
    /// # Errors
    /// If `address` is too long.
    pub fn seal<R: CryptoRng + ?Sized>(
        &self,
        gateway: &IdentityKey,
        key: &ContentKey,
        address: &str,
        summary: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>> {
        if address.len() > MAX_ADDRESS {
            return Err(Error::CannotOpen);
        }
        let signature = gateway.sign(Label::SignMail, &signed(&self.place(address), summary));
        let text = Writer::with_capacity(MAX_ENVELOPE)
            .raw(key.expose())
            .lp(address.as_bytes())
            .raw(&signature)
            .finish();
        let (enc, sealed) = self.sealing.seal(&self.info(), &text, rng)?;
        Ok([&[SUITE][..], &enc, &sealed].concat())
    }

    /// Opens an envelope. Who made it is another question: [`Delivered::came_through`].
    ///
    /// # Errors
    /// If it is not for this place, or not an envelope.
    pub fn open(&self, key: &SealingKey, envelope: &[u8]) -> Result<Delivered> {
        if envelope.len() > MAX_ENVELOPE || key.public() != self.sealing {
            return Err(Error::CannotOpen);
        }
        let mut reader = Reader::new(envelope);
        if reader.u8()? != SUITE {
            return Err(Error::CannotOpen);
        }
        let enc = reader.array()?;
        let sealed = reader.raw(envelope.len().saturating_sub(1 + enc.len()))?;
        let text = key.open(&enc, &self.info(), sealed)?;
        self.decode(&text)
    }

    pub(crate) fn decode(&self, text: &[u8]) -> Result<Delivered> {
        let mut reader = Reader::new(text);
        let key = ContentKey::from_bytes(reader.key()?);
        let address = reader.text(MAX_ADDRESS)?;
        let signature = reader.array()?;
        reader.finish()?;
        Ok(Delivered {
            key,
            signed_place: self.place(&address),
            address,
            signature,
        })
    }

    fn info(&self) -> Vec<u8> {
        info(Label::Mail, &[self.message, self.account, &self.sealing.id()])
    }

    fn place(&self, address: &str) -> Vec<u8> {
        Writer::with_capacity(128 + address.len())
            .u8(SUITE)
            .raw(self.message)
            .raw(self.account)
            .raw(&self.sealing.id())
            .lp(address.as_bytes())
            .finish()
            .to_vec()
    }
}

impl Delivered {
    /// Whether this gateway brought it, with this sealed summary, to this recipient.
    #[must_use]
    pub fn came_through(&self, gateway: &IdentityPublic, summary: &[u8]) -> bool {
        let text = signed(&self.signed_place, summary);
        gateway.verify(Label::SignMail, &text, &self.signature).is_ok()
    }
}

fn signed(place: &[u8], summary: &[u8]) -> Vec<u8> {
    [place, &labelled(Label::HashMailSummary, summary)].concat()
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    /// Bob got a message, so he has its key and what the gateway signed for him; he knows Alice's public key, too.
    #[test]
    fn a_message_to_bob_cannot_be_passed_on_as_one_to_alice() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let gateway = IdentityKey::generate(&mut rng);
        let key = ContentKey::generate(&mut rng);
        let summary = Summary::default().seal(&key, &[1; 16], &mut rng);
        let people = [2, 3].map(|account| ([account; 16], SealingKey::generate(&mut rng)));
        let publics = people.each_ref().map(|(_, key)| key.public());
        let [to_alice, to_bob] = [0, 1].map(|at| Delivery {
            message: &[1; 16],
            account: &people[at].0,
            sealing: publics[at],
        });
        let envelope = to_bob
            .seal(&gateway, &key, "bob@example.org", &summary, &mut rng)
            .expect("a short address");
        let got = to_bob.open(&people[1].1, &envelope).expect("written to bob");
        assert!(got.came_through(&gateway.public(), &summary));

        for address in ["bob@example.org", "alice@example.org"] {
            let text = Writer::default()
                .raw(got.key.expose())
                .lp(address.as_bytes())
                .raw(&got.signature)
                .finish();
            let (enc, sealed) = publics[0]
                .seal(&to_alice.info(), &text, &mut rng)
                .expect("anybody can seal");
            let forged = [&[SUITE][..], &enc, &sealed].concat();
            let shown = to_alice.open(&people[0].1, &forged).expect("it opens");
            assert!(!shown.came_through(&gateway.public(), &summary));
        }
    }
}
