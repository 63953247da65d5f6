//! `LtHash16`: the hash of a set that takes and gives up one element at the same small cost, however large
//! the set is. 1,024 lanes of 16 bits, added lane by lane.
//!
//! Bellare and Micciancio's construction with the parameters of Lewi et al. (2019), at about 200 bits of
//! security. An element is BLAKE3's extended output over everything that a server shows of a record.

use crate::codec::Writer;
use crate::hash::{labelled, labelled_into};
use crate::labels::Label;
use crate::node::Record;
use crate::{Error, Hash, Result};

const LANES: usize = 1024;

/// Length of the state in bytes.
pub const STATE_LEN: usize = LANES * 2;

/// The hash of a set of records.
#[derive(Clone, PartialEq, Eq)]
pub struct SetHash {
    lanes: Box<[u16; LANES]>,
}

impl SetHash {
    /// The hash of the empty set.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            lanes: Box::new([0; LANES]),
        }
    }

    /// Adds a record.
    pub fn add(&mut self, record: &Record<'_>) {
        self.combine(&element(record), u16::wrapping_add);
    }

    /// Takes away a record that was added.
    pub fn remove(&mut self, record: &Record<'_>) {
        self.combine(&element(record), u16::wrapping_sub);
    }

    /// What stands in a volume head.
    #[must_use]
    pub fn digest(&self) -> Hash {
        labelled(Label::HashSet, &self.to_bytes())
    }

    /// The state, to keep: lanes little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect()
    }

    /// A state that was kept.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() != STATE_LEN {
            return Err(Error::CannotOpen);
        }
        let mut set = Self::empty();
        set.combine(bytes, |_, lane| lane);
        Ok(set)
    }

    fn combine(&mut self, bytes: &[u8], with: impl Fn(u16, u16) -> u16) {
        for (lane, pair) in self.lanes.iter_mut().zip(bytes.chunks_exact(2)) {
            *lane = with(*lane, u16::from_le_bytes([pair[0], pair[1]]));
        }
    }
}

impl Default for SetHash {
    fn default() -> Self {
        Self::empty()
    }
}

impl std::fmt::Debug for SetHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SetHash({:02x?}…)", &self.digest()[..8])
    }
}

/// Everything that the server shows of a record: what is left out here could be changed unseen.
fn element(record: &Record<'_>) -> [u8; STATE_LEN] {
    let text = Writer::with_capacity(record.sealed.len() + 128)
        .raw(&record.place.volume)
        .raw(&record.place.parent)
        .raw(&record.place.node)
        .u8(record.kind.number())
        .u32(record.place.generation)
        .u64(record.place.seq)
        .u8(u8::from(record.content.is_some()))
        .raw(&record.content.unwrap_or_default())
        .lp(record.sealed)
        .finish();
    let mut element = [0; STATE_LEN];
    labelled_into(Label::HashRecord, &text, &mut element);
    element
}
