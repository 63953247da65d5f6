//! Accounts, their passwords and their objects.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use postern_domain::store::{
    AccountRow, AccountSnapshot, AccountStore, Address, AddressRow, Created, DirectoryRow, NewAccount,
    NewInvite, NewPassword, NewRotation, ObjectPut, ObjectStore, PasswordSet, Result, Rotated,
};
use postern_protocol::account::{Object, ObjectKind, PutObject};
use postern_protocol::changes::ChangeKind;
use postern_protocol::{AccountId, AccountName, SessionId, TimeMs};

use super::volumes::Volume;
use super::{Account, Held, MemoryRecords};

const FEED: [ChangeKind; 2] = [ChangeKind::Account, ChangeKind::Sessions];

#[async_trait]
impl AccountStore for MemoryRecords {
    async fn create_account(&self, account: &NewAccount) -> Result<Created> {
        let mut held = self.held();
        if let Some(refusal) = held.refuses(account) {
            return Ok(refusal);
        }
        held.use_up_invite(account);
        held.accounts.insert(account.id, Account::new(account));
        held.volumes.insert(account.volume, Volume::new(account));
        let row = name_row(account);
        held.addresses.insert(row.address.clone(), row);
        held.begin_session(&account.session);
        Ok(Created::Done)
    }

    async fn account(&self, account: AccountId) -> Result<Option<AccountRow>> {
        Ok(self
            .held()
            .accounts
            .get(&account)
            .map(|account| account.row.clone()))
    }

    async fn account_by_name(&self, name: &AccountName) -> Result<Option<AccountRow>> {
        Ok(self.held().by_name(name).map(|account| account.row.clone()))
    }

    async fn account_snapshot(&self, account: AccountId) -> Result<Option<AccountSnapshot>> {
        Ok(self.held().accounts.get(&account).map(|account| AccountSnapshot {
            account: account.row.clone(),
            slots: account.slots.values().cloned().collect(),
            objects: account.objects.values().cloned().collect(),
            directory: account.statements.clone(),
        }))
    }

    async fn directory(&self, name: &AccountName) -> Result<Option<DirectoryRow>> {
        Ok(self.held().by_name(name).map(|account| DirectoryRow {
            account: account.row.id,
            statements: account.statements.clone(),
        }))
    }

    async fn change_password(&self, change: &NewPassword) -> Result<PasswordSet> {
        let mut held = self.held();
        if !held.has_session(change.account, change.by, change.now) {
            return Ok(PasswordSet::SessionEnded);
        }
        let Some(account) = held.accounts.get_mut(&change.account) else {
            return Ok(PasswordSet::SessionEnded);
        };
        if account.row.generation != change.slot.generation {
            return Ok(PasswordSet::Conflict);
        }
        account.row.record = change.record.clone();
        account.slots.insert(change.slot.kind, change.slot.clone());
        held.end_sessions(change.account);
        held.begin_session(&change.session);
        held.note(change.account, FEED);
        Ok(PasswordSet::Done)
    }

    async fn rotate(&self, rotation: &NewRotation) -> Result<Rotated> {
        let mut held = self.held();
        if !held.has_session(rotation.account, rotation.by, rotation.now) {
            return Ok(Rotated::SessionEnded);
        }
        if !held.names_all_links(rotation) {
            return Ok(Rotated::Conflict);
        }
        let Some(account) = held.accounts.get_mut(&rotation.account) else {
            return Ok(Rotated::SessionEnded);
        };
        if !account.follows(rotation) {
            return Ok(Rotated::Conflict);
        }
        account.rotate(rotation);
        held.replace_archives(rotation);
        held.end_sessions(rotation.account);
        held.begin_session(&rotation.session);
        held.note(rotation.account, FEED);
        Ok(Rotated::Done)
    }

    async fn add_invite(&self, invite: &NewInvite) -> Result<()> {
        self.held()
            .invites
            .entry(invite.code_hash)
            .or_insert((*invite, false));
        Ok(())
    }
}

#[async_trait]
impl ObjectStore for MemoryRecords {
    async fn object(&self, account: AccountId, kind: ObjectKind) -> Result<Option<Object>> {
        let held = self.held();
        Ok(held
            .accounts
            .get(&account)
            .and_then(|account| account.objects.get(&kind).cloned()))
    }

    async fn put_object(&self, account: AccountId, object: &PutObject) -> Result<ObjectPut> {
        let mut held = self.held();
        let version = held.version(account, object.kind);
        if version == 0 || version + 1 != object.version {
            return Ok(ObjectPut::Conflict { version });
        }
        held.replace_object(account, object);
        held.note(account, [ChangeKind::Account]);
        Ok(ObjectPut::Done)
    }
}

