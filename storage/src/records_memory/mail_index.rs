//! Mail indexes.

use async_trait::async_trait;
use postern_domain::store::{IndexPut, KeptIndex, MailIndexStore, Result};
use postern_protocol::mail::{MailIndex, PutMailIndex};
use postern_protocol::{AccountId, ContentId, TimeMs};

use super::MemoryRecords;

#[async_trait]
impl MailIndexStore for MemoryRecords {
    async fn mail_index(&self, account: AccountId) -> Result<MailIndex> {
        let held = self.held();
        let kept = held.mail_indexes.get(&account);
        Ok(kept.map(|kept| kept.index.clone()).unwrap_or_default())
    }

    async fn mail_index_names(&self, account: AccountId, content: ContentId) -> Result<bool> {
        let held = self.held();
        let kept = held.mail_indexes.get(&account);
        Ok(kept.is_some_and(|kept| kept.contents.contains(&content)))
    }

    async fn put_mail_index(&self, account: AccountId, put: &PutMailIndex, now: TimeMs) -> Result<IndexPut> {
        let mut held = self.held();
        if !held.accounts.contains_key(&account) {
            return Ok(IndexPut::Conflict { version: 0 });
        }
        let kept = held.mail_indexes.get(&account).cloned().unwrap_or_default();
        if let Some(answer) = kept.repeated_or_conflict(put) {
            return Ok(answer);
        }
        let added = kept.added(put);
        if !added.iter().all(|content| held.is_unnamed(account, *content)) {
            return Ok(IndexPut::NoContent);
        }
        held.attach(account, &once_each(added));
        held.detach(account, &once_each(kept.dropped(put)), now);
        held.mail_indexes.insert(account, KeptIndex::of(put));
        Ok(IndexPut::Done)
    }
}

fn once_each(contents: Vec<ContentId>) -> Vec<(ContentId, u64)> {
    contents.into_iter().map(|content| (content, 1)).collect()
}
