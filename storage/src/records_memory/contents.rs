//! Contents: arriving, there, and no longer named.

use std::collections::BTreeMap;

use async_trait::async_trait;
use postern_domain::store::{
    Added, Begun, BlobKey, Completed, ContentRow, ContentStore, NewContent, NewUpload, Noted, PartRow,
    Result, UploadHandle, UploadPartRow, UploadRow,
};
use postern_protocol::{AccountId, ContentId, TimeMs};

use super::{Held, MemoryRecords};

#[derive(Debug)]
pub(super) struct Content {
    pub(super) state: State,
    pub(super) handle: UploadHandle,
    pub(super) size_bytes: u64,
    pub(super) changed: TimeMs,
    pub(super) records: u64,
    parts: BTreeMap<u32, PartRow>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Arriving,
    There,
    Garbage,
    Swept,
}

impl Content {
    pub(super) fn new(state: State, handle: UploadHandle, size_bytes: u64, now: TimeMs) -> Self {
        Self {
            state,
            handle,
            size_bytes,
            changed: now,
            records: 0,
            parts: BTreeMap::new(),
        }
    }

    fn row(&self, key: BlobKey) -> ContentRow {
        ContentRow {
            key,
            size_bytes: self.size_bytes,
            completed: self.changed,
            records: self.records,
        }
    }

    fn upload(&self, key: BlobKey) -> UploadRow {
        UploadRow {
            key,
            handle: self.handle.clone(),
            created: self.changed,
            parts: self.parts.values().copied().collect(),
        }
    }
}

#[async_trait]
impl ContentStore for MemoryRecords {
    async fn begin_upload(&self, upload: &NewUpload) -> Result<Begun> {
        let mut held = self.held();
        let key = upload.key;
        if let Some(content) = held.contents.get(&key) {
            return Ok(match content.state {
                State::Arriving => Begun::UnderWay(content.upload(key)),
                State::There => Begun::Complete(content.row(key)),
                State::Garbage | State::Swept => Begun::Gone,
            });
        }
        held.contents.insert(
            key,
            Content::new(State::Arriving, upload.handle.clone(), 0, upload.now),
        );
        Ok(Begun::New)
    }

    async fn upload(&self, key: BlobKey) -> Result<Option<UploadRow>> {
        Ok(self.held().arriving(key).map(|content| content.upload(key)))
    }

    async fn upload_part(&self, key: BlobKey, part: u32) -> Result<Option<UploadPartRow>> {
        Ok(self.held().arriving(key).map(|content| UploadPartRow {
            handle: content.handle.clone(),
            noted: content.parts.get(&part).copied(),
        }))
    }

    async fn note_part(&self, key: BlobKey, part: &PartRow) -> Result<Noted> {
        let mut held = self.held();
        let Some(content) = held.arriving(key) else {
            return Ok(Noted::NoUpload);
        };
        if let Some(noted) = content.parts.get(&part.part) {
            return Ok(if noted == part {
                Noted::Done
            } else {
                Noted::Differs
            });
        }
        if !held.charge(key.account, part.size_bytes) {
            return Ok(Noted::QuotaExceeded);
        }
        if let Some(content) = held.contents.get_mut(&key) {
            content.parts.insert(part.part, *part);
            content.size_bytes += part.size_bytes;
        }
        Ok(Noted::Done)
    }

    async fn complete_upload(&self, key: BlobKey, size_bytes: u64, now: TimeMs) -> Result<Completed> {
        let mut held = self.held();
        let Some(content) = held.contents.get_mut(&key) else {
            return Ok(Completed::NoUpload);
        };
        let parts: Vec<_> = content.parts.values().copied().collect();
        match content.state {
            State::Garbage | State::Swept => return Ok(Completed::NoUpload),
            State::There if content.size_bytes == size_bytes => {}
            State::Arriving if PartRow::are_whole(&parts, size_bytes) => {
                content.state = State::There;
                content.changed = now;
                content.parts.clear();
            }
            State::There | State::Arriving => return Ok(Completed::PartsMissing),
        }
        Ok(Completed::Done(content.row(key)))
    }

