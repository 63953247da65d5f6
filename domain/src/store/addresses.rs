//! Which address leads to which mailbox.
//!
//! The server's own domain, whatever it is called at the moment, has an address for each account: its name. Other
//! domains have those addresses that were given to accounts. An address is given once: as an account's name or to an
//! account, in the order in which they were asked for.

use async_trait::async_trait;
use postern_protocol::{AccountId, AccountName, Bytes, DomainName, TimeMs};

use super::Result;

/// An address. Without a domain it is at the server's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// What stands behind the `@`.
    pub domain: Option<DomainName>,
    /// What stands before it.
    pub local: AccountName,
}

/// An address that was given to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressRow {
    /// The address.
    pub address: Address,
    /// Whose.
    pub account: AccountId,
    /// Since when.
    pub created: TimeMs,
    /// Whether it is the account's name, and so cannot be taken from it.
    pub is_name: bool,
}

/// An address, and who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldAddress {
    /// The address.
    pub row: AddressRow,
    /// The name of the account that has it.
    pub holder: AccountName,
}

/// A domain beside the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRow {
    /// Its name.
    pub name: DomainName,
    /// Since when.
    pub created: TimeMs,
    /// Who gets what is written to addresses that nobody has.
    pub catch_all: Option<AccountId>,
}

/// Whom to seal to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientRow {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: AccountName,
    /// How much it has.
    pub used_bytes: u64,
    /// How much it may have.
    pub quota_bytes: u64,
    /// Its directory log, oldest statement first.
    pub statements: Vec<Bytes>,
}

/// An address that is to be given to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAddress {
    /// The address.
    pub address: Address,
    /// Whose it shall be.
    pub account: AccountId,
    /// Now.
    pub now: TimeMs,
}

/// What has become of an address that was to be given to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// It is the account's, by this call or before.
    Done,
    /// It is another account's.
    Taken,
    /// The account has as many as it may have.
    TooMany,
    /// There is no such domain.
    NoDomain,
    /// There is no such account.
    NoAccount,
}

/// Keeps domains and addresses. None of this makes a feed entry.
#[async_trait]
pub trait AddressStore: Send + Sync {
    /// Notes a domain. Repeating it is harmless.
    async fn add_domain(&self, name: &DomainName, now: TimeMs) -> Result<()>;

    /// Says who gets what is written to addresses that nobody has. `None` if there is no such domain, or no such account.
    async fn set_catch_all(&self, name: &DomainName, account: Option<AccountId>) -> Result<Option<()>>;

    /// Forgets a domain with all its addresses, and tells how many those were. `None` if there is none.
    async fn remove_domain(&self, name: &DomainName) -> Result<Option<u64>>;

    /// All domains, by name.
    async fn domains(&self) -> Result<Vec<DomainRow>>;

    /// One domain.
    async fn domain(&self, name: &DomainName) -> Result<Option<DomainRow>>;

    /// Gives an address to an account, unless it has `most` beside its name. Repeating it is harmless. Of several that
    /// want the same one at the same moment, one gets it.
    async fn give_address(&self, new: &NewAddress, most: u32) -> Result<Given>;

    /// Takes an address from whoever has it. `None` if nobody has, or it is an account's name.
    async fn take_address(&self, address: &Address) -> Result<Option<()>>;

    /// Who has an address.
    async fn address(&self, address: &Address) -> Result<Option<AddressRow>>;

    /// Who gets what is written to `local` at a domain: who has that address, or else whom the domain says; without a local
    /// part only the latter. Read in one moment.
    async fn recipient(
        &self,
        local: Option<&AccountName>,
        domain: Option<&DomainName>,
    ) -> Result<Option<RecipientRow>>;

    /// The addresses of an account, by domain and name; its own name first.
    async fn addresses(&self, account: AccountId) -> Result<Vec<AddressRow>>;

    /// How many addresses each domain has, the server's own included; domains that have none are left out.
    async fn count_addresses(&self) -> Result<Vec<(Option<DomainName>, u64)>>;

    /// At most `limit` addresses of a domain after `after`, by name, with the names of those who have them.
    async fn addresses_at(
        &self,
        domain: Option<&DomainName>,
        after: Option<&AccountName>,
        limit: u32,
    ) -> Result<Vec<HeldAddress>>;
}
