//! Where an upload's bytes come from.

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
