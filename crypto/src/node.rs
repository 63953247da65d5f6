//! Node records: what a file or a folder is, sealed under the key of the folder that holds it.
//!
//! The server sees identifiers, kinds, counters and which content belongs to a node; it needs these to
//! answer and to collect garbage. All of them are in the box's context or are compared with what is inside
//! (threats B9, C1, C4), and all of them enter the set hash.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::codec::{Reader, Writer};
use crate::labels::Label;
use crate::stream::{ContentReader, DIGEST_LEN, Header};
use crate::{ContentKey, Error, FolderKey, Hash, Id, Result, cbox};

/// Bounds of the texts inside, in bytes of UTF-8. Names are judged further by the client.
pub const MAX_NAME: usize = 1024;
/// Bound of a media type.
pub const MAX_MEDIA_TYPE: usize = 255;

/// File or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// Holds other nodes.
    Folder,
    /// Holds a content.
    File,
}

/// Where a record belongs; it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The tree.
    pub volume: Id,
    /// The folder that holds the node.
    pub parent: Id,
    /// The node itself.
    pub node: Id,
    /// The generation of the parent's key, under which the record is sealed.
    pub generation: u32,
    /// Grows with each version of this node's record.
    pub seq: u64,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder(Folder),
    /// A file.
    File(File),
}

/// A folder, as its record describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its name.
    pub name: String,
    /// When it was last changed, in milliseconds since 1970.
    pub mtime_ms: i64,
    /// The key under which its children's records are sealed.
    pub key: FolderKey,
    /// The generation of that key.
    pub generation: u32,
}

/// A file, as its record or a link describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// When it was last changed, in milliseconds since 1970.
    pub mtime_ms: i64,
    /// What kind of content it is, such as `text/plain`; may be empty.
    pub media_type: String,
    /// Where its bytes are, and what opens them.
    pub content: Content,
}

/// A sealed stream, and what opens and checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The identifier in the stream's header; also the name of the stored blob.
    pub id: Id,
    /// What opens it.
    pub key: ContentKey,
    /// Length of the plaintext in bytes.
    pub size: u64,
    /// Number of chunks.
    pub chunks: u64,
    /// The digest of the sealed stream.
    pub digest: Hash,
}

/// A record as the server keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it belongs.
    pub place: Place,
    /// File or folder.
    pub kind: NodeKind,
    /// The content of a file.
    pub content: Option<Id>,
    /// The box.
    pub sealed: &'a [u8],
}

impl NodeKind {
    /// The number in contexts, and in the API.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Folder => 1,
            Self::File => 2,
        }
    }
}

impl Node {
    /// File or folder.
    #[must_use]
    pub fn kind(&self) -> NodeKind {
        match self {
            Self::Folder(_) => NodeKind::Folder,
            Self::File(_) => NodeKind::File,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Folder(folder) => &folder.name,
            Self::File(file) => &file.name,
        }
    }

    /// The content that the server must see named beside the record.
    #[must_use]
    pub fn content(&self) -> Option<Id> {
        match self {
            Self::Folder(_) => None,
            Self::File(file) => Some(file.content.id),
        }
    }

    /// Seals this for its place, under the key of the parent folder.
    pub fn seal<R: CryptoRng + ?Sized>(&self, place: &Place, parent: &FolderKey, rng: &mut R) -> Vec<u8> {
        let plain = match self {
            Self::Folder(folder) => folder.encode(),
            Self::File(file) => file.encode(),
        };
        place.with_context(self.kind(), |context| {
            cbox::seal(parent.expose(), Label::BoxNode, context, &plain, rng)
        })
    }
}

impl Record<'_> {
    /// Opens the record with the key of the folder that is said to hold it.
    pub fn open(&self, parent: &FolderKey) -> Result<Node> {
        let plain = self.place.with_context(self.kind, |context| {
            cbox::open(parent.expose(), Label::BoxNode, context, self.sealed)
        })?;
        let node = match self.kind {
            NodeKind::Folder => Node::Folder(Folder::decode(&plain)?),
            NodeKind::File => Node::File(File::decode(&plain)?),
        };
        if node.content() == self.content {
            Ok(node)
        } else {
            Err(Error::CannotOpen)
        }
    }
}

impl Place {
    fn with_context<T>(&self, kind: NodeKind, use_it: impl FnOnce(&[&[u8]]) -> T) -> T {
        let (kind, generation, seq) = (
            [kind.number()],
            self.generation.to_be_bytes(),
            self.seq.to_be_bytes(),
        );
        use_it(&[&self.volume, &self.parent, &self.node, &kind, &generation, &seq])
    }
}

impl Folder {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::with_capacity(self.name.len() + 48)
            .lp(self.name.as_bytes())
            .i64(self.mtime_ms)
            .raw(self.key.expose())
            .u32(self.generation)
            .finish()
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let folder = Self {
            name: reader.text(MAX_NAME)?,
            mtime_ms: reader.i64()?,
            key: FolderKey::from_bytes(reader.key()?),
            generation: reader.u32()?,
        };
        reader.finish()?;
        Ok(folder)
    }
}

impl File {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::with_capacity(self.name.len() + self.media_type.len() + 120)
            .lp(self.name.as_bytes())
            .i64(self.mtime_ms)
            .u64(self.content.size)
            .lp(self.media_type.as_bytes())
            .raw(&self.content.id)
            .raw(self.content.key.expose())
            .raw(&self.content.digest)
            .u64(self.content.chunks)
            .finish()
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let file = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(file)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let name = reader.text(MAX_NAME)?;
        let mtime_ms = reader.i64()?;
        let size = reader.u64()?;
        let media_type = reader.text(MAX_MEDIA_TYPE)?;
        let id = reader.array()?;
        let key = ContentKey::from_bytes(reader.key()?);
        let digest: [u8; DIGEST_LEN] = reader.array()?;
        let chunks = reader.u64()?;
        Ok(Self {
            name,
            mtime_ms,
            media_type,
            content: Content {
                id,
                key,
                size,
                chunks,
                digest,
            },
        })
    }
}

impl Content {
    /// A reader of the stream with this header, whose length is known from the record that named it.
    pub fn reader(&self, header: &[u8]) -> Result<ContentReader> {
        let header = Header::parse(header)?;
        let right = header.content() == &self.id && header.layout().chunks(self.size) == self.chunks;
        if !right {
            return Err(Error::CannotOpen);
        }
        ContentReader::of_length(&self.key, &header, self.size)
    }
}
