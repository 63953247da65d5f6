//! Gathers each body in memory before it goes on, so that it can be sent again: one buffer a part, and no more of
//! them at a time than allowed. Whoever comes later waits without reading from the network.

use std::ops::Range;

use async_trait::async_trait;
use postern_domain::store::{
    BlobKey, BlobPage, BlobStore, Body, DirectBlobs, ListFrom, Put, ReadStream, Result, UploadHandle,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::answers::check_part;

/// Gathers each body before it hands it to `B`.
#[derive(Debug)]
pub struct Buffered<B> {
    inner: B,
    buffers: Semaphore,
}

impl<B> Buffered<B> {
    /// At most `buffers` bodies in memory at a time.
    pub fn new(inner: B, buffers: usize) -> Self {
        Self {
            inner,
            buffers: Semaphore::new(buffers),
        }
    }

    async fn gather(&self, body: Body) -> Result<(SemaphorePermit<'_>, Body)> {
        let permit = self
            .buffers
            .acquire()
            .await
            .expect("nobody closes this semaphore");
        Ok((permit, Body::whole(body.collect().await?)))
    }
}

#[async_trait]
impl<B: BlobStore> BlobStore for Buffered<B> {
    async fn put(&self, key: BlobKey, body: Body) -> Result<Put> {
        let (_permit, body) = self.gather(body).await?;
        self.inner.put(key, body).await
    }

    async fn begin(&self, key: BlobKey) -> Result<UploadHandle> {
        self.inner.begin(key).await
    }

    async fn put_part(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        part: u32,
        body: Body,
    ) -> Result<Option<()>> {
        check_part(part, &body)?;
        let (_permit, body) = self.gather(body).await?;
        self.inner.put_part(key, upload, part, body).await
    }

    async fn complete(&self, key: BlobKey, upload: &UploadHandle, size_bytes: u64) -> Result<Option<()>> {
        self.inner.complete(key, upload, size_bytes).await
    }

    async fn read(&self, key: BlobKey, range: Range<u64>) -> Result<Option<ReadStream>> {
        self.inner.read(key, range).await
    }

    async fn size(&self, key: BlobKey) -> Result<Option<u64>> {
        self.inner.size(key).await
    }

    async fn delete(&self, key: BlobKey, upload: Option<&UploadHandle>) -> Result<()> {
        self.inner.delete(key, upload).await
    }

    async fn list(&self, from: Option<ListFrom>) -> Result<BlobPage> {
        self.inner.list(from).await
    }

    fn direct(&self) -> Option<&dyn DirectBlobs> {
        self.inner.direct()
    }
}
