//! Memory that transfers use again. Fresh memory costs a page fault for each 4 KiB, and zeros that are written over.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Buffers for one kind of bytes. What is lent comes back when it is dropped, and all go with the last clone of this.
///
/// Whatever a buffer held when it came back it holds when it is lent again. So what is secret and what is sent have
/// stores of their own: nothing in one can come out of the other.
#[derive(Debug, Clone, Default)]
pub struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer of somebody's [`Buffers`].
pub struct Lent {
    bytes: Vec<u8>,
    home: Buffers,
}

impl Buffers {
    /// A buffer that was used before, with what it held; or an empty one.
    #[must_use]
    pub fn lend(&self) -> Lent {
        Lent {
            bytes: self.idle().pop().unwrap_or_default(),
            home: self.clone(),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        // Nothing that could fail is done while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    /// Makes it that long. Only what it was never as long as before is zeroed.
    pub fn set_len(&mut self, len: usize) {
        self.bytes.resize(len, 0);
    }
}

impl Deref for Lent {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// It comes back when the last of the clones is dropped.
impl From<Lent> for Bytes {
    fn from(lent: Lent) -> Self {
        Self::from_owner(lent)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.home.idle().push(bytes);
    }
}

/// Not what is in it.
impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent")
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_nobody_has_it_any_more() {
        let buffers = Buffers::default();
        let mut lent = buffers.lend();
        lent.set_len(3);
        let place = lent.as_ptr();
        let bytes = Bytes::from(lent);
        let clone = bytes.clone();
        drop(bytes);
        assert!(buffers.lend().is_empty(), "a clone is still there");
        drop(clone);
        // The empty one from before came back later than none.
        let again: Vec<_> = (0..2).map(|_| buffers.lend()).collect();
        assert!(again.iter().any(|lent| lent.as_ptr() == place && lent.len() == 3));
    }

    #[test]
    fn nothing_is_told_of_what_is_in_it() {
        let mut lent = Buffers::default().lend();
        lent.extend(b"secret");
        assert_eq!(format!("{lent:?}"), "Lent { len: 6, .. }");
    }
}
