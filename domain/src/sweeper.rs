//! Removing what nobody needs any more.
//!
//! A pass may be cut off at any point and run on several nodes at once; the next one goes on.

use postern_protocol::TimeMs;
use postern_protocol::time::{DAY_MS, HOUR_MS};

use crate::error::Result;
use crate::postern::Postern;
use crate::store::{BlobKey, GarbageRow, Swept};

/// How long it is waited before something is taken for what nobody needs any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace {
    /// How long an upload may take.
    pub upload_ms: i64,
    /// How long a content may wait for the record that names it, and a blob for the row of its content.
    pub unattached_ms: i64,
    /// How long downloads of a removed content may go on.
    pub removed_ms: i64,
}

impl Default for Grace {
    fn default() -> Self {
        Self {
            upload_ms: 7 * DAY_MS,
            unattached_ms: DAY_MS,
            removed_ms: HOUR_MS,
        }
    }
}

/// How long it is remembered that a content was removed.
const REMEMBERED_MS: i64 = 30 * DAY_MS;
/// How many rows one transaction takes.
const STEP: u32 = 500;

/// What a pass removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pass {
    /// Uploads that nobody went on with.
    pub uploads: u64,
    /// Contents that no record names.
    pub contents: u64,
    /// Messages whose time had come.
    pub messages: u64,
    /// Blobs.
    pub blobs: u64,
    /// What had ended by itself.
    pub ended: Swept,
}

impl Postern {
    /// One pass over what is known to be no longer needed.
    ///
    /// # Errors
    /// [`crate::Error::Store`]; what was removed before stays removed.
    pub async fn sweep(&self, grace: &Grace, now: TimeMs) -> Result<Pass> {
        Ok(Pass {
            uploads: self
                .drop_abandoned_uploads(now.plus_ms(-grace.upload_ms), now)
                .await?,
            contents: self
                .drop_unattached_contents(now.plus_ms(-grace.unattached_ms), now)
                .await?,
            messages: self.delete_expired_messages(now).await?,
            blobs: self.delete_garbage(now.plus_ms(-grace.removed_ms), now).await?,
            ended: self
                .records()
                .drop_expired(now, now.plus_ms(-REMEMBERED_MS))
                .await?,
        })
    }

    /// Looks through all blobs for those that no row knows: left by a request that died between the two. Slow, so it
    /// is done rarely. Says how many it found; the next [`Self::sweep`] removes them.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub async fn find_lost_blobs(&self, grace: &Grace, now: TimeMs) -> Result<u64> {
        let (mut from, mut found) = (None, 0);
        loop {
            let page = self.blobs().list(from).await?;
            // One that is young may be about to get its row.
            let old = page
                .entries
                .into_iter()
                .filter(|entry| entry.modified < now.plus_ms(-grace.unattached_ms));
            let keys: Vec<BlobKey> = old.map(|entry| entry.key).collect();
            found += u64::from(self.records().condemn_unknown_blobs(&keys, now).await?);
            from = page.next;
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    async fn drop_abandoned_uploads(&self, before: TimeMs, now: TimeMs) -> Result<u64> {
        let mut dropped = 0;
        loop {
            let step = self.records().drop_abandoned_uploads(before, now, STEP).await?;
            dropped += u64::from(step);
            if step < STEP {
                return Ok(dropped);
            }
        }
    }

    async fn drop_unattached_contents(&self, before: TimeMs, now: TimeMs) -> Result<u64> {
        let mut dropped = 0;
        loop {
            let step = self.records().drop_unattached_contents(before, now, STEP).await?;
            dropped += u64::from(step);
            if step < STEP {
                return Ok(dropped);
            }
        }
    }

    async fn delete_expired_messages(&self, now: TimeMs) -> Result<u64> {
        let mut deleted = 0;
        loop {
            let step = self.records().delete_expired_messages(now, STEP).await?;
            deleted += u64::from(step);
            if step < STEP {
                return Ok(deleted);
            }
        }
    }

    async fn delete_garbage(&self, before: TimeMs, now: TimeMs) -> Result<u64> {
        let mut deleted = 0;
        loop {
            let garbage = self.records().garbage(before, STEP).await?;
            if garbage.is_empty() {
                return Ok(deleted);
            }
            deleted += self.delete_blobs(&garbage, now).await?;
        }
    }

    /// One that cannot be deleted must not keep all others: it is told at the end, and tried again with the next pass.
    async fn delete_blobs(&self, garbage: &[GarbageRow], now: TimeMs) -> Result<u64> {
        let (mut deleted, mut failed) = (Vec::with_capacity(garbage.len()), None);
        for row in garbage {
            match self.blobs().delete(row.key, row.upload.as_ref()).await {
                Ok(()) => deleted.push(row.key),
                Err(error) => failed = Some(error),
            }
        }
        self.records().note_swept(&deleted, now).await?;
        failed.map_or(Ok(deleted.len() as u64), |error| Err(error.into()))
    }
}
