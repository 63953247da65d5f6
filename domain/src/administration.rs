//! Administration of mail: which domains there are, and which addresses lead to whom.
//!
//! Who has this right sees names and addresses, and nothing that anybody keeps: no content, no key. It decides, though, to
//! whose mailbox mail goes from now on.

use std::collections::HashMap;

use postern_protocol::administration::{
    AddressEntry, Addresses, DnsCheck, DomainEntry, DomainRemoved, Domains,
};
use postern_protocol::limits::{MAX_ADDRESS_PAGE, MAX_ADDRESSES, MAX_DOMAINS};
use postern_protocol::{AccountId, AccountName, DomainName, TimeMs};

use crate::dns::{DomainDns, signing_key};
use crate::error::{AddressRefusal, Error, Result};
use crate::gateway::is_reserved;
use crate::postern::Postern;
use crate::session::SignedIn;
use crate::store::{Address, Given, HeldAddress, NewAddress};

/// The right to say which domains there are, and which addresses lead to whom.
#[derive(Debug, Clone)]
pub struct Administrator(Postern);

impl SignedIn {
    /// The right to administer domains and addresses, if the settings name this account.
    ///
    /// # Errors
    /// [`Error::NotAdministrator`].
    pub async fn administrator(&self) -> Result<Administrator> {
        let row = self.postern().records().account(self.account()).await?;
        let name = row.ok_or(Error::NotSignedIn)?.name;
        if self.postern().is_administrator(&name) {
            Ok(Administrator(self.postern().clone()))
        } else {
            Err(Error::NotAdministrator)
        }
    }
}

impl Postern {
    /// The right to administer domains and addresses, for the part of this program that whoever runs the server has called
    /// by hand.
    #[must_use]
    pub fn administrator(&self) -> Administrator {
        Administrator(self.clone())
    }

    /// Whether somebody is named as an administrator who has no account.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn lacks_administrator(&self) -> Result<bool> {
        for name in &self.rules().administrators {
            if self.account_named(name).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) fn is_administrator(&self, name: &AccountName) -> bool {
        self.rules().administrators.contains(name)
    }

    async fn account_named(&self, name: &AccountName) -> Result<Option<AccountId>> {
        let row = self.records().account_by_name(name).await?;
        Ok(row.map(|row| row.id))
    }
}

