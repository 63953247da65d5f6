//! Contents on their way in.
//!
//! The blob is there before a row says so: a part is durable before it is noted, a blob complete before its content is.
//! What is left lying in between is swept.

mod announced;

pub use announced::Announced;

use futures::TryStreamExt as _;
use postern_crypto::hash::{Hasher, equal};
use postern_protocol::parts::{self, MAX_CONTENT_BYTES, MAX_PARTS, MIN_CONTENT_BYTES};
use postern_protocol::upload::{ContentBody, PartBody, UploadBody, UploadComplete, UploadStart};
use postern_protocol::{ContentId, TimeMs};

use crate::error::{Error, Result};
use crate::postern::Postern;
use crate::session::SignedIn;
use crate::store::{
    Added, Begun, BlobKey, Completed, ContentRow, Digest, NewContent, NewUpload, Noted, PartRow, Put,
    UploadPartRow, UploadRow,
};

/// A content of the account's that is arriving, or may begin to.
#[derive(Debug, Clone)]
pub struct OwnUpload {
    owner: SignedIn,
    key: BlobKey,
}

impl SignedIn {
    /// The upload of that content, which may not have begun yet.
    #[must_use]
    pub fn upload(&self, content: ContentId) -> OwnUpload {
        OwnUpload {
            owner: self.clone(),
            key: BlobKey {
                account: self.account(),
                content,
            },
        }
    }

    /// Begins an upload; one that has begun goes on.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`], [`Error::TooLarge`] if it is known already that it cannot end well;
    /// [`Error::Conflict`] if the id belonged to a content that is gone.
    pub async fn start_upload(&self, start: &UploadStart, now: TimeMs) -> Result<UploadBody> {
        let upload = self.upload(start.content);
        if let Some(body) = upload.present().await? {
            return Ok(body);
        }
        if let Some(size_bytes) = start.size_bytes {
            check_content_size(size_bytes)?;
            self.check_room(size_bytes).await?;
        }
        upload.begin(now).await
    }

    /// There is room for so many bytes more. Only a first look: what counts is said when they are noted.
    pub(crate) async fn check_room(&self, size_bytes: u64) -> Result<()> {
        let account = self.postern().records().account(self.account()).await?;
        let account = account.ok_or(Error::NotSignedIn)?;
        let fits = account.used_bytes.saturating_add(size_bytes) <= account.quota_bytes;
        if fits { Ok(()) } else { Err(Error::QuotaExceeded) }
    }
}

impl OwnUpload {
    /// The upload as it stands.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none.
    pub async fn body(&self) -> Result<UploadBody> {
        self.present().await?.ok_or(NO_UPLOAD)
    }

    /// Takes part `part`. When this returns, the part is on disk.
    ///
    /// # Errors
    /// [`Error::Body`] if it is not what was announced; [`Error::Conflict`] if another part of that number is there.
    pub async fn put_part(&self, part: u32, body: Announced) -> Result<()> {
        check_part(part, body.size_bytes)?;
        let noted = PartRow {
            part,
            size_bytes: body.size_bytes,
            checksum: body.checksum,
        };
        let UploadPartRow {
            handle,
            noted: before,
        } = self.upload_part(part).await?;
        match before {
            // Not written again: a body that differs would spoil what is noted already.
            Some(before) if before == noted => return body.drain().await,
            Some(_) => return Err(PART_DIFFERS),
            None => self.owner.check_room(body.size_bytes).await?,
        }
        let written = self
            .blobs()
            .put_part(self.key, &handle, part, body.checked())
            .await?;
        written.ok_or(NO_UPLOAD)?;
        match self.postern().records().note_part(self.key, &noted).await? {
            Noted::Done => Ok(()),
            Noted::Differs => Err(PART_DIFFERS),
            Noted::QuotaExceeded => Err(Error::QuotaExceeded),
            Noted::NoUpload => Err(NO_UPLOAD),
        }
    }

    /// Makes the parts a content. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`Error::PartsMissing`] if they do not come to that size.
    pub async fn complete(&self, complete: &UploadComplete, now: TimeMs) -> Result<ContentBody> {
        let size_bytes = complete.size_bytes;
        check_content_size(size_bytes)?;
        let Some(upload) = self.postern().records().upload(self.key).await? else {
            let content = self.postern().records().content(self.key).await?;
            return same_size(content.ok_or(NO_UPLOAD)?, size_bytes);
        };
        if !PartRow::are_whole(&upload.parts, size_bytes) {
            return Err(Error::PartsMissing(self.key.content));
        }
        let blob = self
            .blobs()
            .complete(self.key, &upload.handle, size_bytes)
            .await?;
        // All parts are noted: the store has lost them since.
        blob.ok_or(NO_UPLOAD)?;
        match self
            .postern()
            .records()
            .complete_upload(self.key, size_bytes, now)
            .await?
        {
            Completed::Done(content) => same_size(content, size_bytes),
            Completed::PartsMissing => Err(Error::PartsMissing(self.key.content)),
            Completed::NoUpload => Err(NO_UPLOAD),
        }
    }

    /// Gives it up.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none.
    pub async fn abort(&self, now: TimeMs) -> Result<()> {
        self.postern()
            .records()
            .abort_upload(self.key, now)
            .await?
            .ok_or(NO_UPLOAD)
    }

