//! A content that was begun: what it has of its own before anything of it is sealed.

use postern_crypto::codec::{Reader, Writer};
use postern_crypto::node::Content;
use postern_crypto::stream::{ContentSealer, HEADER_LEN, digest};
use postern_crypto::{ContentKey, Hash};
use postern_protocol::ContentId;

use super::cutting::chunks;
use crate::{Result, Surroundings};

/// An id, a key and a header, each of this content alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) content: ContentId,
    key: ContentKey,
    header: [u8; HEADER_LEN],
}

impl Begun {
    /// A new content.
    pub(crate) fn new(around: &Surroundings) -> Self {
        let (content, mut rng): (ContentId, _) = (around.new_id(), around.rng());
        let key = ContentKey::generate(&mut rng);
        let sealer = ContentSealer::create(&key, &content.0, &mut rng);
        Self {
            header: *sealer.header().as_bytes(),
            content,
            key,
        }
    }

    /// What seals it.
    ///
    /// # Errors
    /// If key and header are not of one content.
    pub(crate) fn sealer(&self) -> Result<ContentSealer> {
        Ok(ContentSealer::resume(&self.key, &self.header)?)
    }

    pub(crate) fn write(&self, writer: Writer) -> Writer {
        writer
            .raw(&self.content.0)
            .raw(self.key.expose())
            .raw(&self.header)
    }

    /// What [`Begun::write`] wrote.
    ///
    /// # Errors
    /// If it is not that.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            content: ContentId(reader.array()?),
            key: ContentKey::from_bytes(reader.key()?),
            header: reader.array()?,
        })
    }

    /// What opens it, now that all of it is sealed: `size` bytes of plaintext, in segments with these hashes.
    pub(crate) fn finish(self, size: u64, segments: &[Hash]) -> Content {
        Content {
            id: self.content.0,
            key: self.key,
            size,
            chunks: chunks(size),
            digest: digest(segments),
        }
    }
}