impl Administrator {
    /// All domains, the server's own first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn domains(&self) -> Result<Domains> {
        let records = self.0.records();
        let counts: HashMap<_, _> = records.count_addresses().await?.into_iter().collect();
        let count = |domain| counts.get(&domain).copied().unwrap_or_default();
        let mut domains = vec![DomainEntry {
            name: self.own().clone(),
            own: true,
            addresses: count(None),
            catch_all: None,
        }];
        // The server may have been given the name of one of the others since.
        let others = records
            .domains()
            .await?
            .into_iter()
            .filter(|row| row.name != *self.own());
        for row in others {
            let catch_all = match row.catch_all {
                Some(account) => records.account(account).await?.map(|row| row.name),
                None => None,
            };
            domains.push(DomainEntry {
                addresses: count(Some(row.name.clone())),
                name: row.name,
                own: false,
                catch_all,
            });
        }
        Ok(Domains { domains })
    }

    /// Takes mail for a domain from now on. Repeating it is harmless.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it cannot be a domain; [`AddressRefusal::TooManyDomains`].
    pub async fn add_domain(&self, typed: &str, now: TimeMs) -> Result<DomainEntry> {
        let name = typed_domain(typed)?;
        let known = self.domains().await?.domains;
        if let Some(entry) = known.iter().find(|entry| entry.name == name) {
            return Ok(entry.clone());
        }
        // Two that add one each at the same moment may come to one more: nothing depends on the exact number.
        if known.len() > MAX_DOMAINS {
            return Err(AddressRefusal::TooManyDomains.into());
        }
        self.0.records().add_domain(&name, now).await?;
        Ok(DomainEntry {
            name,
            own: false,
            addresses: 0,
            catch_all: None,
        })
    }

    /// Takes no mail for a domain any more, and forgets all addresses at it. Its signing key stays: should the domain come
    /// back, what DNS says of it is right.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`AddressRefusal::OwnDomain`].
    pub async fn remove_domain(&self, name: &DomainName) -> Result<DomainRemoved> {
        let name = self.other(name)?;
        let removed = self.0.records().remove_domain(name).await?;
        let addresses = removed.ok_or(NO_DOMAIN)?;
        Ok(DomainRemoved { addresses })
    }

    /// Says who gets what is written to addresses that nobody has.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`AddressRefusal::OwnDomain`].
    pub async fn set_catch_all(&self, name: &DomainName, account: Option<&AccountName>) -> Result<()> {
        let name = self.other(name)?;
        let account = match account {
            Some(account) => Some(self.0.account_named(account).await?.ok_or(NO_ACCOUNT)?),
            None => None,
        };
        let set = self.0.records().set_catch_all(name, account).await?;
        set.ok_or(NO_DOMAIN)
    }

    /// At most `limit` addresses of a domain after one, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such domain.
    pub async fn addresses(
        &self,
        domain: &DomainName,
        after: Option<&AccountName>,
        limit: u32,
    ) -> Result<Addresses> {
        let limit = limit.clamp(1, MAX_ADDRESS_PAGE);
        let domain = self.known(domain).await?;
        // One more than asked for tells whether there are more.
        let rows = self.0.records().addresses_at(domain, after, limit + 1).await?;
        let more = rows.len() > limit as usize;
        let entries = rows.into_iter().take(limit as usize).map(entry);
        Ok(Addresses {
            addresses: entries.collect(),
            more,
        })
    }

    /// Gives an address that nobody has to an account. Repeating it is harmless.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`AddressRefusal`].
    pub async fn give_address(
        &self,
        domain: &DomainName,
        local: &AccountName,
        account: &AccountName,
        now: TimeMs,
    ) -> Result<()> {
        let address = self.at(domain, local);
        if address.domain.is_none() && is_reserved(local) {
            return Err(AddressRefusal::Reserved.into());
        }
        let new = NewAddress {
            address,
            account: self.0.account_named(account).await?.ok_or(NO_ACCOUNT)?,
            now,
        };
        match self.0.records().give_address(&new, MAX_ADDRESSES).await? {
            Given::Done => Ok(()),
            Given::Taken => Err(AddressRefusal::Taken.into()),
            Given::TooMany => Err(AddressRefusal::TooMany.into()),
            Given::NoDomain => Err(NO_DOMAIN),
            Given::NoAccount => Err(NO_ACCOUNT),
        }
    }

    /// Takes an address from whoever has it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`AddressRefusal::IsName`].
    pub async fn take_address(&self, domain: &DomainName, local: &AccountName) -> Result<()> {
        let address = self.at(domain, local);
        if self.0.records().take_address(&address).await?.is_some() {
            return Ok(());
        }
        let there = self.0.records().address(&address).await?;
        Err(there.map_or(NO_ADDRESS, |_| AddressRefusal::IsName.into()))
    }

    /// What DNS should say of a domain, and what it says now. The first time, the domain's signing key is made.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such domain.
    pub async fn check_domain(&self, name: &DomainName, dns: &dyn DomainDns) -> Result<DnsCheck> {
        self.known(name).await?;
        let key = signing_key(&self.0, name, dns).await?;
        let policy = self.0.sts_policy();
        let records = dns.check(name, self.0.mail_host(), policy.as_ref(), &key).await;
        Ok(DnsCheck {
            domain: name.clone(),
            records,
        })
    }

    fn own(&self) -> &DomainName {
        &self.0.rules().mail_domain
    }

    /// A domain as the stores know it: `None` for the server's own.
    fn stored<'a>(&self, name: &'a DomainName) -> Option<&'a DomainName> {
        (name != self.own()).then_some(name)
    }

    fn at(&self, domain: &DomainName, local: &AccountName) -> Address {
        Address {
            domain: self.stored(domain).cloned(),
            local: local.clone(),
        }
    }

    /// A domain that is not the server's own.
    fn other<'a>(&self, name: &'a DomainName) -> Result<&'a DomainName> {
        Ok(self.stored(name).ok_or(AddressRefusal::OwnDomain)?)
    }

    /// A domain that there is, as the stores know it.
    async fn known<'a>(&self, name: &'a DomainName) -> Result<Option<&'a DomainName>> {
        if let Some(name) = self.stored(name) {
            self.0.records().domain(name).await?.ok_or(NO_DOMAIN)?;
        }
        Ok(self.stored(name))
    }
}

/// A domain as people write it.
fn typed_domain(typed: &str) -> Result<DomainName> {
    let ascii = idna::domain_to_ascii(typed.trim()).map_err(|_| NOT_A_DOMAIN)?;
    DomainName::parse(&ascii).map_err(|_| NOT_A_DOMAIN)
}

fn entry(HeldAddress { row, holder }: HeldAddress) -> AddressEntry {
    AddressEntry {
        local: row.address.local,
        account: holder,
        created: row.created,
        is_name: row.is_name,
    }
}

const NOT_A_DOMAIN: Error =
    Error::Malformed("a domain has labels of letters, digits and hyphens, with dots between them");
const NO_DOMAIN: Error = Error::NotFound("domain");
const NO_ACCOUNT: Error = Error::NotFound("account");
const NO_ADDRESS: Error = Error::NotFound("address");
