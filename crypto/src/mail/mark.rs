//! What the owner of a message notes on it: whether it was read, and where it lies.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::codec::{Reader, Writer};
use crate::labels::Label;
use crate::{Error, Id, MailKey, Result, cbox};

/// Marks are filled up to a multiple of this: their size tells nothing of what is noted, up to six labels.
const PADDED: usize = 128;

/// What is noted on a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// It was read.
    pub is_read: bool,
    /// It has a star.
    pub is_starred: bool,
    /// It was answered.
    pub is_answered: bool,
    /// It was passed on.
    pub is_forwarded: bool,
    /// Where it lies.
    pub place: Place,
    /// Its labels.
    pub labels: Vec<Id>,
}

/// Where a message lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Where new messages come.
    #[default]
    Inbox,
    /// Kept, out of sight.
    Archive,
    /// To be deleted.
    Trash,
    /// Unwanted.
    Spam,
    /// Written here.
    Sent,
    /// In a folder that the owner made.
    Folder(Id),
}

/// On which message of whom a mark stands, and the how manieth it is.
#[derive(Debug, Clone, Copy)]
pub struct MarkPlace<'a> {
    /// The owner.
    pub account: &'a Id,
    /// The message.
    pub message: &'a Id,
    /// Counts from 1.
    pub version: u64,
}

impl Mark {
    /// The most labels.
    pub const MAX_LABELS: u32 = 32;

    /// Seals this for its place. More labels than [`Mark::MAX_LABELS`] are refused by [`Mark::open`].
    pub fn seal<R: CryptoRng + ?Sized>(&self, key: &MailKey, place: MarkPlace<'_>, rng: &mut R) -> Vec<u8> {
        place.seal(key, &self.encode(), rng)
    }

    /// Opens a mark.
    ///
    /// # Errors
    /// If it does not stand there, or is not one.
    pub fn open(key: &MailKey, place: MarkPlace<'_>, sealed: &[u8]) -> Result<Self> {
        Self::decode(&place.open(key, sealed)?)
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let writer = Writer::with_capacity(22 + 16 * self.labels.len() + PADDED);
        self.write(writer).pad(PADDED).finish()
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let mark = Self::read(&mut reader)?;
        reader.filled(PADDED, plain.len())?;
        Ok(mark)
    }

    pub(super) fn write(&self, writer: Writer) -> Writer {
        let (number, folder) = self.place.encode();
        writer
            .u8(self.flags())
            .u8(number)
            .raw(&folder)
            .list(&self.labels, |writer, label| writer.raw(label))
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let flags = reader.u8()?;
        let mark = Self {
            is_read: flags & READ != 0,
            is_starred: flags & STARRED != 0,
            is_answered: flags & ANSWERED != 0,
            is_forwarded: flags & FORWARDED != 0,
            place: Place::decode(reader.u8()?, reader.array()?)?,
            labels: reader.list(Self::MAX_LABELS, Reader::array)?,
        };
        if mark.flags() == flags {
            Ok(mark)
        } else {
            Err(Error::CannotOpen)
        }
    }

    fn flags(&self) -> u8 {
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        flag(self.is_read, READ)
            | flag(self.is_starred, STARRED)
            | flag(self.is_answered, ANSWERED)
            | flag(self.is_forwarded, FORWARDED)
    }
}

const NO_FOLDER: Id = [0; 16];
const READ: u8 = 1;
const STARRED: u8 = 2;
const ANSWERED: u8 = 4;
const FORWARDED: u8 = 8;

impl Place {
    fn encode(self) -> (u8, Id) {
        match self {
            Self::Inbox => (1, NO_FOLDER),
            Self::Archive => (2, NO_FOLDER),
            Self::Trash => (3, NO_FOLDER),
            Self::Spam => (4, NO_FOLDER),
            Self::Sent => (5, NO_FOLDER),
            Self::Folder(folder) => (6, folder),
        }
    }

    fn decode(number: u8, folder: Id) -> Result<Self> {
        match (number, folder) {
            (1, NO_FOLDER) => Ok(Self::Inbox),
            (2, NO_FOLDER) => Ok(Self::Archive),
            (3, NO_FOLDER) => Ok(Self::Trash),
            (4, NO_FOLDER) => Ok(Self::Spam),
            (5, NO_FOLDER) => Ok(Self::Sent),
            (6, folder) => Ok(Self::Folder(folder)),
            _ => Err(Error::CannotOpen),
        }
    }
}

impl MarkPlace<'_> {
    fn seal<R: CryptoRng + ?Sized>(&self, key: &MailKey, plain: &[u8], rng: &mut R) -> Vec<u8> {
        let version = self.version.to_be_bytes();
        let context = self.context(&version);
        cbox::seal(key.expose(), Label::BoxMailMark, &context, plain, rng)
    }

    fn open(&self, key: &MailKey, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let version = self.version.to_be_bytes();
        cbox::open(key.expose(), Label::BoxMailMark, &self.context(&version), sealed)
    }

    fn context<'a>(&'a self, version: &'a [u8; 8]) -> [&'a [u8]; 3] {
        [self.account, self.message, version]
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    const PLACE: MarkPlace<'_> = MarkPlace {
        account: &[1; 16],
        message: &[2; 16],
        version: 3,
    };

    fn opened(plain: &[u8]) -> Result<Mark> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let key = MailKey::generate(&mut rng);
        Mark::open(&key, PLACE, &PLACE.seal(&key, plain, &mut rng))
    }

    #[test]
    fn a3_marks_that_open_and_are_malformed_fail_like_those_that_do_not_open() {
        let mark = Mark::default();
        let right = mark.encode().to_vec();
        assert_eq!(opened(&right), Ok(mark));
        let changed = |at: usize, byte| {
            let mut plain = right.clone();
            plain[at] = byte;
            plain
        };
        let others = [
            // Flags and places that nobody knows, a folder that is none, labels beyond all, a filling that is none.
            changed(0, 16),
            changed(1, 0),
            changed(1, 7),
            changed(2, 1),
            changed(18, 1),
            changed(21, 7),
            changed(127, 1),
            [&right[..], &[0]].concat(),
            [&right[..], &[0; PADDED]].concat(),
            right[..PADDED - 1].to_vec(),
            Vec::new(),
        ];
        for plain in others {
            assert_eq!(opened(&plain), Err(Error::CannotOpen), "{plain:?}");
        }
    }

    #[test]
    fn a_mark_is_as_long_whatever_is_noted_up_to_six_labels() {
        let with = |labels: u8, place| Mark {
            place,
            labels: (0..labels).map(|label| [label; 16]).collect(),
            ..Mark::default()
        };
        for mark in [with(0, Place::Inbox), with(6, Place::Folder([7; 16]))] {
            assert_eq!(mark.encode().len(), PADDED);
        }
        assert_eq!(with(7, Place::Inbox).encode().len(), 2 * PADDED);
        assert!(opened(&with(32, Place::Inbox).encode()).is_ok());
        assert!(opened(&with(33, Place::Inbox).encode()).is_err());
    }
}
