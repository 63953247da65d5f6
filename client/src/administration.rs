//! Administration of mail domains and addresses, for accounts that may.
//!
//! What it is about is public, or for administrators to see: nothing of it is sealed, and nothing that the server says here is
//! believed about anything else.

use postern_protocol::administration::{Addresses, DnsCheck, DomainEntry, DomainRemoved, Domains};
use postern_protocol::{AccountName, DomainName};

use crate::account::Account;
use crate::{Error, Result};

impl Account {
    /// Whether the server lets this account administer domains and addresses. It decides what is shown, nothing else.
    ///
    /// # Errors
    /// As all requests.
    pub async fn administers(&self) -> Result<bool> {
        Ok(self.api.account().await?.administrator)
    }

    /// All domains, the server's own first.
    ///
    /// # Errors
    /// [`Error::NotAdministrator`], as all of these.
    pub async fn domains(&self) -> Result<Vec<DomainEntry>> {
        let Domains { domains } = self.api.domains().await?;
        Ok(domains)
    }

    /// Takes mail for a domain from now on.
    ///
    /// # Errors
    /// [`Error::DomainInvalid`].
    pub async fn add_domain(&self, typed: &str) -> Result<DomainEntry> {
        let name = domain(typed)?;
        self.api.add_domain(name.as_str()).await
    }

    /// Takes no mail for a domain any more.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn remove_domain(&self, name: &str) -> Result<DomainRemoved> {
        self.api.remove_domain(&domain(name)?).await
    }

    /// Says who gets what is written to addresses that nobody has.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account.
    pub async fn set_catch_all(&self, name: &str, account: Option<&str>) -> Result<()> {
        let account = account.map(account_name).transpose()?;
        self.api.set_catch_all(&domain(name)?, account).await
    }

    /// Addresses of a domain by name, after one.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such domain.
    pub async fn addresses_at(&self, name: &str, after: Option<&str>) -> Result<Addresses> {
        let after = after.map(account_name).transpose()?;
        self.api.addresses_at(&domain(name)?, after.as_ref()).await
    }

    /// Gives an address that nobody has to an account.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such account; [`Error::AddressTaken`], [`Error::AddressRefused`].
    pub async fn give_address(&self, name: &str, local: &str, account: &str) -> Result<()> {
        let (name, account) = (domain(name)?, account_name(account)?);
        self.api.give_address(&name, &account_name(local)?, account).await
    }

    /// Takes an address from whoever has it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if nobody has it.
    pub async fn take_address(&self, name: &str, local: &str) -> Result<()> {
        self.api.take_address(&domain(name)?, &account_name(local)?).await
    }

    /// What DNS should say of a domain, and what it says now.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such domain.
    pub async fn check_domain(&self, name: &str) -> Result<DnsCheck> {
        self.api.check_domain(&domain(name)?).await
    }
}

fn domain(typed: &str) -> Result<DomainName> {
    DomainName::parse(typed).map_err(|_| Error::DomainInvalid)
}

fn account_name(typed: &str) -> Result<AccountName> {
    AccountName::parse(typed).map_err(|_| Error::NameInvalid)
}
