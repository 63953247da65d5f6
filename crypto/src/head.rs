//! Volume heads: one signed text that says what the whole tree is, so that no record can be dropped,
//! added, replayed or moved without being seen.

use crate::codec::{Reader, Writer};
use crate::hash::labelled;
use crate::identity::{IdentityKey, IdentityPublic};
use crate::labels::Label;
use crate::lthash::SetHash;
use crate::{Error, Hash, Id, Result, SUITE};

/// Length of a head's encoding, without the signature.
const ENCODED_LEN: usize = 1 + 16 + 8 + 32 + 32 + 32 + 1;

/// Length of a signed head.
pub const HEAD_LEN: usize = ENCODED_LEN + 64;

/// What a volume is at one point of its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The tree.
    pub volume: Id,
    /// Grows by one with each batch of changes, from 0.
    pub counter: u64,
    /// Hash of the head before; zeros for the first.
    pub previous: Hash,
    /// Digest of the set of all live records.
    pub set: Hash,
    /// Hash of the list of members.
    pub members: Hash,
    /// No suite below this is accepted in this volume again.
    pub min_suite: u8,
}

/// Somebody who may write into a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub account: Id,
    /// The key by which it signs.
    pub identity: IdentityPublic,
}

impl Head {
    /// The head of a new volume: no record, one owner.
    #[must_use]
    pub fn first(volume: Id, owner: &Member) -> Self {
        Self {
            volume,
            counter: 0,
            previous: [0; 32],
            set: SetHash::empty().digest(),
            members: members_hash(&[*owner]),
            min_suite: SUITE,
        }
    }

    /// The head after this one, whose signed form is `signed`.
    #[must_use]
    pub fn next(&self, signed: &[u8], set: &SetHash) -> Self {
        Self {
            counter: self.counter + 1,
            previous: head_hash(signed),
            set: set.digest(),
            ..*self
        }
    }

    /// The signed head: the encoding, then the signature.
    #[must_use]
    pub fn sign(&self, key: &IdentityKey) -> Vec<u8> {
        let mut signed = self.encode();
        let signature = key.sign(Label::SignHead, &signed);
        signed.extend_from_slice(&signature);
        signed
    }

    /// Takes a signed head apart and checks the signature.
    pub fn verify(signed: &[u8], signer: &IdentityPublic) -> Result<Self> {
        let (encoding, signature) = signed.split_last_chunk::<64>().ok_or(Error::CannotOpen)?;
        signer.verify(Label::SignHead, encoding, signature)?;
        Self::decode(encoding)
    }

    /// Whether this head comes right after `before`, whose signed form is `signed_before`.
    pub fn check_follows(&self, before: &Head, signed_before: &[u8]) -> Result<()> {
        let right = self.volume == before.volume
            && before.counter.checked_add(1) == Some(self.counter)
            && self.previous == head_hash(signed_before)
            && self.min_suite >= before.min_suite;
        if right { Ok(()) } else { Err(Error::CannotOpen) }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(HEAD_LEN)
            .u8(SUITE)
            .raw(&self.volume)
            .u64(self.counter)
            .raw(&self.previous)
            .raw(&self.set)
            .raw(&self.members)
            .u8(self.min_suite)
            .finish()
            .to_vec()
    }

    pub(crate) fn decode(encoding: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(encoding);
        if reader.u8()? != SUITE {
            return Err(Error::CannotOpen);
        }
        let head = Self {
            volume: reader.array()?,
            counter: reader.u64()?,
            previous: reader.array()?,
            set: reader.array()?,
            members: reader.array()?,
            min_suite: reader.u8()?,
        };
        reader.finish()?;
        // A volume that asks for a suite which this program does not have is not this program's to read.
        if head.min_suite == SUITE {
            Ok(head)
        } else {
            Err(Error::CannotOpen)
        }
    }
}

/// The hash by which the next head, a state and a device name a signed head.
#[must_use]
pub fn head_hash(signed: &[u8]) -> Hash {
    labelled(Label::HashHead, signed)
}

/// The hash of a list of members, in the order of their accounts.
#[must_use]
pub fn members_hash(members: &[Member]) -> Hash {
    let mut sorted = members.to_vec();
    sorted.sort_unstable_by_key(|member| member.account);
    let text = Writer::with_capacity(4 + sorted.len() * 48)
        .list(&sorted, |writer, member| {
            writer.raw(&member.account).raw(member.identity.as_bytes())
        })
        .finish();
    labelled(Label::HashMembers, &text)
}
