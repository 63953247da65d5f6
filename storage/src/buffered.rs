//! Gathers each body in memory before it goes on, so that it can be sent again: one buffer a part, and no more of
//! them at a time than allowed. Whoever comes later waits without reading from the network; and who has held a buffer for
//! long, and still not filled it, gives way to those who wait: else a handful of bodies that trickle would stop everybody.

use std::ops::Range;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{Either, select};
use postern_domain::store::{
    BlobKey, BlobPage, BlobStore, Body, DirectBlobs, ListFrom, Put, ReadStream, Result, StoreError,
    UploadHandle,
};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::sleep;

use crate::answers::check_part;

/// So long anybody may fill a buffer, …
const UNDISTURBED: Duration = Duration::from_secs(30);
/// … and from then on as long as nobody waits, which is looked at so often.
const LOOK: Duration = Duration::from_secs(1);

/// Gathers each body before it hands it to `B`.
#[derive(Debug)]
pub struct Buffered<B> {
    inner: B,
    buffers: Semaphore,
    waiting: AtomicUsize,
}

/// Somebody waits for a buffer until this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<B> Buffered<B> {
    /// At most `buffers` bodies in memory at a time.
    pub fn new(inner: B, buffers: usize) -> Self {
        Self {
            inner,
            buffers: Semaphore::new(buffers),
            waiting: AtomicUsize::new(0),
        }
    }

    async fn gather(&self, body: Body) -> Result<(SemaphorePermit<'_>, Body)> {
        let permit = self.buffer().await;
        match select(pin!(body.collect()), pin!(self.somebody_waits())).await {
            Either::Left((bytes, _)) => Ok((permit, Body::whole(bytes?))),
            Either::Right(((), _)) => Err(StoreError::Unavailable("others wait for the memory".into())),
        }
    }

    async fn buffer(&self) -> SemaphorePermit<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        self.buffers
            .acquire()
            .await
            .expect("nobody closes this semaphore")
    }

    async fn somebody_waits(&self) {
        sleep(UNDISTURBED).await;
        while self.waiting.load(Ordering::Relaxed) == 0 {
            sleep(LOOK).await;
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::{StreamExt as _, stream};

    use super::*;
    use crate::MemoryBlobs;

    fn key(content: u8) -> BlobKey {
        BlobKey {
            account: [1; 16].into(),
            content: [content; 16].into(),
        }
    }

    fn endless() -> Body {
        Body::stream(100, stream::pending().boxed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_gives_way_to_who_waits() {
        let store = Buffered::new(MemoryBlobs::default(), 1);
        let whole = Body::whole(Bytes::from_static(b"sealed"));
        let (slow, quick) = tokio::join!(store.put(key(1), endless()), store.put(key(2), whole));
        assert!(matches!(slow, Err(StoreError::Unavailable(_))));
        assert!(matches!(quick, Ok(Put::Stored)));
        assert_eq!(store.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_gives_way_to_nobody() {
        let store = Buffered::new(MemoryBlobs::default(), 1);
        let slow = stream::once(async {
            sleep(10 * UNDISTURBED).await;
            Ok(Bytes::from_static(b"sealed"))
        });
        let put = store.put(key(1), Body::stream(6, slow.boxed())).await;
        assert!(matches!(put, Ok(Put::Stored)));
    }
}
