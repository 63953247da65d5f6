//! Domains and addresses.

use std::collections::BTreeMap;

use async_trait::async_trait;
use postern_domain::store::{
    Address, AddressRow, AddressStore, DomainRow, Given, HeldAddress, NewAddress, RecipientRow, Result,
};
use postern_protocol::{AccountId, AccountName, DomainName, TimeMs};

use super::MemoryRecords;

#[async_trait]
impl AddressStore for MemoryRecords {
    async fn add_domain(&self, name: &DomainName, now: TimeMs) -> Result<()> {
        let new = || DomainRow {
            name: name.clone(),
            created: now,
            catch_all: None,
        };
        self.held().domains.entry(name.clone()).or_insert_with(new);
        Ok(())
    }

    async fn set_catch_all(&self, name: &DomainName, account: Option<AccountId>) -> Result<Option<()>> {
        let mut held = self.held();
        if account.is_some_and(|account| !held.accounts.contains_key(&account)) {
            return Ok(None);
        }
        let row = held.domains.get_mut(name);
        Ok(row.map(|row| row.catch_all = account))
    }

    async fn remove_domain(&self, name: &DomainName) -> Result<Option<u64>> {
        let mut held = self.held();
        let before = held.addresses.len();
        held.addresses
            .retain(|address, _| address.domain.as_ref() != Some(name));
        let gone = before - held.addresses.len();
        Ok(held.domains.remove(name).map(|_| gone as u64))
    }

    async fn domains(&self) -> Result<Vec<DomainRow>> {
        Ok(self.held().domains.values().cloned().collect())
    }

    async fn domain(&self, name: &DomainName) -> Result<Option<DomainRow>> {
        Ok(self.held().domains.get(name).cloned())
    }

    async fn give_address(&self, new: &NewAddress, most: u32) -> Result<Given> {
        let mut held = self.held();
        let domain = new.address.domain.as_ref();
        if domain.is_some_and(|domain| !held.domains.contains_key(domain)) {
            return Ok(Given::NoDomain);
        }
        if !held.accounts.contains_key(&new.account) {
            return Ok(Given::NoAccount);
        }
        if let Some(row) = held.addresses.get(&new.address) {
            let is_same = row.account == new.account;
            return Ok(if is_same { Given::Done } else { Given::Taken });
        }
        let given = held.addresses.values();
        let given = given.filter(|row| row.account == new.account && !row.is_name);
        if given.count() >= most as usize {
            return Ok(Given::TooMany);
        }
        let row = AddressRow {
            address: new.address.clone(),
            account: new.account,
            created: new.now,
            is_name: false,
        };
        held.addresses.insert(new.address.clone(), row);
        Ok(Given::Done)
    }

    async fn take_address(&self, address: &Address) -> Result<Option<()>> {
        let mut held = self.held();
        if held.addresses.get(address).is_none_or(|row| row.is_name) {
            return Ok(None);
        }
        Ok(held.addresses.remove(address).map(|_| ()))
    }

    async fn address(&self, address: &Address) -> Result<Option<AddressRow>> {
        Ok(self.held().addresses.get(address).cloned())
    }

    async fn recipient(
        &self,
        local: Option<&AccountName>,
        domain: Option<&DomainName>,
    ) -> Result<Option<RecipientRow>> {
        let held = self.held();
        let has_it = local.and_then(|local| {
            held.addresses.get(&Address {
                domain: domain.cloned(),
                local: local.clone(),
            })
        });
        let catch_all = || held.domains.get(domain?)?.catch_all;
        let account = has_it.map(|row| row.account).or_else(catch_all);
        let account = account.and_then(|account| held.accounts.get(&account));
        Ok(account.map(|account| RecipientRow {
            account: account.row.id,
            name: account.row.name.clone(),
            used_bytes: account.row.used_bytes,
            quota_bytes: account.row.quota_bytes,
            statements: account.statements.clone(),
        }))
    }

    async fn addresses(&self, account: AccountId) -> Result<Vec<AddressRow>> {
        let held = self.held();
        let own = held.addresses.values().filter(|row| row.account == account);
        let mut own: Vec<_> = own.cloned().collect();
        own.sort_by_key(|row| !row.is_name);
        Ok(own)
    }

    async fn count_addresses(&self) -> Result<Vec<(Option<DomainName>, u64)>> {
        let mut counts = BTreeMap::new();
        for address in self.held().addresses.keys() {
            *counts.entry(address.domain.clone()).or_default() += 1;
        }
        Ok(counts.into_iter().collect())
    }

    async fn addresses_at(
        &self,
        domain: Option<&DomainName>,
        after: Option<&AccountName>,
        limit: u32,
    ) -> Result<Vec<HeldAddress>> {
        let held = self.held();
        let at = held.addresses.values().filter(|row| {
            row.address.domain.as_ref() == domain && after.is_none_or(|after| row.address.local > *after)
        });
        let holder = |row: &AddressRow| {
            let holder = held.accounts.get(&row.account)?.row.name.clone();
            let row = row.clone();
            Some(HeldAddress { row, holder })
        };
        Ok(at.take(limit as usize).filter_map(holder).collect())
    }
}
