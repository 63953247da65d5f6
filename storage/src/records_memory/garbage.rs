//! What nobody needs any more.

use std::collections::HashMap;
use std::hash::Hash;

use async_trait::async_trait;
use postern_domain::store::{BlobKey, GarbageRow, GarbageStore, Result, Swept, UploadHandle};
use postern_protocol::TimeMs;

use super::contents::{Content, State};
use super::{Held, MemoryRecords};

#[async_trait]
impl GarbageStore for MemoryRecords {
    async fn drop_abandoned_uploads(&self, before: TimeMs, now: TimeMs, limit: u32) -> Result<u32> {
        Ok(self.held().drop_contents(now, limit, |content| {
            content.state == State::Arriving && content.changed < before
        }))
    }

    async fn drop_unattached_contents(&self, before: TimeMs, now: TimeMs, limit: u32) -> Result<u32> {
        Ok(self.held().drop_contents(now, limit, |content| {
            content.state == State::There && content.changed < before && content.records == 0
        }))
    }

    async fn condemn_unknown_blobs(&self, keys: &[BlobKey], now: TimeMs) -> Result<u32> {
        let mut held = self.held();
        let before = held.contents.len();
        for key in keys {
            let condemned = || Content::new(State::Garbage, UploadHandle::default(), 0, now);
            held.contents.entry(*key).or_insert_with(condemned);
        }
        Ok(u32::try_from(held.contents.len() - before).unwrap_or(u32::MAX))
    }

    async fn garbage(&self, before: TimeMs, limit: u32) -> Result<Vec<GarbageRow>> {
        let held = self.held();
        let garbage = held.oldest(limit, |content| {
            content.state == State::Garbage && content.changed < before
        });
        let row = |key: BlobKey| {
            let handle = &held.contents[&key].handle;
            GarbageRow {
                key,
                upload: (!handle.0.is_empty()).then(|| handle.clone()),
            }
        };
        Ok(garbage.into_iter().map(row).collect())
    }

    async fn note_swept(&self, keys: &[BlobKey], now: TimeMs) -> Result<()> {
        let mut held = self.held();
        for key in keys {
            if let Some(content) = held
                .contents
                .get_mut(key)
                .filter(|content| content.state == State::Garbage)
            {
                content.state = State::Swept;
                content.changed = now;
            }
        }
        Ok(())
    }

    async fn drop_expired(&self, now: TimeMs, forget_before: TimeMs) -> Result<Swept> {
        let mut held = self.held();
        let swept = |content: &Content| content.state == State::Swept && content.changed < forget_before;
        Ok(Swept {
            sessions: forget(&mut held.sessions, |(_, session)| session.expires <= now),
            leases: forget(&mut held.leases, |(_, lease)| lease.expires <= now),
            invites: forget(&mut held.invites, |(invite, _)| invite.expires <= now),
            contents: forget(&mut held.contents, swept),
        })
    }
}

impl Held {
    fn oldest(&self, limit: u32, which: impl Fn(&Content) -> bool) -> Vec<BlobKey> {
        let mut found: Vec<_> = self
            .contents
            .iter()
            .filter(|(_, content)| which(content))
            .collect();
        found.sort_by_key(|(_, content)| content.changed);
        found
            .into_iter()
            .take(limit as usize)
            .map(|(key, _)| *key)
            .collect()
    }

    fn drop_contents(&mut self, now: TimeMs, limit: u32, which: impl Fn(&Content) -> bool) -> u32 {
        let found = self.oldest(limit, which);
        found.iter().for_each(|key| self.make_garbage(*key, now));
        u32::try_from(found.len()).unwrap_or(u32::MAX)
    }
}

fn forget<K: Eq + Hash, V>(all: &mut HashMap<K, V>, which: impl Fn(&V) -> bool) -> u64 {
    let before = all.len();
    all.retain(|_, value| !which(value));
    (before - all.len()) as u64
}
