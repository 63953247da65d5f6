//! A finished content on its way from whoever uploaded it to whoever attaches it, as bytes.

use postern_crypto::ContentKey;
use postern_crypto::codec::{Reader, Writer};
use postern_crypto::node::Content;
use zeroize::Zeroizing;

use crate::Result;

/// Packs `content`, key included.
#[must_use]
pub fn encode_content(content: &Content) -> Zeroizing<Vec<u8>> {
    Writer::with_capacity(96)
        .raw(&content.id)
        .raw(content.key.expose())
        .u64(content.size)
        .u64(content.chunks)
        .raw(&content.digest)
        .finish()
}

/// What [`encode_content`] packed.
///
/// # Errors
/// If it is not that.
pub fn decode_content(bytes: &[u8]) -> Result<Content> {
    let mut reader = Reader::new(bytes);
    let content = Content {
        id: reader.array()?,
        key: ContentKey::from_bytes(reader.key()?),
        size: reader.u64()?,
        chunks: reader.u64()?,
        digest: reader.array()?,
    };
    reader.finish()?;
    Ok(content)
}
