//! What a device notes of an upload, so that it can go on after a crash, and so that it never seals two texts alike.
//!
//! One key with its header is one sequence of nonces. A part that has left the device, or may have, fixes what its
//! nonces were used for. So the hash of every part is noted, durably, before the part leaves; and a part whose hash is
//! noted may be sent only if sealing it again gives the same hash (threat B7).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::lock::Mutex;
use postern_crypto::Hash;
use postern_crypto::codec::{Reader, Writer};
use postern_crypto::stream::HEADER_LEN;
use postern_protocol::{AccountId, ContentId, parts};
use zeroize::Zeroizing;

use super::begun::Begun;
use crate::device::{Device, Guard, keys};
use crate::{Error, Result, Surroundings};

/// What is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notes {
    account: AccountId,
    begun: Begun,
    size_bytes: u64,
    parts: BTreeMap<u32, Hash>,
}

/// The journal of one upload. Nobody else on this device has it at the same time.
pub(crate) struct Journal {
    device: Rc<dyn Device>,
    place: String,
    notes: RefCell<Notes>,
    writing: Mutex<()>,
    _guard: Guard,
}

/// Forgets a finished or abandoned upload.
///
/// # Errors
/// [`Error::Device`].
pub async fn forget_journal(around: &Surroundings, name: &str) -> Result<()> {
    around.device.delete(&keys::journal(name)).await
}

/// The content of a journal that is there, to abandon its upload.
pub(crate) async fn noted_content(around: &Surroundings, name: &str) -> Result<Option<ContentId>> {
    let noted = around.device.get(&keys::journal(name)).await?;
    Ok(noted
        .and_then(|bytes| Notes::decode(&bytes).ok())
        .map(|notes| notes.begun.content))
}

impl Journal {
    /// The journal of that name: the one that is there, if it is of this account, or a new one with a fresh key.
    ///
    /// # Errors
    /// [`Error::FileDiffers`] if the one that is there is of a source of another size, [`Error::Busy`] if another
    /// process is at it.
    pub(crate) async fn open(
        around: &Surroundings,
        account: AccountId,
        name: &str,
        size_bytes: u64,
    ) -> Result<Self> {
        let place = keys::journal(name);
        let guard = around.device.lock(&place).await?.ok_or(Error::Busy)?;
        let kept = around.device.get(&place).await?;
        let kept = kept
            .and_then(|bytes| Notes::decode(&bytes).ok())
            .filter(|notes| notes.account == account);
        let notes = kept.unwrap_or_else(|| Notes::fresh(around, account, size_bytes));
        if notes.size_bytes != size_bytes {
            return Err(Error::FileDiffers);
        }
        Ok(Self {
            device: Rc::clone(&around.device),
            place,
            notes: RefCell::new(notes),
            writing: Mutex::new(()),
            _guard: guard,
        })
    }

    /// The content that this is the journal of.
    pub(crate) fn begun(&self) -> Begun {
        self.notes.borrow().begun.clone()
    }

    pub(crate) fn noted(&self, part: u32) -> Option<Hash> {
        self.notes.borrow().parts.get(&part).copied()
    }

    /// Notes the hash of a part that is about to leave.
    ///
    /// # Errors
    /// [`Error::FileDiffers`] if another hash is noted: the part must not leave.
    pub(crate) async fn note(&self, part: u32, hash: Hash) -> Result<()> {
        if let Some(noted) = self.noted(part) {
            return if noted == hash {
                Ok(())
            } else {
                Err(Error::FileDiffers)
            };
        }
        let _turn = self.writing.lock().await;
        self.notes.borrow_mut().parts.insert(part, hash);
        let encoded = self.notes.borrow().encode();
        self.device.put(&self.place, &encoded).await
    }
}

impl Notes {
    fn fresh(around: &Surroundings, account: AccountId, size_bytes: u64) -> Self {
        Self {
            account,
            begun: Begun::new(around),
            size_bytes,
            parts: BTreeMap::new(),
        }
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let parts: Vec<_> = self.parts.iter().collect();
        let writer = Writer::with_capacity(160 + HEADER_LEN + parts.len() * 36).raw(&self.account.0);
        self.begun
            .write(writer)
            .u64(self.size_bytes)
            .list(&parts, |writer, (part, hash)| writer.u32(**part).raw(*hash))
            .finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let notes = Self {
            account: AccountId(reader.array()?),
            begun: Begun::read(&mut reader)?,
            size_bytes: reader.u64()?,
            parts: reader
                .list(parts::MAX_PARTS, |reader| Ok((reader.u32()?, reader.array()?)))?
                .into_iter()
                .collect(),
        };
        reader.finish()?;
        Ok(notes)
    }
}
