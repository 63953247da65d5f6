//! Links and leases.

use std::cmp::Reverse;

use async_trait::async_trait;
use postern_domain::store::{
    Digest, LeaseRow, Leased, LinkMade, LinkRow, LinkStore, LinkTarget, NewLease, NewLink, RecordPage, Result,
};
use postern_protocol::changes::ChangeKind;
use postern_protocol::limits::MAX_DEPTH;
use postern_protocol::volume::{NodeKind, Record};
use postern_protocol::{AccountId, Bytes, ContentId, LeaseId, LinkId, NodeId, TimeMs, VolumeId};

use super::volumes::Volume;
use super::{Held, MemoryRecords};

#[async_trait]
impl LinkStore for MemoryRecords {
    async fn create_link(&self, link: &NewLink, max_links: u32) -> Result<LinkMade> {
        let mut held = self.held();
        if let Some(there) = held.links.get(&link.id) {
            return Ok(if is_same(there, link) {
                LinkMade::Done
            } else {
                LinkMade::IdTaken
            });
        }
        let volume = held
            .volumes
            .get(&link.volume)
            .filter(|volume| volume.row.account == link.account);
        if volume.and_then(|volume| target(volume, link.node)).is_none() {
            return Ok(LinkMade::NoSuchNode);
        }
        let own = held
            .links
            .values()
            .filter(|own| own.account == link.account && own.revoked.is_none());
        if own.count() >= max_links as usize {
            return Ok(LinkMade::TooMany);
        }
        held.links.insert(link.id, row(link));
        held.note(link.account, [ChangeKind::Link { link: link.id }]);
        Ok(LinkMade::Done)
    }

    async fn link(&self, link: LinkId, now: TimeMs) -> Result<Option<LinkRow>> {
        let held = self.held();
        Ok(held.links.get(&link).map(|link| held.as_of(link, now)))
    }

    async fn links(&self, account: AccountId, now: TimeMs) -> Result<Vec<LinkRow>> {
        let held = self.held();
        let own = held
            .links
            .values()
            .filter(|link| link.account == account && link.revoked.is_none());
        let mut own: Vec<_> = own.map(|link| held.as_of(link, now)).collect();
        own.sort_by_key(|link| (Reverse(link.created), link.id));
        Ok(own)
    }

    async fn revoke_link(&self, account: AccountId, link: LinkId, now: TimeMs) -> Result<Option<()>> {
        let mut held = self.held();
        let own = held.links.get(&link).is_some_and(|link| link.account == account);
        if !own {
            return Ok(None);
        }
        if held.forget_link(link, now) {
            held.note(account, [ChangeKind::Link { link }]);
        }
        Ok(Some(()))
    }

    async fn take_lease(&self, lease: &NewLease) -> Result<Leased> {
        let mut held = self.held();
        let Some(link) = held.links.get(&lease.link) else {
            return Ok(Leased::NoLink);
        };
        if link.revoked.is_some() {
            return Ok(Leased::Revoked);
        }
        if link.expires.is_some_and(|expires| expires <= lease.now) {
            return Ok(Leased::Expired);
        }
        if link
            .max_downloads
            .is_some_and(|max| link.downloads + held.reserved(link.id, lease.now) >= max)
        {
            return Ok(Leased::UsedUp);
        }
        let row = LeaseRow {
            id: lease.id,
            link: lease.link,
            expires: lease.expires,
            counted: false,
        };
        held.leases.insert(lease.id, (lease.token_hash, row));
        Ok(Leased::Done)
    }

    async fn lease_by_token(&self, token_hash: &Digest, now: TimeMs) -> Result<Option<LeaseRow>> {
        let held = self.held();
        let found = held
            .leases
            .values()
            .find(|(hash, row)| hash == token_hash && row.expires > now);
        Ok(found.map(|(_, row)| *row))
    }

