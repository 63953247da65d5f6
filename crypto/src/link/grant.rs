//! What a link grants, and how its owner remembers it.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::LinkSecret;
use crate::codec::{Reader, Writer};
use crate::labels::Label;
use crate::node::{File, MAX_NAME};
use crate::{ArchiveKey, Error, FolderKey, Id, LinkWrapKey, Result, cbox};

const FILE: u8 = 2;
const FOLDER: u8 = 1;

/// What somebody who opens a link gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// One version of one file.
    File(File),
    /// A folder and all below it, as it changes.
    Folder(SharedFolder),
}

/// A folder, as a link describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedFolder {
    /// Its name.
    pub name: String,
    /// The node.
    pub node: Id,
    /// The tree.
    pub volume: Id,
    /// The key under which its children's records are sealed.
    pub key: FolderKey,
    /// The generation of that key.
    pub generation: u32,
}

/// What an owner keeps of a link, to show it again and to re-wrap it when the file behind it is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// The secret after the `#`.
    pub secret: LinkSecret,
    /// Whether it also needs a password.
    pub needs_password: bool,
    /// The key of the grant, which with a password cannot be derived from the secret alone.
    pub wrap: LinkWrapKey,
}

impl Grant {
    /// Seals this for the link `id`, which leads to `node` of `volume`.
    pub fn seal<R: CryptoRng + ?Sized>(
        &self,
        wrap: &LinkWrapKey,
        id: &Id,
        volume: &Id,
        node: &Id,
        rng: &mut R,
    ) -> Vec<u8> {
        cbox::seal(
            wrap.expose(),
            Label::BoxLinkGrant,
            &[id, volume, node],
            &self.encode(),
            rng,
        )
    }

    /// Opens the grant of the link `id`.
    pub fn open(wrap: &LinkWrapKey, id: &Id, volume: &Id, node: &Id, sealed: &[u8]) -> Result<Self> {
        let plain = cbox::open(wrap.expose(), Label::BoxLinkGrant, &[id, volume, node], sealed)?;
        let grant = Self::decode(&plain)?;
        match &grant {
            Self::Folder(folder) if folder.node != *node || folder.volume != *volume => {
                Err(Error::CannotOpen)
            }
            _ => Ok(grant),
        }
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::File(file) => {
                let file = file.encode();
                Writer::with_capacity(file.len() + 1).u8(FILE).raw(&file).finish()
            }
            Self::Folder(folder) => folder.encode(),
        }
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        match plain.split_first() {
            Some((&FILE, rest)) => Ok(Self::File(File::decode(rest)?)),
            Some((&FOLDER, rest)) => Ok(Self::Folder(SharedFolder::decode(rest)?)),
            _ => Err(Error::CannotOpen),
        }
    }
}

impl SharedFolder {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::with_capacity(self.name.len() + 80)
            .u8(FOLDER)
            .lp(self.name.as_bytes())
            .raw(&self.node)
            .raw(&self.volume)
            .raw(self.key.expose())
            .u32(self.generation)
            .finish()
    }

    fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let folder = Self {
            name: reader.text(MAX_NAME)?,
            node: reader.array()?,
            volume: reader.array()?,
            key: FolderKey::from_bytes(reader.key()?),
            generation: reader.u32()?,
        };
        reader.finish()?;
        Ok(folder)
    }
}

impl Archived {
    /// Seals this for the owner's account.
    pub fn seal<R: CryptoRng + ?Sized>(
        &self,
        key: &ArchiveKey,
        account: &Id,
        id: &Id,
        rng: &mut R,
    ) -> Vec<u8> {
        let plain = Writer::with_capacity(65)
            .raw(self.secret.expose())
            .u8(u8::from(self.needs_password))
            .raw(self.wrap.expose())
            .finish();
        cbox::seal(key.expose(), Label::BoxLinkArchive, &[account, id], &plain, rng)
    }

    /// Opens what the owner's account keeps of the link `id`.
    pub fn open(key: &ArchiveKey, account: &Id, id: &Id, sealed: &[u8]) -> Result<Self> {
        Self::decode(&cbox::open(
            key.expose(),
            Label::BoxLinkArchive,
            &[account, id],
            sealed,
        )?)
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let secret = LinkSecret::from_bytes(reader.key()?);
        let needs_password = match reader.u8()? {
            0 => false,
            1 => true,
            _ => return Err(Error::CannotOpen),
        };
        let wrap = LinkWrapKey::from_bytes(reader.key()?);
        reader.finish()?;
        Ok(Self {
            secret,
            needs_password,
            wrap,
        })
    }
}
