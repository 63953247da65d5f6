//! What was known of messages, written down: the plaintext of a content that nobody but their owner opens.

use zeroize::Zeroizing;

use super::{MAX_ADDRESS, Mark, Summary};
use crate::codec::{Reader, Writer};
use crate::{ContentKey, Error, Id, Result};

/// What happened to a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// What came, and what is noted on it.
    pub messages: Vec<Listed>,
    /// What is noted on messages that an earlier listing has.
    pub marked: Vec<(Id, Note)>,
    /// What is gone.
    pub deleted: Vec<Id>,
}

/// What is known of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub message: Id,
    /// What it says.
    pub letter: Known,
    /// What is noted on it.
    pub note: Note,
}

/// What a message says, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It did not open. When it came, said the server, in milliseconds since 1970.
    Nothing {
        /// That moment.
        received_ms: i64,
    },
    /// It opened.
    Opened(Box<KnownLetter>),
}

/// A message that opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLetter {
    /// Where it comes from.
    pub origin: Origin,
    /// The address to which it was written, if somebody else sealed it.
    pub address: Option<String>,
    /// Opens its body.
    pub key: ContentKey,
    /// What a list shows.
    pub summary: Summary,
}

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The mail gateway brought it: it signed for it.
    Gateway,
    /// Its owner put it there.
    Owner,
    /// Somebody who knows the public key. Whoever keeps the server's data can do that (threat F9).
    Unknown,
}

/// What is noted on a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// The version of the mark; 0 if there was none.
    pub version: u64,
    /// What.
    pub mark: Mark,
    /// When the server deletes the message by itself, in milliseconds since 1970.
    pub expires_ms: Option<i64>,
}

impl Listing {
    /// The most messages that come in one listing, and the most of each other kind.
    pub const MAX_MESSAGES: u32 = 1 << 14;

    /// The plaintext of the content. More than [`Listing::MAX_MESSAGES`] of a kind are refused by [`Listing::decode`].
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let some = 1 << 10;
        Writer::with_capacity(some * self.messages.len() + 64 * (self.marked.len() + self.deleted.len()) + 16)
            .u8(VERSION)
            .list(&self.messages, Listed::write)
            .list(&self.marked, |writer, (message, note)| {
                note.write(writer.raw(message))
            })
            .list(&self.deleted, |writer, message| writer.raw(message))
            .finish()
    }

    /// Reads what [`Listing::encode`] wrote.
    ///
    /// # Errors
    /// If it is something else.
    pub fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        if reader.u8()? != VERSION {
            return Err(Error::CannotOpen);
        }
        let listing = Self {
            messages: reader.list(Self::MAX_MESSAGES, Listed::read)?,
            marked: reader.list(Self::MAX_MESSAGES, |reader| {
                Ok((reader.array()?, Note::read(reader)?))
            })?,
            deleted: reader.list(Self::MAX_MESSAGES, Reader::array)?,
        };
        reader.finish()?;
        Ok(listing)
    }
}

const VERSION: u8 = 1;
/// Longer than any summary.
const MAX_SUMMARY: usize = 1 << 20;

impl Listed {
    fn write(writer: Writer, listed: &Self) -> Writer {
        let writer = writer.raw(&listed.message);
        let writer = match &listed.letter {
            Known::Nothing { received_ms } => writer.u8(0).i64(*received_ms),
            Known::Opened(letter) => letter.write(writer),
        };
        listed.note.write(writer)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            message: reader.array()?,
            letter: match reader.u8()? {
                0 => Known::Nothing {
                    received_ms: reader.i64()?,
                },
                number => Known::Opened(Box::new(KnownLetter::read(number, reader)?)),
            },
            note: Note::read(reader)?,
        })
    }
}

impl KnownLetter {
    fn write(&self, writer: Writer) -> Writer {
        let address = self.address.as_deref();
        writer
            .u8(self.origin.number())
            .list(address.as_slice(), |writer, address| {
                writer.lp(address.as_bytes())
            })
            .raw(self.key.expose())
            .lp(&self.summary.encode())
    }

    fn read(number: u8, reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            origin: Origin::of(number)?,
            address: reader.list(1, |reader| reader.text(MAX_ADDRESS))?.pop(),
            key: ContentKey::from_bytes(reader.key()?),
            summary: Summary::decode(reader.lp(MAX_SUMMARY)?)?,
        })
    }
}

impl Origin {
    fn number(self) -> u8 {
        match self {
            Self::Gateway => 1,
            Self::Owner => 2,
            Self::Unknown => 3,
        }
    }

    fn of(number: u8) -> Result<Self> {
        match number {
            1 => Ok(Self::Gateway),
            2 => Ok(Self::Owner),
            3 => Ok(Self::Unknown),
            _ => Err(Error::CannotOpen),
        }
    }
}

impl Note {
    fn write(&self, writer: Writer) -> Writer {
        let expires = self.expires_ms.as_slice();
        let writer = writer
            .u64(self.version)
            .list(expires, |writer, expires| writer.i64(*expires));
        self.mark.write(writer)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            version: reader.u64()?,
            expires_ms: reader.list(1, Reader::i64)?.pop(),
            mark: Mark::read(reader)?,
        })
    }
}
