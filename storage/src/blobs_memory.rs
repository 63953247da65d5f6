//! Blobs in memory, for tests of what stands above them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use postern_domain::store::{
    BlobEntry, BlobKey, BlobPage, BlobStore, Body, ListFrom, Put, ReadStream, Result, UploadHandle,
};
use postern_protocol::{TimeMs, parts};

use crate::answers::check_part;
use crate::error::damaged;

/// Blobs in memory. They go with the value.
#[derive(Debug, Default)]
pub struct MemoryBlobs {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    blobs: HashMap<BlobKey, (Bytes, TimeMs)>,
    uploads: HashMap<BlobKey, BTreeMap<u32, Bytes>>,
}

impl MemoryBlobs {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("nothing panics while it holds this")
    }
}

#[async_trait]
impl BlobStore for MemoryBlobs {
    async fn put(&self, key: BlobKey, body: Body) -> Result<Put> {
        let bytes = body.collect().await?;
        let mut held = self.held();
        if let Some((there, _)) = held.blobs.get(&key) {
            return Ok(Put::AlreadyThere {
                size_bytes: there.len() as u64,
            });
        }
        held.blobs.insert(key, (bytes, now()));
        Ok(Put::Stored)
    }

    async fn begin(&self, key: BlobKey) -> Result<UploadHandle> {
        self.held().uploads.entry(key).or_default();
        Ok(UploadHandle::default())
    }

    async fn put_part(&self, key: BlobKey, _: &UploadHandle, part: u32, body: Body) -> Result<Option<()>> {
        check_part(part, &body)?;
        let bytes = body.collect().await?;
        Ok(self.held().uploads.get_mut(&key).map(|upload| {
            upload.insert(part, bytes);
        }))
    }

    async fn complete(&self, key: BlobKey, _: &UploadHandle, size_bytes: u64) -> Result<Option<()>> {
        let mut held = self.held();
        let Some(upload) = held.uploads.get(&key) else {
            let there = held
                .blobs
                .get(&key)
                .is_some_and(|(blob, _)| blob.len() as u64 == size_bytes);
            return Ok(there.then_some(()));
        };
        let Some(blob) = joined(upload, size_bytes) else {
            return Ok(None);
        };
        held.uploads.remove(&key);
        held.blobs.insert(key, (blob, now()));
        Ok(Some(()))
    }

    async fn read(&self, key: BlobKey, range: Range<u64>) -> Result<Option<ReadStream>> {
        let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let range = index(range.start)..index(range.end);
        let held = self.held();
        Ok(held.blobs.get(&key).map(|(blob, _)| {
            let piece = if range.end <= blob.len() {
                Ok(blob.slice(range))
            } else {
                Err(damaged("a blob is shorter than it was"))
            };
            futures::stream::iter([piece]).boxed()
        }))
    }

    async fn size(&self, key: BlobKey) -> Result<Option<u64>> {
        Ok(self.held().blobs.get(&key).map(|(blob, _)| blob.len() as u64))
    }

    async fn delete(&self, key: BlobKey, _: Option<&UploadHandle>) -> Result<()> {
        let mut held = self.held();
        held.blobs.remove(&key);
        held.uploads.remove(&key);
        Ok(())
    }

    async fn list(&self, _: Option<ListFrom>) -> Result<BlobPage> {
        let held = self.held();
        let entry = |(key, (_, modified)): (&BlobKey, &(Bytes, TimeMs))| BlobEntry {
            key: *key,
            modified: *modified,
        };
        Ok(BlobPage {
            entries: held.blobs.iter().map(entry).collect(),
            next: None,
        })
    }
}

fn joined(upload: &BTreeMap<u32, Bytes>, size_bytes: u64) -> Option<Bytes> {
    let mut blob = Vec::new();
    for part in 0..parts::count(size_bytes) {
        let range = parts::range(part, size_bytes);
        let bytes = upload
            .get(&part)
            .filter(|bytes| bytes.len() as u64 == range.end - range.start)?;
        blob.extend_from_slice(bytes);
    }
    Some(blob.into())
}

fn now() -> TimeMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    TimeMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
