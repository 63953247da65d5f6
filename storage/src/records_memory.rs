//! Records in memory, for tests of what stands above them: one lock, so that every method is one transaction.
//!
//! Methods check first and change after, so that a refusal leaves everything as it was.

mod accounts;
mod addresses;
mod contents;
mod garbage;
mod links;
mod mail;
mod mail_index;
mod sessions;
mod volumes;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use postern_domain::store::{
    AccountRow, Address, AddressRow, BlobKey, Digest, DomainRow, FeedStore, KeptIndex, LeaseRow, LinkRow,
    NewInvite, Result, SecretStore, SessionRow,
};
use postern_protocol::account::{Object, ObjectKind, Slot, SlotKind};
use postern_protocol::changes::{Change, ChangeKind};
use postern_protocol::{AccountId, Bytes, DomainName, LeaseId, LinkId, MessageId, SessionId, VolumeId};

/// Records in memory. They go with the value.
#[derive(Debug, Default)]
pub struct MemoryRecords {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    accounts: HashMap<AccountId, Account>,
    invites: HashMap<Digest, (NewInvite, bool)>,
    sessions: HashMap<SessionId, (Digest, SessionRow)>,
    volumes: HashMap<VolumeId, volumes::Volume>,
    contents: HashMap<BlobKey, contents::Content>,
    links: HashMap<LinkId, LinkRow>,
    leases: HashMap<LeaseId, (Digest, LeaseRow)>,
    mail: HashMap<(AccountId, MessageId), mail::InBox>,
    mail_indexes: HashMap<AccountId, KeptIndex>,
    domains: BTreeMap<DomainName, DomainRow>,
    addresses: BTreeMap<Address, AddressRow>,
    secrets: HashMap<String, Bytes>,
}

#[derive(Debug)]
struct Account {
    row: AccountRow,
    slots: BTreeMap<SlotKind, Slot>,
    objects: BTreeMap<ObjectKind, Object>,
    statements: Vec<Bytes>,
    changes: Vec<ChangeKind>,
}

impl MemoryRecords {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("nothing panics while it holds this")
    }
}

impl Held {
    fn note(&mut self, account: AccountId, kinds: impl IntoIterator<Item = ChangeKind>) {
        if let Some(account) = self.accounts.get_mut(&account) {
            account.changes.extend(kinds);
            account.row.latest_change = account.changes.len() as u64;
        }
    }
}

#[async_trait]
impl FeedStore for MemoryRecords {
    async fn changes(&self, account: AccountId, since: u64, limit: u32) -> Result<Vec<Change>> {
        let held = self.held();
        let changes = held
            .accounts
            .get(&account)
            .map(|account| account.changes.as_slice())
            .unwrap_or_default();
        let numbered = (1..).zip(changes).map(|(seq, kind)| Change {
            seq,
            kind: kind.clone(),
        });
        Ok(numbered
            .filter(|change| change.seq > since)
            .take(limit as usize)
            .collect())
    }
}

#[async_trait]
impl SecretStore for MemoryRecords {
    async fn secret(&self, name: &str, proposed: &Bytes) -> Result<Bytes> {
        Ok(self
            .held()
            .secrets
            .entry(name.to_owned())
            .or_insert_with(|| proposed.clone())
            .clone())
    }

    async fn known_secret(&self, name: &str) -> Result<Option<Bytes>> {
        Ok(self.held().secrets.get(name).cloned())
    }
}