    async fn abort_upload(&self, key: BlobKey, now: TimeMs) -> Result<Option<()>> {
        let mut held = self.held();
        if held.arriving(key).is_none() {
            return Ok(None);
        }
        held.make_garbage(key, now);
        Ok(Some(()))
    }

    async fn add_contents(&self, contents: &[NewContent]) -> Result<Vec<Added>> {
        let mut held = self.held();
        let Some(account) = contents.first().map(|content| content.key.account) else {
            return Ok(Vec::new());
        };
        let is_new = |content: &&NewContent| !held.contents.contains_key(&content.key);
        let size_bytes = contents
            .iter()
            .filter(is_new)
            .map(|content| content.size_bytes)
            .sum();
        let fits = size_bytes == 0 || held.charge(account, size_bytes);
        Ok(contents.iter().map(|content| held.add(content, fits)).collect())
    }

    async fn contents(&self, account: AccountId, contents: &[ContentId]) -> Result<Vec<ContentRow>> {
        let held = self.held();
        let there = contents.iter().filter_map(|content| {
            let key = BlobKey {
                account,
                content: *content,
            };
            let there = held.contents.get(&key)?;
            (there.state == State::There).then(|| there.row(key))
        });
        Ok(there.collect())
    }
}

impl Held {
    fn arriving(&self, key: BlobKey) -> Option<&Content> {
        self.contents
            .get(&key)
            .filter(|content| content.state == State::Arriving)
    }

    pub(super) fn is_there(&self, account: AccountId, content: ContentId) -> bool {
        let content = self.contents.get(&BlobKey { account, content });
        content.is_some_and(|content| content.state == State::There)
    }

    /// Whether a content is there that nothing names.
    pub(super) fn is_unnamed(&self, account: AccountId, content: ContentId) -> bool {
        let content = self.contents.get(&BlobKey { account, content });
        content.is_some_and(|content| content.state == State::There && content.records == 0)
    }

    fn add(&mut self, content: &NewContent, fits: bool) -> Added {
        if let Some(there) = self.contents.get(&content.key) {
            return match there.state {
                State::There => Added::Already(there.row(content.key)),
                State::Arriving => Added::UnderWay,
                State::Garbage | State::Swept => Added::Gone,
            };
        }
        let (state, added) = if fits {
            (State::There, Added::Done(content.row()))
        } else {
            (State::Garbage, Added::QuotaExceeded)
        };
        let new = Content::new(state, UploadHandle::default(), content.size_bytes, content.now);
        self.contents.insert(content.key, new);
        added
    }

    fn charge(&mut self, account: AccountId, bytes: u64) -> bool {
        let Some(account) = self.accounts.get_mut(&account) else {
            return false;
        };
        let fits = account.row.used_bytes + bytes <= account.row.quota_bytes;
        if fits {
            account.row.used_bytes += bytes;
        }
        fits
    }

    /// Frees what an upload or a content used, and leaves its blob to the sweeper.
    pub(super) fn make_garbage(&mut self, key: BlobKey, now: TimeMs) {
        let Some(content) = self.contents.get_mut(&key) else {
            return;
        };
        content.state = State::Garbage;
        content.changed = now;
        content.parts.clear();
        if let Some(account) = self.accounts.get_mut(&key.account) {
            account.row.used_bytes -= content.size_bytes;
        }
    }

    pub(super) fn attach(&mut self, account: AccountId, contents: &[(ContentId, u64)]) {
        for (content, by) in contents {
            if let Some(content) = self.contents.get_mut(&BlobKey {
                account,
                content: *content,
            }) {
                content.records += by;
            }
        }
    }

    pub(super) fn detach(&mut self, account: AccountId, contents: &[(ContentId, u64)], now: TimeMs) {
        for (content, by) in contents {
            let key = BlobKey {
                account,
                content: *content,
            };
            let Some(content) = self.contents.get_mut(&key) else {
                continue;
            };
            content.records -= by;
            if content.records == 0 {
                self.make_garbage(key, now);
            }
        }
    }
}