impl Account {
    fn new(new: &NewAccount) -> Self {
        Self {
            row: AccountRow {
                id: new.id,
                name: new.name.clone(),
                created: new.created,
                generation: new.generation,
                record: new.record.clone(),
                recovery_key: new.recovery_key,
                used_bytes: 0,
                quota_bytes: new.quota_bytes,
                latest_change: 0,
            },
            slots: new.slots.iter().map(|slot| (slot.kind, slot.clone())).collect(),
            objects: new
                .objects
                .iter()
                .map(|object| (object.kind, object.clone()))
                .collect(),
            statements: vec![new.statement.clone()],
            changes: Vec::new(),
        }
    }

    fn follows(&self, rotation: &NewRotation) -> bool {
        let next = |put: &PutObject| {
            self.objects
                .get(&put.kind)
                .is_some_and(|object| object.version + 1 == put.version)
        };
        self.row.generation + 1 == rotation.generation && rotation.objects.iter().all(next)
    }

    fn rotate(&mut self, rotation: &NewRotation) {
        self.row.generation = rotation.generation;
        self.row.record = rotation.record.clone();
        self.row.recovery_key = rotation.recovery_key;
        self.slots = rotation
            .slots
            .iter()
            .map(|slot| (slot.kind, slot.clone()))
            .collect();
        rotation.objects.iter().for_each(|put| self.replace(put));
    }

    fn replace(&mut self, put: &PutObject) {
        let object = Object {
            kind: put.kind,
            version: put.version,
            sealed: put.sealed.clone(),
        };
        self.objects.insert(put.kind, object);
    }
}

fn name_row(account: &NewAccount) -> AddressRow {
    let address = Address {
        domain: None,
        local: account.name.clone(),
    };
    AddressRow {
        address,
        account: account.id,
        created: account.created,
        is_name: true,
    }
}

impl Held {
    fn by_name(&self, name: &AccountName) -> Option<&Account> {
        self.accounts.values().find(|account| account.row.name == *name)
    }

    fn refuses(&self, account: &NewAccount) -> Option<Created> {
        let valid = |(invite, used): &(NewInvite, bool)| !used && invite.expires > account.created;
        let invited = account
            .invite
            .is_none_or(|code| self.invites.get(&code).is_some_and(valid));
        if !invited {
            Some(Created::InviteRefused)
        } else if self.addresses.contains_key(&name_row(account).address) {
            Some(Created::NameTaken)
        } else if self.accounts.contains_key(&account.id) || self.volumes.contains_key(&account.volume) {
            Some(Created::IdTaken)
        } else {
            None
        }
    }

    fn use_up_invite(&mut self, account: &NewAccount) {
        if let Some((_, used)) = account.invite.and_then(|code| self.invites.get_mut(&code)) {
            *used = true;
        }
    }

    fn has_session(&self, account: AccountId, session: SessionId, now: TimeMs) -> bool {
        let row = self.sessions.get(&session).map(|(_, row)| row);
        row.is_some_and(|row| row.account == account && row.expires > now)
    }

    /// The present version of an object; 0 if there is none.
    pub(super) fn version(&self, account: AccountId, kind: ObjectKind) -> u64 {
        let object = self
            .accounts
            .get(&account)
            .and_then(|account| account.objects.get(&kind));
        object.map(|object| object.version).unwrap_or_default()
    }

    pub(super) fn replace_object(&mut self, account: AccountId, put: &PutObject) {
        if let Some(account) = self.accounts.get_mut(&account) {
            account.replace(put);
        }
    }

    fn names_all_links(&self, rotation: &NewRotation) -> bool {
        let own = |link: &&_| {
            let link: &postern_domain::store::LinkRow = link;
            link.account == rotation.account && link.revoked.is_none()
        };
        let present: BTreeSet<_> = self.links.values().filter(own).map(|link| link.id).collect();
        let given: BTreeSet<_> = rotation.archives.iter().map(|archive| archive.id).collect();
        present == given && given.len() == rotation.archives.len()
    }

    fn replace_archives(&mut self, rotation: &NewRotation) {
        let mut archives: HashMap<_, _> = rotation
            .archives
            .iter()
            .map(|archive| (archive.id, &archive.archive))
            .collect();
        for link in self.links.values_mut() {
            if let Some(archive) = archives.remove(&link.id) {
                link.archive = archive.clone();
            }
        }
    }
}
