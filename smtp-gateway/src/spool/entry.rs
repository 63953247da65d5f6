//! What the journal says of a message: when it came, where it lies, and by what it is known.

use bytes::Bytes;
use postern_crypto::codec::{Reader, Writer};
use postern_crypto::hash::{equal, hash};
use postern_crypto::mail::Fingerprint;
use postern_domain::store::Digest;
use postern_protocol::{MessageId, TimeMs};

use super::LARGEST_SMALL;
use super::circular::Extent;
use super::error::Damaged;
use super::flash::PAGE_BYTES;

/// The most bytes of one item of the journal: what fits into a page beside its head and the page's own marks.
const MAX_ITEM_BYTES: usize = PAGE_BYTES - 64;

/// The most records that are put into one item.
pub(super) const MAX_RECORDS: usize = (MAX_ITEM_BYTES - ITEM_HEAD_BYTES) / MAX_RECORD_BYTES;

/// The format of items.
const FORMAT: u8 = 1;

/// What an item has before its first record.
const ITEM_HEAD_BYTES: usize = 1 + 4;

/// The longest record, which is that of a file.
const MAX_RECORD_BYTES: usize = 8 + 1 + 16 + 1 + 16 + 8 + 32;

/// A message that was taken and not handed on yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) receipt: Receipt,
    pub(super) content: Content,
}

/// That a message was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    /// When.
    pub(super) received: TimeMs,
    /// By what it is known again if it is brought twice, if it can be.
    pub(super) fingerprint: Option<Fingerprint>,
}

/// Where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A small one, which is in memory too.
    Small(Small),
    /// A small one that could not be read when the spool was opened, and perhaps can be later: it lies there still.
    Unread(Extent, Digest),
    /// A larger one, which is a file.
    File(Filed),
}

/// A small message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Small {
    /// All of it.
    pub(super) bytes: Bytes,
    /// The hash that it had when it came.
    pub(super) hash: Digest,
}

/// A message in the file that is named after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filed {
    pub(super) message: MessageId,
    pub(super) size_bytes: u64,
    /// Of what stands behind its body.
    pub(super) record_hash: Digest,
}

/// What the journal says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) receipt: Receipt,
    pub(super) lies: Lies,
}

/// Where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    /// A small one lies there, and has this hash.
    Small(Extent, Digest),
    /// A larger one is a file.
    File(Filed),
}

impl Entry {
    /// How many bytes the message has.
    pub(super) fn size_bytes(&self) -> u64 {
        match &self.content {
            Content::Small(small) => small.bytes.len() as u64,
            Content::Unread(extent, _) => extent.size_bytes.into(),
            Content::File(file) => file.size_bytes,
        }
    }
}

impl Small {
    pub(super) fn new(bytes: Bytes) -> Self {
        let hash = hash(&bytes);
        Self { bytes, hash }
    }

    /// The message, if it is as it came.
    pub(super) fn whole(&self) -> Result<&Bytes, Damaged> {
        equal(&hash(&self.bytes), &self.hash)
            .then_some(&self.bytes)
            .ok_or(Damaged)
    }
}

impl Record {
    /// Where a small message lies.
    pub(super) fn extent(&self) -> Option<Extent> {
        match self.lies {
            Lies::Small(extent, _) => Some(extent),
            Lies::File(_) => None,
        }
    }

    /// In which file it is.
    pub(super) fn file(&self) -> Option<MessageId> {
        match self.lies {
            Lies::Small(..) => None,
            Lies::File(file) => Some(file.message),
        }
    }

    fn write(&self, writer: Writer) -> Writer {
        let writer = writer.i64(self.receipt.received.0);
        let writer = match &self.receipt.fingerprint {
            None => writer.u8(0),
            Some(fingerprint) => writer.u8(1).raw(fingerprint),
        };
        match &self.lies {
            Lies::Small(extent, hash) => writer.u8(0).u64(extent.start).u32(extent.size_bytes).raw(hash),
            Lies::File(file) => writer
                .u8(1)
                .raw(&file.message.0)
                .u64(file.size_bytes)
                .raw(&file.record_hash),
        }
    }

