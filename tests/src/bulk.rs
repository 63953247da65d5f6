//! Gigabytes that are never in memory at once, on the way in and on the way out.

use std::io::{self, Read, Write};

use crate::noise;

const BLOCK: usize = 1 << 20;

/// A long file: blocks of noise, each with its number in front, so that none is like another.
pub struct Bulk {
    block: Vec<u8>,
    read: u64,
    length: u64,
}

/// Accepts exactly the bytes of a [`Bulk`].
pub struct SameAs {
    expected: Bulk,
    buffer: Vec<u8>,
}

impl Bulk {
    /// One of `length` bytes.
    pub fn new(length: u64) -> Self {
        Self {
            block: noise(length, BLOCK),
            read: 0,
            length,
        }
    }
}

impl Read for Bulk {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let number = self.read / BLOCK as u64;
        let within = usize::try_from(self.read % BLOCK as u64).expect("less than a block");
        self.block[..8].copy_from_slice(&number.to_be_bytes());
        let left = usize::try_from(self.length - self.read).unwrap_or(usize::MAX);
        let length = buffer.len().min(BLOCK - within).min(left);
        buffer[..length].copy_from_slice(&self.block[within..within + length]);
        self.read += length as u64;
        Ok(length)
    }
}

impl SameAs {
    /// Expects the bytes of `bulk`.
    pub fn new(bulk: Bulk) -> Self {
        Self {
            expected: bulk,
            buffer: Vec::new(),
        }
    }

    /// True once all bytes have come.
    pub fn is_complete(&self) -> bool {
        self.expected.read == self.expected.length
    }
}

impl Write for SameAs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.resize(bytes.len(), 0);
        self.expected.read_exact(&mut self.buffer)?;
        if self.buffer == bytes {
            Ok(bytes.len())
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 3 * BLOCK as u64 + 5;

    #[test]
    fn the_same_bytes_are_accepted_however_they_are_cut() {
        let mut same = SameAs::new(Bulk::new(LENGTH));
        io::copy(&mut Bulk::new(LENGTH), &mut same).expect("they are the same");
        assert!(same.is_complete());
    }

    #[test]
    fn other_bytes_too_many_and_too_few_are_noticed() {
        let mut all = Vec::new();
        Bulk::new(LENGTH).read_to_end(&mut all).expect("memory");
        assert_eq!(all.len() as u64, LENGTH);
        assert_ne!(all[..BLOCK], all[BLOCK..2 * BLOCK]);

        let mut same = SameAs::new(Bulk::new(LENGTH));
        same.write_all(&all[..BLOCK]).expect("the beginning is the same");
        assert!(!same.is_complete());
        assert!(same.write_all(&all[..BLOCK]).is_err());
        assert!(
            SameAs::new(Bulk::new(LENGTH))
                .write_all(&[all.as_slice(), b"x"].concat())
                .is_err()
        );
    }
}
