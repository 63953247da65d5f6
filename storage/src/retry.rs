//! Tries again what failed for reasons that pass.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use postern_domain::store::{
    BlobKey, BlobPage, BlobStore, Body, DirectBlobs, ListFrom, Put, ReadStream, Result, StoreError,
    UploadHandle,
};

/// Tries again what `B` could not do now, with growing pauses. Everything in the contract of blobs may be repeated; a
/// body can be sent again only if it is in memory ([`crate::Buffered`]), any other gets one try.
#[derive(Debug)]
pub struct Retry<B> {
    inner: B,
    patience: Patience,
}

/// How often to try, and how long to wait in between.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How many tries, the first included.
    pub tries: u32,
    /// The longest pause before the second try. It doubles with each try; the true pause is a random part of it, so
    /// that those who failed together do not come back together.
    pub first_pause: Duration,
    /// The longest pause of all.
    pub longest_pause: Duration,
}

impl Default for Patience {
    /// Five tries within about three seconds.
    fn default() -> Self {
        Self {
            tries: 5,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(2),
        }
    }
}

impl Patience {
    /// The pause after try `done`, counted from 1; `None` if that was the last.
    pub(crate) fn pause(&self, done: u32) -> Option<Duration> {
        let longest = self
            .first_pause
            .saturating_mul(1 << (done - 1).min(20))
            .min(self.longest_pause);
        (done < self.tries).then(|| longest.mul_f64(rand::random()))
    }
}

impl<B> Retry<B> {
    /// Wraps `inner`.
    pub fn new(inner: B, patience: Patience) -> Self {
        Self { inner, patience }
    }

    async fn patiently<T, Attempt>(&self, what: &'static str, attempt: impl Fn() -> Attempt) -> Result<T>
    where
        Attempt: Future<Output = Result<T>>,
    {
        let mut done = 0;
        loop {
            let cause = match attempt().await {
                Err(StoreError::Unavailable(cause)) => cause,
                outcome => return outcome,
            };
            done += 1;
            let Some(pause) = self.patience.pause(done) else {
                return Err(StoreError::Unavailable(cause));
            };
            tracing::warn!(what, done, %cause, "trying again");
            tokio::time::sleep(pause).await;
        }
    }
}

#[async_trait]
impl<B: BlobStore> BlobStore for Retry<B> {
    async fn put(&self, key: BlobKey, body: Body) -> Result<Put> {
        let Some(bytes) = body.as_whole().cloned() else {
            return self.inner.put(key, body).await;
        };
        self.patiently("put", || self.inner.put(key, Body::whole(bytes.clone())))
            .await
    }

    async fn begin(&self, key: BlobKey) -> Result<UploadHandle> {
        self.patiently("begin", || self.inner.begin(key)).await
    }

    async fn put_part(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        part: u32,
        body: Body,
    ) -> Result<Option<()>> {
        let Some(bytes) = body.as_whole().cloned() else {
            return self.inner.put_part(key, upload, part, body).await;
        };
        self.patiently("put part", || {
            self.inner.put_part(key, upload, part, Body::whole(bytes.clone()))
        })
        .await
    }

    async fn complete(&self, key: BlobKey, upload: &UploadHandle, size_bytes: u64) -> Result<Option<()>> {
        self.patiently("complete", || self.inner.complete(key, upload, size_bytes))
            .await
    }

    async fn read(&self, key: BlobKey, range: Range<u64>) -> Result<Option<ReadStream>> {
        self.patiently("read", || self.inner.read(key, range.clone()))
            .await
    }

    async fn size(&self, key: BlobKey) -> Result<Option<u64>> {
        self.patiently("size", || self.inner.size(key)).await
    }

    async fn delete(&self, key: BlobKey, upload: Option<&UploadHandle>) -> Result<()> {
        self.patiently("delete", || self.inner.delete(key, upload)).await
    }

    async fn list(&self, from: Option<ListFrom>) -> Result<BlobPage> {
        self.patiently("list", || self.inner.list(from.clone())).await
    }

    fn direct(&self) -> Option<&dyn DirectBlobs> {
        self.inner.direct()
    }
}