    fn read(reader: &mut Reader<'_>) -> postern_crypto::Result<Self> {
        let receipt = Receipt {
            received: TimeMs(reader.i64()?),
            fingerprint: match reader.u8()? {
                0 => None,
                1 => Some(reader.array()?),
                _ => return Err(postern_crypto::Error::CannotOpen),
            },
        };
        let lies = match reader.u8()? {
            0 => {
                let extent = Extent {
                    start: reader.u64()?,
                    size_bytes: reader.u32()?,
                };
                if extent.size_bytes as usize > LARGEST_SMALL {
                    return Err(postern_crypto::Error::CannotOpen);
                }
                Lies::Small(extent, reader.array()?)
            }
            1 => Lies::File(Filed {
                message: MessageId(reader.array()?),
                size_bytes: reader.u64()?,
                record_hash: reader.array()?,
            }),
            _ => return Err(postern_crypto::Error::CannotOpen),
        };
        Ok(Self { receipt, lies })
    }
}

/// An item of the journal, of at most [`MAX_RECORDS`].
pub(super) fn encode(records: &[Record]) -> Vec<u8> {
    Writer::with_capacity(ITEM_HEAD_BYTES + records.len() * MAX_RECORD_BYTES)
        .u8(FORMAT)
        .list(records, |writer, record| record.write(writer))
        .finish()
        .to_vec()
}

/// The records of an item.
pub(super) fn decode(item: &[u8]) -> Result<Vec<Record>, Damaged> {
    read(item).map_err(|_| Damaged)
}

fn read(item: &[u8]) -> postern_crypto::Result<Vec<Record>> {
    let mut reader = Reader::new(item);
    if reader.u8()? != FORMAT {
        return Err(postern_crypto::Error::CannotOpen);
    }
    let most = u32::try_from(MAX_RECORDS).unwrap_or(u32::MAX);
    let records = reader.list(most, Record::read)?;
    reader.finish()?;
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(size_bytes: usize) -> Record {
        let extent = Extent {
            start: 1 << 50,
            size_bytes: u32::try_from(size_bytes).expect("small"),
        };
        Record {
            receipt: Receipt {
                received: TimeMs(-1),
                fingerprint: None,
            },
            lies: Lies::Small(extent, [3; 32]),
        }
    }

    fn file() -> Record {
        Record {
            receipt: Receipt {
                received: TimeMs(1 << 40),
                fingerprint: Some([4; 16]),
            },
            lies: Lies::File(Filed {
                message: MessageId([1; 16]),
                size_bytes: 1 << 40,
                record_hash: [2; 32],
            }),
        }
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for records in [vec![], vec![small(0), file(), small(LARGEST_SMALL)]] {
            let item = encode(&records);
            assert_eq!(decode(&item), Ok(records));
            assert_eq!(decode(&[&item[..], &[0]].concat()), Err(Damaged));
            for len in 0..item.len() {
                assert_eq!(decode(&item[..len]), Err(Damaged));
            }
        }
        assert_eq!(decode(&[2, 0, 0, 0, 0]), Err(Damaged));
        assert_eq!(decode(&[1, 0, 0, 0, 1, 2]), Err(Damaged));
        assert_eq!(decode(&encode(&[small(LARGEST_SMALL + 1)])), Err(Damaged));
    }

    #[test]
    fn the_longest_item_fits_into_a_page() {
        let records = vec![file(); MAX_RECORDS];
        let item = encode(&records);
        assert!(item.len() <= MAX_ITEM_BYTES && item.len() + MAX_RECORD_BYTES > MAX_ITEM_BYTES);
        assert_eq!(decode(&item), Ok(records));
    }
}
