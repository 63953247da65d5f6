//! The encoding inside sealed boxes and signed texts: fixed order, big-endian, lengths in front, strict.
//!
//! There is one encoding for each value. A reader refuses what is too long, too short or left over; all
//! refusals are [`Error::CannotOpen`], because what is read here came out of a ciphertext or a signature.

use zeroize::Zeroizing;

use crate::{Error, Result};

/// For so many items of a list room is reserved before they are there.
const FEW: u32 = 4;

/// Builds an encoding; wiped when dropped, because it may hold keys.
#[derive(Default)]
pub struct Writer {
    bytes: Zeroizing<Vec<u8>>,
}

/// Takes an encoding apart.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl Writer {
    /// A writer with room for `capacity` bytes: growing would leave copies of keys behind.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(capacity)),
        }
    }

    /// One byte.
    #[must_use]
    pub fn u8(self, value: u8) -> Self {
        self.raw(&[value])
    }

    /// Four bytes, big-endian.
    #[must_use]
    pub fn u32(self, value: u32) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// Eight bytes, big-endian.
    #[must_use]
    pub fn u64(self, value: u64) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// Eight bytes, big-endian, two's complement.
    #[must_use]
    pub fn i64(self, value: i64) -> Self {
        self.raw(&value.to_be_bytes())
    }

    /// Bytes whose number the format fixes.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// `lp(x)`: a length of four bytes, then the bytes.
    #[must_use]
    pub fn lp(self, bytes: &[u8]) -> Self {
        let len = u32::try_from(bytes.len()).expect("what is sealed in a box is far below 4 GiB");
        self.u32(len).raw(bytes)
    }

    /// A list: a count of four bytes, then each item.
    #[must_use]
    pub fn list<T>(self, items: &[T], each: impl FnMut(Self, &T) -> Self) -> Self {
        let count = u32::try_from(items.len()).expect("lists are bounded far below 2^32");
        items.iter().fold(self.u32(count), each)
    }

    /// Zeros, up to a multiple of `unit`.
    #[must_use]
    pub fn pad(mut self, unit: usize) -> Self {
        let padded = self.bytes.len().next_multiple_of(unit);
        self.bytes.resize(padded, 0);
        self
    }

    /// The encoding.
    #[must_use]
    pub fn finish(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from the beginning.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// Eight bytes, big-endian, two's complement.
    pub fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    /// Exactly `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Error::CannotOpen)?;
        self.rest = rest;
        Ok(*head)
    }

    /// The 32 bytes of a key. All zeros is what a bug or a forged structure leaves where a key should be
    /// (threat B2), and is refused.
    pub fn key(&mut self) -> Result<[u8; 32]> {
        let key = self.array()?;
        if key == [0; 32] {
            Err(Error::CannotOpen)
        } else {
            Ok(key)
        }
    }

    /// Exactly `len` bytes.
    pub fn raw(&mut self, len: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(Error::CannotOpen)?;
        self.rest = rest;
        Ok(head)
    }

    /// `lp(x)` of at most `max` bytes.
    pub fn lp(&mut self, max: usize) -> Result<&'a [u8]> {
        let len = usize::try_from(self.u32()?).map_err(|_| Error::CannotOpen)?;
        if len > max {
            return Err(Error::CannotOpen);
        }
        self.raw(len)
    }

    /// `lp(x)` that is UTF-8 of at most `max` bytes.
    pub fn text(&mut self, max: usize) -> Result<String> {
        std::str::from_utf8(self.lp(max)?)
            .map(str::to_owned)
            .map_err(|_| Error::CannotOpen)
    }

    /// A list of at most `max` items. A forged count costs nothing: room is reserved for a few items alone, so that short
    /// lists, of which there are many, take no more than they need.
    pub fn list<T>(&mut self, max: u32, mut each: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.u32()?;
        if count > max {
            return Err(Error::CannotOpen);
        }
        let mut items = Vec::with_capacity(count.min(FEW) as usize);
        for _ in 0..count {
            items.push(each(self)?);
        }
        Ok(items)
    }

    /// Refuses what is left over and is not what [`Writer::pad`] fills up with. `of` is how long all of it is.
    pub fn filled(self, unit: usize, of: usize) -> Result<()> {
        let is_filling =
            self.rest.len() < unit && of.is_multiple_of(unit) && self.rest.iter().all(|byte| *byte == 0);
        if is_filling {
            Ok(())
        } else {
            Err(Error::CannotOpen)
        }
    }

    /// Refuses what is left over.
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Error::CannotOpen)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read_and_nothing_shorter_or_longer(
            number: u64,
            text in proptest::collection::vec(any::<u8>(), 0..50),
            items in proptest::collection::vec(any::<u32>(), 0..9),
        ) {
            let bytes = Writer::default().u64(number).lp(&text).list(&items, |w, item| w.u32(*item)).finish();
            let read = |bytes: &[u8]| -> Result<(u64, Vec<u8>, Vec<u32>)> {
                let mut reader = Reader::new(bytes);
                let all = (reader.u64()?, reader.lp(50)?.to_vec(), reader.list(9, Reader::u32)?);
                reader.finish()?;
                Ok(all)
            };
            prop_assert_eq!(read(&bytes), Ok((number, text, items)));
            for len in 0..bytes.len() {
                prop_assert!(read(&bytes[..len]).is_err());
            }
            prop_assert!(read(&[&bytes[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn a_limit_itself_is_allowed() {
        let bytes = Writer::default().lp(b"four").finish();
        assert_eq!(Reader::new(&bytes).lp(4), Ok(&b"four"[..]));
        assert!(Reader::new(&bytes).lp(3).is_err());
        let bytes = Writer::default()
            .list(&[1, 2], |writer, item| writer.u8(*item))
            .finish();
        assert_eq!(Reader::new(&bytes).list(2, Reader::u8), Ok(vec![1, 2]));
        assert!(Reader::new(&bytes).list(1, Reader::u8).is_err());
    }

    #[test]
    fn lengths_and_counts_are_bounded_before_anything_is_reserved() {
        let huge = u32::MAX.to_be_bytes();
        assert!(Reader::new(&huge).lp(usize::MAX).is_err());
        assert!(Reader::new(&huge).list(u32::MAX, Reader::u8).is_err());
        assert!(Reader::new(&[0, 0, 0, 2, 1, 1]).lp(1).is_err());
        assert!(Reader::new(&[0, 0, 0, 2, 1, 1]).list(1, Reader::u8).is_err());
    }

    #[test]
    fn b2_a_key_of_zeros_is_refused() {
        assert!(Reader::new(&[0; 32]).key().is_err());
        assert!(Reader::new(&[1; 32]).key().is_ok());
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused() {
        assert!(Reader::new(&[0, 0, 0, 1, 0xff]).text(10).is_err());
    }
}
