//! The mail object: the key under which an account's owner notes things on messages, and how they ordered them.

use zeroize::Zeroizing;

use crate::codec::{Reader, Writer};
use crate::mail::MAX_ADDRESS;
use crate::{Id, MailKey, Result};

/// Where the mail of an account begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRoot {
    /// Grows by one at each change; also the version under which the server keeps the object.
    pub counter: u64,
    /// Seals marks, and the keys of messages that the owner puts here.
    pub key: MailKey,
    /// The folders that the owner made.
    pub folders: Vec<Tag>,
    /// The labels that the owner made.
    pub labels: Vec<Tag>,
    /// After how many days what lies in the trash is deleted; 0: never.
    pub trash_days: u32,
    /// After how many days what lies in spam is deleted; 0: never.
    pub spam_days: u32,
    /// Whose messages load pictures from elsewhere: addresses.
    pub trusted: Vec<String>,
}

/// A folder or a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// What marks call it.
    pub id: Id,
    /// What people call it.
    pub name: String,
    /// One of the colours that programs have for it.
    pub colour: u8,
}

impl MailRoot {
    /// The most folders, and the most labels.
    pub const MAX_TAGS: u32 = 512;
    /// The longest name of a folder or label, in bytes.
    pub const MAX_TAG_NAME: usize = 255;
    /// The most senders whose messages load pictures.
    pub const MAX_TRUSTED: u32 = 2048;

    /// The beginning of a new account's mail.
    #[must_use]
    pub fn new(key: MailKey) -> Self {
        Self {
            counter: 1,
            key,
            folders: Vec::new(),
            labels: Vec::new(),
            trash_days: 30,
            spam_days: 30,
            trusted: Vec::new(),
        }
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::with_capacity(self.capacity())
            .u64(self.counter)
            .raw(self.key.expose())
            .list(&self.folders, Tag::encode)
            .list(&self.labels, Tag::encode)
            .u32(self.trash_days)
            .u32(self.spam_days)
            .list(&self.trusted, |writer, address| writer.lp(address.as_bytes()))
            .finish()
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let root = Self {
            counter: reader.u64()?,
            key: MailKey::from_bytes(reader.key()?),
            folders: reader.list(Self::MAX_TAGS, Tag::decode)?,
            labels: reader.list(Self::MAX_TAGS, Tag::decode)?,
            trash_days: reader.u32()?,
            spam_days: reader.u32()?,
            trusted: reader.list(Self::MAX_TRUSTED, |reader| reader.text(MAX_ADDRESS))?,
        };
        reader.finish()?;
        Ok(root)
    }

    /// Enough: the key is in the first bytes, and growing would leave a copy of it behind.
    fn capacity(&self) -> usize {
        let tags = self.folders.iter().chain(&self.labels);
        let tags: usize = tags.map(|tag| tag.name.len() + 21).sum();
        let trusted: usize = self.trusted.iter().map(|address| address.len() + 4).sum();
        64 + tags + trusted
    }
}

impl Tag {
    fn encode(writer: Writer, tag: &Self) -> Writer {
        writer.raw(&tag.id).lp(tag.name.as_bytes()).u8(tag.colour)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            id: reader.array()?,
            name: reader.text(MailRoot::MAX_TAG_NAME)?,
            colour: reader.u8()?,
        })
    }
}
