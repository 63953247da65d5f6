//! Telling devices at once that their change feed has grown.

use postern_protocol::AccountId;

/// Rings after each entry of a change feed. Who misses a ring loses nothing: the feed has it.
pub trait Bell: Send + Sync {
    /// There is more in this account's feed.
    fn ring(&self, account: AccountId);
}

/// A bell that nobody hears.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Bell for Silent {
    fn ring(&self, _: AccountId) {}
}
