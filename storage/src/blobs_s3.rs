//! Blobs in a bucket of any store that speaks S3.
//!
//! Bytes go through addresses that are signed for the moment and the one request: so a body is sent from the buffer in
//! which it lies, and a read is streamed, where the client library would copy or gather. What arrives is compared with
//! its MD5, the one checksum that every such store verifies; against forgery the seal protects, not this.
//!
//! Nothing here tries twice: wrap it in [`crate::Retry`], and that in [`crate::Buffered`].

mod answers;
mod parts_listing;
mod reading;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use postern_domain::store::{
    BlobEntry, BlobKey, BlobPage, BlobStore, Body, DirectBlobs, ListFrom, Put, ReadStream, Result,
    StoreError, UploadHandle,
};
use postern_protocol::bytes as base64url;
use s3::creds::Credentials;
use s3::error::S3Error;
use s3::{Bucket, Region};

use crate::answers::check_part;
use crate::error::{OpenError, damaged};
use answers::{failed, in_time, is_absent, is_gone, refused};

/// How long a signed address that only this process uses is good for. A clock that is off by more fails loudly.
const OWN_ADDRESS_S: u32 = 3_600;
/// How long a store may take for one part; at 64 MiB that is a quarter of a MiB each second.
const PART_TIMEOUT: Duration = Duration::from_secs(240);
/// How long it may take to begin its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
const MEDIA_TYPE: &str = "application/octet-stream";

/// Where the bucket is.
#[derive(Clone)]
pub struct S3Settings {
    /// The store's address, for instance `https://s3.example.org`.
    pub endpoint: String,
    /// Its region, as it calls it.
    pub region: String,
    /// The bucket, which exists.
    pub bucket: String,
    /// The access key.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Settings({}/{}, keys ***)", self.endpoint, self.bucket)
    }
}

/// Blobs in a bucket.
pub struct S3Blobs {
    bucket: Box<Bucket>,
}

impl fmt::Debug for S3Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3Blobs({})", self.bucket.url())
    }
}

impl S3Blobs {
    /// Uses a bucket, addressed by path. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// [`OpenError::Setting`] if address or keys cannot be understood.
    pub fn open(settings: &S3Settings) -> Result<Self, OpenError> {
        let setting = |error: &dyn fmt::Display| OpenError::Setting(error.to_string());
        let region = Region::Custom {
            region: settings.region.clone(),
            endpoint: settings.endpoint.trim_end_matches('/').to_owned(),
        };
        let (access, secret) = (
            Some(settings.access_key.as_str()),
            Some(settings.secret_key.as_str()),
        );
        let keys = Credentials::new(access, secret, None, None, None).map_err(|error| setting(&error))?;
        let bucket = Bucket::new(&settings.bucket, region, keys).map_err(|error| setting(&error))?;
        // The library's own retries would multiply with ours.
        s3::set_retries(0);
        Ok(Self {
            bucket: bucket.with_path_style(),
        })
    }

