//! The state object: what the devices of an account tell each other about what they have seen, so that a
//! server cannot show an older world to one of them (threats A12, C3, D5).

use zeroize::Zeroizing;

use crate::codec::{Reader, Writer};
use crate::directory::DirectoryHead;
use crate::identity::IdentityPublic;
use crate::{Hash, Id, Result};

const MAX_NAME: usize = 64;

/// What an account's devices have seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Grows by one at each change; also the version under which the server keeps the object.
    pub counter: u64,
    /// The generation of the account key.
    pub generation: u32,
    /// No suite below this is accepted again.
    pub min_suite: u8,
    /// The end of the account's own directory log.
    pub directory: DirectoryHead,
    /// Other accounts, as they were first seen.
    pub pins: Vec<Pin>,
    /// The highest head of each volume.
    pub volumes: Vec<VolumeHead>,
}

/// Another account, as it was first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub account: Id,
    /// The key by which it signs.
    pub identity: IdentityPublic,
    /// The end of its log.
    pub directory: DirectoryHead,
}

/// The highest head of a volume that any device has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolumeHead {
    /// The volume.
    pub volume: Id,
    /// The head's counter.
    pub counter: u64,
    /// The head's hash.
    pub hash: Hash,
}

impl State {
    /// The most pins.
    pub const MAX_PINS: u32 = 4096;
    /// The most volumes.
    pub const MAX_VOLUMES: u32 = 4096;

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::with_capacity(128 + self.pins.len() * 160 + self.volumes.len() * 56)
            .u64(self.counter)
            .u32(self.generation)
            .u8(self.min_suite)
            .u64(self.directory.seq)
            .raw(&self.directory.hash)
            .list(&self.pins, |writer, pin| pin.encode(writer))
            .list(&self.volumes, |writer, head| head.encode(writer))
            .u32(0) // devices: none in this suite's first form
            .finish()
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let state = Self {
            counter: reader.u64()?,
            generation: reader.u32()?,
            min_suite: reader.u8()?,
            directory: decode_directory(&mut reader)?,
            pins: reader.list(Self::MAX_PINS, Pin::decode)?,
            volumes: reader.list(Self::MAX_VOLUMES, VolumeHead::decode)?,
        };
        reader.list(0, |_| Ok(()))?;
        reader.finish()?;
        Ok(state)
    }
}

impl Pin {
    fn encode(&self, writer: Writer) -> Writer {
        writer
            .lp(self.name.as_bytes())
            .raw(&self.account)
            .raw(self.identity.as_bytes())
            .u64(self.directory.seq)
            .raw(&self.directory.hash)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            name: reader.text(MAX_NAME)?,
            account: reader.array()?,
            identity: IdentityPublic::from_bytes(reader.array()?)?,
            directory: decode_directory(reader)?,
        })
    }
}

impl VolumeHead {
    fn encode(&self, writer: Writer) -> Writer {
        writer.raw(&self.volume).u64(self.counter).raw(&self.hash)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            volume: reader.array()?,
            counter: reader.u64()?,
            hash: reader.array()?,
        })
    }
}

fn decode_directory(reader: &mut Reader<'_>) -> Result<DirectoryHead> {
    Ok(DirectoryHead {
        seq: reader.u64()?,
        hash: reader.array()?,
    })
}
