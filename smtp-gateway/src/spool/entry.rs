//! What the journal says of a message: all of it, or in which file it is.

use bytes::Bytes;
use postern_crypto::codec::{Reader, Writer};
use postern_domain::store::Digest;
use postern_protocol::MessageId;

use super::error::Damaged;

/// The most bytes of one item of the journal: what fits into a page beside its head and the page's own marks.
pub(super) const MAX_ITEM_BYTES: usize = (64 << 10) - 64;

/// More entries than any item has.
const MAX_ENTRIES: u32 = 1 << 16;

/// The format of items.
const FORMAT: u8 = 1;

/// What an item has before its first entry.
const ITEM_HEAD_BYTES: usize = 1 + 4;

/// A message that was taken and not handed on yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// It is in here.
    Here(Bytes),
    /// It is in the file that is named after it.
    File {
        message: MessageId,
        size_bytes: u64,
        record_hash: Digest,
    },
}

impl Entry {
    /// How many bytes the message has.
    pub(super) fn size_bytes(&self) -> u64 {
        match self {
            Self::Here(bytes) => bytes.len() as u64,
            Self::File { size_bytes, .. } => *size_bytes,
        }
    }

    fn size_in_item(&self) -> usize {
        match self {
            Self::Here(bytes) => 1 + 4 + bytes.len(),
            Self::File { .. } => 1 + 16 + 8 + 32,
        }
    }

    fn write(&self, writer: Writer) -> Writer {
        match self {
            Self::Here(bytes) => writer.u8(0).lp(bytes),
            Self::File {
                message,
                size_bytes,
                record_hash,
            } => writer.u8(1).raw(&message.0).u64(*size_bytes).raw(record_hash),
        }
    }

    fn read(reader: &mut Reader<'_>) -> postern_crypto::Result<Self> {
        match reader.u8()? {
            0 => Ok(Self::Here(Bytes::copy_from_slice(reader.lp(MAX_ITEM_BYTES)?))),
            1 => Ok(Self::File {
                message: MessageId(reader.array()?),
                size_bytes: reader.u64()?,
                record_hash: reader.array()?,
            }),
            _ => Err(postern_crypto::Error::CannotOpen),
        }
    }
}

/// How many of these entries, from the first on, go into one item together: at least one.
pub(super) fn in_one_item<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> usize {
    let mut size_bytes = ITEM_HEAD_BYTES;
    let fitting = entries.into_iter().take_while(|entry| {
        size_bytes += entry.size_in_item();
        size_bytes <= MAX_ITEM_BYTES
    });
    fitting.count().max(1)
}

/// An item of the journal.
pub(super) fn encode(entries: &[Entry]) -> Vec<u8> {
    Writer::with_capacity(MAX_ITEM_BYTES)
        .u8(FORMAT)
        .list(entries, |writer, entry| entry.write(writer))
        .finish()
        .to_vec()
}

/// The entries of an item.
pub(super) fn decode(item: &[u8]) -> Result<Vec<Entry>, Damaged> {
    read(item).map_err(|_| Damaged)
}

fn read(item: &[u8]) -> postern_crypto::Result<Vec<Entry>> {
    let mut reader = Reader::new(item);
    if reader.u8()? != FORMAT {
        return Err(postern_crypto::Error::CannotOpen);
    }
    let entries = reader.list(MAX_ENTRIES, Entry::read)?;
    reader.finish()?;
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::LARGEST_IN_JOURNAL;

    fn here(size_bytes: usize) -> Entry {
        Entry::Here(vec![7; size_bytes].into())
    }

    fn file() -> Entry {
        Entry::File {
            message: MessageId([1; 16]),
            size_bytes: 1 << 40,
            record_hash: [2; 32],
        }
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for entries in [vec![], vec![here(0), file(), here(10_000)]] {
            let item = encode(&entries);
            assert_eq!(decode(&item), Ok(entries));
            assert_eq!(decode(&[&item[..], &[0]].concat()), Err(Damaged));
            for len in 0..item.len().min(100) {
                assert_eq!(decode(&item[..len]), Err(Damaged));
            }
        }
        assert_eq!(decode(&[2, 0, 0, 0, 0]), Err(Damaged));
        assert_eq!(decode(&[1, 0, 0, 0, 1, 2]), Err(Damaged));
    }

    #[test]
    fn an_item_is_as_full_as_it_may_be_and_no_fuller() {
        let largest = MAX_ITEM_BYTES - ITEM_HEAD_BYTES - 5;
        assert!(LARGEST_IN_JOURNAL <= largest);
        assert_eq!(encode(&[here(largest)]).len(), MAX_ITEM_BYTES);
        let entries: Vec<_> = (0..2_000).map(|_| file()).collect();
        let count = in_one_item(&entries);
        assert!(encode(&entries[..count]).len() <= MAX_ITEM_BYTES);
        assert!(encode(&entries[..=count]).len() > MAX_ITEM_BYTES);
        assert_eq!(in_one_item(&[here(largest), file()]), 1);
        assert_eq!(in_one_item(&[here(MAX_ITEM_BYTES * 2)]), 1);
        assert_eq!(in_one_item(&[]), 1);
    }
}