    async fn sized(&self, path: &str) -> Result<Option<u64>> {
        match in_time(ANSWER_TIMEOUT, self.bucket.head_object(path)).await? {
            Ok((head, _)) => {
                let size = head.content_length.and_then(|size| u64::try_from(size).ok());
                size.map(Some)
                    .ok_or_else(|| damaged("the store did not say how large a blob is"))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn signed_part(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        part: u32,
        valid_s: u32,
    ) -> Result<String> {
        let query = [
            ("partNumber", (part + 1).to_string()),
            ("uploadId", upload.0.clone()),
        ];
        let query = query
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        self.bucket
            .presign_put(path(key), valid_s, None, Some(query))
            .await
            .map_err(failed)
    }

    /// Sends `bytes` to a signed address. The inner error is the store's refusal.
    async fn send(&self, address: &str, bytes: Bytes, condition: Condition) -> Result<Result<(), S3Error>> {
        let client = self.bucket.http_client();
        let request = client
            .put(address)
            .header("content-md5", md5_of(&bytes).await?)
            .body(bytes);
        let request = match condition {
            Condition::Always => request,
            Condition::UnlessThere => request.header("if-none-match", "*"),
        };
        let answer = in_time(PART_TIMEOUT, request.send()).await?.map_err(failed)?;
        let status = answer.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(Ok(()));
        }
        let text = in_time(ANSWER_TIMEOUT, answer.text()).await?.map_err(failed)?;
        Ok(Err(S3Error::HttpFailWithBody(status, text)))
    }

    async fn abort(&self, path: &str, upload: &UploadHandle) -> Result<()> {
        match in_time(ANSWER_TIMEOUT, self.bucket.abort_upload(path, &upload.0)).await? {
            Err(error) if !is_gone(&error) => Err(failed(error)),
            _ => Ok(()),
        }
    }
}

/// When a blob is to be stored.
enum Condition {
    Always,
    UnlessThere,
}

#[async_trait]
impl BlobStore for S3Blobs {
    async fn put(&self, key: BlobKey, body: Body) -> Result<Put> {
        let path = path(key);
        let address = self
            .bucket
            .presign_put(&path, OWN_ADDRESS_S, None, None)
            .await
            .map_err(failed)?;
        let sent = self
            .send(&address, body.collect().await?, Condition::UnlessThere)
            .await;
        let error = match sent {
            Ok(Ok(())) => return Ok(Put::Stored),
            Ok(Err(refusal)) => failed(refusal),
            Err(error) => error,
        };
        // A store that has the blob may say so, or just hang up in the middle of the body.
        match self.sized(&path).await {
            Ok(Some(size_bytes)) => Ok(Put::AlreadyThere { size_bytes }),
            _ => Err(error),
        }
    }

    async fn begin(&self, key: BlobKey) -> Result<UploadHandle> {
        let path = path(key);
        let begun = self.bucket.initiate_multipart_upload(&path, MEDIA_TYPE);
        let begun = in_time(ANSWER_TIMEOUT, begun).await?.map_err(failed)?;
        Ok(UploadHandle(begun.upload_id))
    }

    async fn put_part(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        part: u32,
        body: Body,
    ) -> Result<Option<()>> {
        check_part(part, &body)?;
        let address = self.signed_part(key, upload, part, OWN_ADDRESS_S).await?;
        match self
            .send(&address, body.collect().await?, Condition::Always)
            .await?
        {
            Ok(()) => Ok(Some(())),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    async fn complete(&self, key: BlobKey, upload: &UploadHandle, size_bytes: u64) -> Result<Option<()>> {
        let path = path(key);
        let listed = parts_listing::list(&self.bucket, &path, upload).await?;
        if let Some(parts) = listed.and_then(|listed| parts_listing::exactly(listed, size_bytes)) {
            let completed = self.bucket.complete_multipart_upload(&path, &upload.0, parts);
            match in_time(PART_TIMEOUT, completed).await? {
                Ok(_) => return Ok(Some(())),
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        // Perhaps completed before, by a call whose answer was lost.
        let there = self.sized(&path).await?;
        Ok(there.filter(|size| *size == size_bytes).map(|_| ()))
    }

    async fn read(&self, key: BlobKey, range: Range<u64>) -> Result<Option<ReadStream>> {
        let address = self
            .bucket
            .presign_get(path(key), OWN_ADDRESS_S, None)
            .await
            .map_err(failed)?;
        let header = postern_protocol::range::format(&range);
        let request = self.bucket.http_client().get(address).header("range", header);
        let answer = in_time(ANSWER_TIMEOUT, request.send()).await?.map_err(failed)?;
        match answer.status().as_u16() {
            206 => Ok(Some(reading::exactly(
                range.end - range.start,
                answer.bytes_stream(),
            ))),
            404 => Ok(None),
            status => Err(refused(status, "to a range".to_owned())),
        }
    }

    async fn size(&self, key: BlobKey) -> Result<Option<u64>> {
        self.sized(&path(key)).await
    }

    async fn delete(&self, key: BlobKey, upload: Option<&UploadHandle>) -> Result<()> {
        let path = path(key);
        if let Some(upload) = upload {
            self.abort(&path, upload).await?;
        }
        match in_time(ANSWER_TIMEOUT, self.bucket.delete_object(&path)).await? {
            Err(error) if !is_absent(&error) => Err(failed(error)),
            _ => Ok(()),
        }
    }

    async fn list(&self, from: Option<ListFrom>) -> Result<BlobPage> {
        let page = self
            .bucket
            .list_page(PREFIX.to_owned(), None, from.map(|from| from.0), None, None);
        let (page, _) = in_time(ANSWER_TIMEOUT, page).await?.map_err(failed)?;
        let entries = page.contents.iter().filter_map(|object| {
            let modified = answers::moment(&object.last_modified)?;
            Some(BlobEntry {
                key: key_of(&object.key)?,
                modified,
            })
        });
        Ok(BlobPage {
            entries: entries.collect(),
            next: page.next_continuation_token.map(ListFrom),
        })
    }

    fn direct(&self) -> Option<&dyn DirectBlobs> {
        Some(self)
    }
}

#[async_trait]
impl DirectBlobs for S3Blobs {
    async fn put_part_url(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        part: u32,
        valid_s: u32,
    ) -> Result<String> {
        self.signed_part(key, upload, part, valid_s).await
    }

    async fn get_url(&self, key: BlobKey, valid_s: u32) -> Result<String> {
        self.bucket
            .presign_get(path(key), valid_s, None)
            .await
            .map_err(failed)
    }
}

const PREFIX: &str = "blobs/";

/// Content first: its id is random, and stores spread keys by how they begin.
fn path(key: BlobKey) -> String {
    format!("/{PREFIX}{}.{}", key.content, key.account)
}

fn key_of(path: &str) -> Option<BlobKey> {
    let (content, account) = path.strip_prefix(PREFIX)?.split_once('.')?;
    let id = |text: &str| base64url::decode(text).ok()?.try_into().ok();
    let (content, account): ([u8; 16], [u8; 16]) = (id(content)?, id(account)?);
    Some(BlobKey {
        account: account.into(),
        content: content.into(),
    })
}

async fn md5_of(bytes: &Bytes) -> Result<String> {
    let bytes = bytes.clone();
    let digest = tokio::task::spawn_blocking(move || md5::compute(&bytes)).await;
    Ok(STANDARD.encode(digest.map_err(|error| StoreError::Failed(error.into()))?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_path() {
        let key = BlobKey {
            account: [7; 16].into(),
            content: [250; 16].into(),
        };
        assert_eq!(key_of(path(key).trim_start_matches('/')), Some(key));
        assert_eq!(key_of("blobs/readme.txt"), None);
    }

    #[test]
    fn keys_are_never_printed() {
        let settings = S3Settings {
            endpoint: "https://s3.example.org".to_owned(),
            region: "r".to_owned(),
            bucket: "b".to_owned(),
            access_key: "ACCESS".to_owned(),
            secret_key: "SECRET".to_owned(),
        };
        let printed = format!("{settings:?}");
        assert!(
            !printed.contains("ACCESS") && !printed.contains("SECRET"),
            "{printed}"
        );
    }
}
