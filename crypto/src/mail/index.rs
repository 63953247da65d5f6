//! What an owner keeps of the mailbox as a whole, so that a new device need not open every message again: a *manifest*
//! that names *listings*, in which what was known of messages is written down, and pieces of an index of their words.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::codec::{Reader, Writer};
use crate::labels::Label;
use crate::node::Content;
use crate::{ContentKey, Id, MailKey, Result, cbox};

/// Manifests are filled up to a multiple of this, so that their size tells less of how much there is.
const PADDED: usize = 1024;

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manifest {
    /// All that happened to the mailbox up to this change is in the listings.
    pub change: u64,
    /// Oldest first: what a later one says takes the place of what an earlier one said.
    pub listings: Vec<Piece>,
    /// Which words are in which messages, in any order.
    pub words: Vec<Piece>,
}

/// A content that belongs to the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Of how many messages it tells.
    pub messages: u32,
    /// Where it is.
    pub content: Content,
}

/// The how manieth manifest of whom.
#[derive(Debug, Clone, Copy)]
pub struct ManifestPlace<'a> {
    /// The owner.
    pub account: &'a Id,
    /// Counts from 1.
    pub version: u64,
}

impl Manifest {
    /// The most pieces of each kind.
    pub const MAX_PIECES: u32 = 100;

    /// Seals this for its place. More pieces than [`Manifest::MAX_PIECES`] are refused by [`Manifest::open`].
    pub fn seal<R: CryptoRng + ?Sized>(
        &self,
        key: &MailKey,
        place: ManifestPlace<'_>,
        rng: &mut R,
    ) -> Vec<u8> {
        let version = place.version.to_be_bytes();
        let context = place.context(&version);
        cbox::seal(
            key.expose(),
            Label::BoxMailManifest,
            &context,
            &self.encode(),
            rng,
        )
    }

    /// Opens a manifest.
    ///
    /// # Errors
    /// If it is another one, or none.
    pub fn open(key: &MailKey, place: ManifestPlace<'_>, sealed: &[u8]) -> Result<Self> {
        let version = place.version.to_be_bytes();
        let context = place.context(&version);
        Self::decode(&cbox::open(
            key.expose(),
            Label::BoxMailManifest,
            &context,
            sealed,
        )?)
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let pieces = self.listings.len() + self.words.len();
        Writer::with_capacity(16 + 100 * pieces + PADDED)
            .u64(self.change)
            .list(&self.listings, Piece::write)
            .list(&self.words, Piece::write)
            .pad(PADDED)
            .finish()
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let manifest = Self {
            change: reader.u64()?,
            listings: reader.list(Self::MAX_PIECES, Piece::read)?,
            words: reader.list(Self::MAX_PIECES, Piece::read)?,
        };
        reader.filled(PADDED, plain.len())?;
        Ok(manifest)
    }
}

impl Piece {
    fn write(writer: Writer, piece: &Self) -> Writer {
        let Content {
            id,
            key,
            size,
            chunks,
            digest,
        } = &piece.content;
        writer
            .u32(piece.messages)
            .raw(id)
            .raw(key.expose())
            .u64(*size)
            .u64(*chunks)
            .raw(digest)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            messages: reader.u32()?,
            content: Content {
                id: reader.array()?,
                key: ContentKey::from_bytes(reader.key()?),
                size: reader.u64()?,
                chunks: reader.u64()?,
                digest: reader.array()?,
            },
        })
    }
}

impl ManifestPlace<'_> {
    fn context<'a>(&'a self, version: &'a [u8; 8]) -> [&'a [u8]; 2] {
        [self.account, version]
    }
}