    async fn note_delivered(&self, lease: LeaseId) -> Result<()> {
        let mut held = self.held();
        let Some((_, lease)) = held.leases.get_mut(&lease).filter(|(_, lease)| !lease.counted) else {
            return Ok(());
        };
        lease.counted = true;
        let link = lease.link;
        let Some(row) = held.links.get_mut(&link) else {
            return Ok(());
        };
        row.downloads += 1;
        let account = row.account;
        held.note(account, [ChangeKind::Link { link }]);
        Ok(())
    }

    async fn records_below(
        &self,
        volume: VolumeId,
        folder: NodeId,
        after: Option<NodeId>,
        limit: u32,
    ) -> Result<RecordPage> {
        let held = self.held();
        let Some(volume) = held.volumes.get(&volume) else {
            return Ok(RecordPage {
                records: Vec::new(),
                more: false,
            });
        };
        let below = volume.records().filter(|record| {
            after.is_none_or(|after| record.node > after) && lies_below(volume, record, folder)
        });
        let mut records: Vec<_> = below.cloned().collect();
        records.sort_by_key(|record| record.node);
        let more = records.len() > limit as usize;
        records.truncate(limit as usize);
        Ok(RecordPage { records, more })
    }

    async fn are_contents_below(
        &self,
        volume: VolumeId,
        node: NodeId,
        contents: &[ContentId],
    ) -> Result<bool> {
        let held = self.held();
        let Some(volume) = held.volumes.get(&volume) else {
            return Ok(false);
        };
        let is_below = |content: &ContentId| {
            let mut naming = volume.records().filter(|record| record.content == Some(*content));
            naming.any(|record| record.node == node || lies_below(volume, record, node))
        };
        Ok(contents.iter().all(is_below))
    }
}

impl Held {
    fn as_of(&self, link: &LinkRow, now: TimeMs) -> LinkRow {
        let volume = self.volumes.get(&link.volume);
        LinkRow {
            target: volume.and_then(|volume| target(volume, link.node)),
            reserved: self.reserved(link.id, now),
            ..link.clone()
        }
    }

    fn reserved(&self, link: LinkId, now: TimeMs) -> u32 {
        let leases = self.leases.values().map(|(_, lease)| lease);
        let reserved = leases.filter(|lease| lease.link == link && !lease.counted && lease.expires > now);
        u32::try_from(reserved.count()).unwrap_or(u32::MAX)
    }

    /// Revokes a link and forgets what it held. `false` if it is not there or was revoked before.
    pub(super) fn forget_link(&mut self, link: LinkId, now: TimeMs) -> bool {
        let Some(link) = self.links.get_mut(&link).filter(|link| link.revoked.is_none()) else {
            return false;
        };
        link.revoked = Some(now);
        link.wrap = Bytes::default();
        link.archive = Bytes::default();
        true
    }
}

fn is_same(there: &LinkRow, link: &NewLink) -> bool {
    let leads = (there.account, there.volume, there.node) == (link.account, link.volume, link.node);
    leads && there.proof_hash == link.proof_hash && there.revoked.is_none()
}

fn target(volume: &Volume, node: NodeId) -> Option<LinkTarget> {
    if volume.row.root == Some(node) {
        return Some(LinkTarget {
            kind: NodeKind::Folder,
            content: None,
        });
    }
    volume.record(node).map(|record| LinkTarget {
        kind: record.kind,
        content: record.content,
    })
}

fn lies_below(volume: &Volume, record: &Record, folder: NodeId) -> bool {
    let mut parent = record.parent;
    for _ in 0..=MAX_DEPTH {
        if parent == folder {
            return true;
        }
        let Some(above) = volume.record(parent) else {
            return false;
        };
        parent = above.parent;
    }
    false
}

fn row(link: &NewLink) -> LinkRow {
    LinkRow {
        id: link.id,
        account: link.account,
        volume: link.volume,
        node: link.node,
        target: None,
        proof_hash: link.proof_hash,
        wrap: link.wrap.clone(),
        archive: link.archive.clone(),
        created: link.created,
        expires: link.expires,
        max_downloads: link.max_downloads,
        downloads: 0,
        reserved: 0,
        revoked: None,
    }
}
