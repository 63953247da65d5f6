//! The root object: where the tree begins. The root folder has no record of its own.

use zeroize::Zeroizing;

use crate::codec::{Reader, Writer};
use crate::{FolderKey, Id, Result};

/// The root folder of "My drive".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The volume.
    pub volume: Id,
    /// The root folder's node.
    pub node: Id,
    /// Its key.
    pub key: FolderKey,
    /// The generation of its key.
    pub generation: u32,
}

impl Root {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::with_capacity(68)
            .raw(&self.volume)
            .raw(&self.node)
            .raw(self.key.expose())
            .u32(self.generation)
            .finish()
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let root = Self {
            volume: reader.array()?,
            node: reader.array()?,
            key: FolderKey::from_bytes(reader.key()?),
            generation: reader.u32()?,
        };
        reader.finish()?;
        Ok(root)
    }
}
