//! Where an upload's bytes come from.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{Lent, Result};

/// Bytes that can be read at any place, from several lanes at once.
#[async_trait(?Send)]
pub trait Source {
    /// `len` bytes from `offset` on, in `buffer`, whatever it held; fewer only at the end; `None` if `offset` lies beyond
    /// the end.
    ///
    /// # Errors
    /// [`crate::Error::Unreadable`], also if the source is no longer as long as it was.
    async fn read(&self, offset: u64, len: usize, buffer: Lent) -> Result<Option<Lent>>;
}

#[async_trait(?Send)]
impl Source for Arc<Vec<u8>> {
    async fn read(&self, offset: u64, len: usize, mut buffer: Lent) -> Result<Option<Lent>> {
        let Some(rest) = usize::try_from(offset).ok().and_then(|at| self.get(at..)) else {
            return Ok(None);
        };
        buffer.clear();
        buffer.extend_from_slice(&rest[..len.min(rest.len())]);
        Ok(Some(buffer))
    }
}
