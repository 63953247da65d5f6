//! A sealed message as it lies in the spool: its body, and behind it what is needed to deliver it.
//!
//! Nothing in here can be read by whoever finds it: body, summary and envelopes are sealed. Plain are the ids of message
//! and accounts, when it came, and sizes.

use postern_crypto::codec::{Reader, Writer};
use postern_crypto::hash::{equal, hash};
use postern_domain::store::{Digest, NewCopy};
use postern_protocol::limits::{MAX_ENVELOPE_BYTES, MAX_SUMMARY_BYTES};
use postern_protocol::{AccountId, Bytes, MessageId, TimeMs};

use super::error::Damaged;

/// The most recipients of one message, and so envelopes.
pub const MAX_COPIES: u32 = 1_000;

/// Behind the record: its length and its hash.
pub(super) const TRAILER_BYTES: usize = 4 + 32;

/// The longest record.
pub(super) const MAX_RECORD_BYTES: u64 =
    64 + MAX_SUMMARY_BYTES as u64 + MAX_COPIES as u64 * (64 + MAX_ENVELOPE_BYTES as u64);

/// What is needed to deliver a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpooledMail {
    /// Which.
    pub message: MessageId,
    /// When it was taken.
    pub received: TimeMs,
    /// The size of the sealed body.
    pub body_bytes: u64,
    /// The sealed summary.
    pub summary: Bytes,
    /// For whom.
    pub copies: Vec<NewCopy>,
}

impl SpooledMail {
    /// What stands behind the body: `record ‖ length(u32) ‖ hash(32)`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let record = Writer::with_capacity(self.summary.len() + self.copies.len() * 1_700 + 100)
            .u8(FORMAT)
            .raw(&self.message.0)
            .i64(self.received.0)
            .u64(self.body_bytes)
            .lp(self.summary.as_slice())
            .list(&self.copies, |writer, copy| {
                writer
                    .raw(&copy.account.0)
                    .raw(&copy.sealed_to)
                    .lp(copy.envelope.as_slice())
            })
            .finish();
        let len = u32::try_from(record.len()).unwrap_or(u32::MAX);
        [&record[..], &len.to_be_bytes(), &hash(&record)].concat()
    }

    /// Reads what stands at the end of a spooled message of `size_bytes`.
    pub(super) fn decode(record: &[u8], record_hash: &Digest, size_bytes: u64) -> Result<Self, Damaged> {
        if !equal(&hash(record), record_hash) {
            return Err(Damaged);
        }
        let mail = read(record).map_err(|_| Damaged)?;
        let rest = size_bytes.checked_sub(mail.body_bytes).ok_or(Damaged)?;
        if rest == record.len() as u64 + TRAILER_BYTES as u64 {
            Ok(mail)
        } else {
            Err(Damaged)
        }
    }

    /// Where the record is in a spooled message of `size_bytes` that ends with `trailer`, and what its hash is.
    pub(super) fn record_place(
        trailer: &[u8; TRAILER_BYTES],
        size_bytes: u64,
    ) -> Result<(u64, usize, Digest), Damaged> {
        let (len, hash) = trailer.split_at(4);
        let len = u32::from_be_bytes(len.try_into().expect("four bytes"));
        let hash = hash.try_into().expect("32 bytes");
        let start = size_bytes
            .checked_sub(TRAILER_BYTES as u64 + u64::from(len))
            .ok_or(Damaged)?;
        if u64::from(len) > MAX_RECORD_BYTES {
            return Err(Damaged);
        }
        Ok((start, len as usize, hash))
    }

    /// Reads a spooled message that is in memory.
    pub(super) fn decode_whole(bytes: &[u8]) -> Result<Self, Damaged> {
        let trailer = bytes.last_chunk().ok_or(Damaged)?;
        let size_bytes = bytes.len() as u64;
        let (start, len, record_hash) = Self::record_place(trailer, size_bytes)?;
        let start = usize::try_from(start).map_err(|_| Damaged)?;
        Self::decode(&bytes[start..start + len], &record_hash, size_bytes)
    }
}

/// The format of records.
const FORMAT: u8 = 1;

fn read(record: &[u8]) -> postern_crypto::Result<SpooledMail> {
    let mut reader = Reader::new(record);
    if reader.u8()? != FORMAT {
        return Err(postern_crypto::Error::CannotOpen);
    }
    let mail = SpooledMail {
        message: MessageId(reader.array()?),
        received: TimeMs(reader.i64()?),
        body_bytes: reader.u64()?,
        summary: reader.lp(MAX_SUMMARY_BYTES)?.into(),
        copies: reader.list(MAX_COPIES, copy)?,
    };
    reader.finish()?;
    Ok(mail)
}

fn copy(reader: &mut Reader<'_>) -> postern_crypto::Result<NewCopy> {
    Ok(NewCopy {
        account: AccountId(reader.array()?),
        sealed_to: reader.array()?,
        envelope: reader.lp(MAX_ENVELOPE_BYTES)?.into(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A message with a body of so many bytes, as it lies in the spool.
    pub(in crate::spool) fn spooled(number: u32, body_bytes: usize) -> (SpooledMail, Vec<u8>) {
        let mut id = [7; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let copy = NewCopy {
            account: AccountId([2; 16]),
            sealed_to: [3; 32],
            envelope: vec![4; 1_500].into(),
        };
        let mail = SpooledMail {
            message: MessageId(id),
            received: TimeMs(5),
            body_bytes: body_bytes as u64,
            summary: b"sealed summary"[..].into(),
            copies: vec![copy],
        };
        let bytes = [vec![number.to_be_bytes()[3]; body_bytes], mail.encode()].concat();
        (mail, bytes)
    }

    #[test]
    fn what_is_written_is_read() {
        for body_bytes in [0, 1, 10_000] {
            let (mail, bytes) = spooled(1, body_bytes);
            assert_eq!(SpooledMail::decode_whole(&bytes), Ok(mail));
        }
    }

    #[test]
    fn what_is_damaged_shows() {
        let (_, bytes) = spooled(1, 10);
        for at in 10..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(SpooledMail::decode_whole(&damaged), Err(Damaged), "{at}");
        }
        for len in 0..bytes.len() {
            assert_eq!(SpooledMail::decode_whole(&bytes[..len]), Err(Damaged), "{len}");
        }
        assert_eq!(
            SpooledMail::decode_whole(&[&[0][..], &bytes].concat()),
            Err(Damaged)
        );
    }
}