    /// Takes a whole content of at most one part.
    ///
    /// # Errors
    /// [`Error::Body`] if it is not what was announced; [`Error::Conflict`] if another content of that id is, or was,
    /// there.
    pub async fn put_whole(&self, body: Announced, now: TimeMs) -> Result<ContentBody> {
        let (size_bytes, checksum) = (body.size_bytes, body.checksum);
        check_content_size(size_bytes)?;
        check_part(0, size_bytes)?;
        if let Some(content) = self.postern().records().content(self.key).await? {
            body.drain().await?;
            return same_size(content, size_bytes);
        }
        self.owner.check_room(size_bytes).await?;
        if let Put::AlreadyThere { size_bytes: present } = self.blobs().put(self.key, body.checked()).await? {
            // Left by a request that died before its row, or by one that runs beside this one.
            check_blob(self.postern(), self.key, present, checksum).await?;
        }
        let content = NewContent {
            key: self.key,
            size_bytes,
            now,
        };
        let added = self.postern().records().add_content(&content).await?;
        same_size(kept(added)?, size_bytes)
    }

    async fn begin(&self, now: TimeMs) -> Result<UploadBody> {
        let handle = self.blobs().begin(self.key).await?;
        let new = NewUpload {
            key: self.key,
            handle,
            now,
        };
        match self.postern().records().begin_upload(&new).await? {
            Begun::New => Ok(UploadBody {
                content: self.key.content,
                created: now,
                completed: false,
                parts: Vec::new(),
            }),
            Begun::UnderWay(upload) => Ok(under_way(upload)),
            Begun::Complete(content) => Ok(completed(content)),
            Begun::Gone => Err(CONTENT_GONE),
        }
    }

    async fn present(&self) -> Result<Option<UploadBody>> {
        if let Some(upload) = self.postern().records().upload(self.key).await? {
            return Ok(Some(under_way(upload)));
        }
        Ok(self.postern().records().content(self.key).await?.map(completed))
    }

    async fn upload_part(&self, part: u32) -> Result<UploadPartRow> {
        self.postern()
            .records()
            .upload_part(self.key, part)
            .await?
            .ok_or(NO_UPLOAD)
    }

    fn postern(&self) -> &Postern {
        self.owner.postern()
    }

    fn blobs(&self) -> &dyn crate::store::BlobStore {
        self.postern().blobs()
    }
}

const NO_UPLOAD: Error = Error::NotFound("upload");
const PART_DIFFERS: Error = Error::Conflict {
    what: "this part",
    present: None,
};
const CONTENT_GONE: Error = Error::Conflict {
    what: "this content, which was removed,",
    present: None,
};
const CONTENT_DIFFERS: Error = Error::Conflict {
    what: "this content",
    present: None,
};

pub(crate) fn check_content_size(size_bytes: u64) -> Result<()> {
    if size_bytes > MAX_CONTENT_BYTES {
        return Err(Error::TooLarge("the content"));
    }
    if size_bytes < MIN_CONTENT_BYTES {
        return Err(Error::Malformed("a sealed stream is not as short as that"));
    }
    Ok(())
}

fn check_part(part: u32, size_bytes: u64) -> Result<()> {
    if part >= MAX_PARTS {
        return Err(Error::Malformed("there are no parts of that number"));
    }
    if !parts::fits(part, size_bytes) {
        return Err(Error::TooLarge("the part"));
    }
    if size_bytes == 0 {
        return Err(Error::Malformed("a part is not empty"));
    }
    Ok(())
}

/// The blob that is there is the announced one.
pub(crate) async fn check_blob(
    postern: &Postern,
    key: BlobKey,
    size_bytes: u64,
    checksum: Digest,
) -> Result<()> {
    let blob = postern.blobs().read(key, 0..size_bytes).await?;
    let mut pieces = blob.ok_or(CONTENT_GONE)?;
    let mut hasher = Hasher::default();
    while let Some(piece) = pieces.try_next().await? {
        hasher.update(&piece);
    }
    if equal(&hasher.finish(), &checksum) {
        Ok(())
    } else {
        Err(CONTENT_DIFFERS)
    }
}

/// The content that is there now, or why there is none.
pub(crate) fn kept(added: Added) -> Result<ContentRow> {
    match added {
        Added::Done(content) | Added::Already(content) => Ok(content),
        Added::UnderWay => Err(Error::Conflict {
            what: "the upload of this content",
            present: None,
        }),
        Added::Gone => Err(CONTENT_GONE),
        Added::QuotaExceeded => Err(Error::QuotaExceeded),
    }
}

pub(crate) fn same_size(content: ContentRow, size_bytes: u64) -> Result<ContentBody> {
    if content.size_bytes == size_bytes {
        Ok(ContentBody {
            content: content.key.content,
            size_bytes,
        })
    } else {
        Err(CONTENT_DIFFERS)
    }
}

fn under_way(upload: UploadRow) -> UploadBody {
    let part = |row: PartRow| PartBody {
        part: row.part,
        size_bytes: row.size_bytes,
        checksum: row.checksum.into(),
    };
    UploadBody {
        content: upload.key.content,
        created: upload.created,
        completed: false,
        parts: upload.parts.into_iter().map(part).collect(),
    }
}

fn completed(content: ContentRow) -> UploadBody {
    UploadBody {
        content: content.key.content,
        created: content.completed,
        completed: true,
        parts: Vec::new(),
    }
}
