//! Domains and addresses. The server's own domain has no name here: it stands as an empty text.

use async_trait::async_trait;
use postern_domain::store::{
    Address, AddressRow, AddressStore, DomainRow, Given, HeldAddress, NewAccount, NewAddress, RecipientRow,
    Result,
};
use postern_protocol::{AccountId, AccountName, DomainName, TimeMs};

use super::SqlRecords;
use super::columns::Row;
use super::query::{Sql, sql};
use super::transaction::{End, Tx, TxError, Work};

#[async_trait]
impl AddressStore for SqlRecords {
    async fn add_domain(&self, name: &DomainName, now: TimeMs) -> Result<()> {
        self.transact(&AddDomain { name, now }).await
    }

    async fn set_catch_all(&self, name: &DomainName, account: Option<AccountId>) -> Result<Option<()>> {
        self.transact(&SetCatchAll { name, account }).await
    }

    async fn remove_domain(&self, name: &DomainName) -> Result<Option<u64>> {
        self.transact(&RemoveDomain(name)).await
    }

    async fn domains(&self) -> Result<Vec<DomainRow>> {
        let found = self
            .all(sql("SELECT name, created, catch_all FROM domains ORDER BY name"))
            .await?;
        Ok(found.into_iter().map(domain_row).collect::<Result<_, _>>()?)
    }

    async fn domain(&self, name: &DomainName) -> Result<Option<DomainRow>> {
        let found = sql("SELECT name, created, catch_all FROM domains WHERE name = $1").value(name);
        Ok(self.one(found).await?.map(domain_row).transpose()?)
    }

    async fn give_address(&self, new: &NewAddress, most: u32) -> Result<Given> {
        self.transact(&Give { new, most }).await
    }

    async fn take_address(&self, address: &Address) -> Result<Option<()>> {
        self.transact(&Take(address)).await
    }

    async fn address(&self, address: &Address) -> Result<Option<AddressRow>> {
        Ok(self
            .one(by_address(address))
            .await?
            .map(address_row)
            .transpose()?)
    }

    async fn recipient(
        &self,
        local: Option<&AccountName>,
        domain: Option<&DomainName>,
    ) -> Result<Option<RecipientRow>> {
        // No address is empty.
        let found = sql(
            "SELECT accounts.id, accounts.name, accounts.used_bytes, accounts.quota_bytes, statements.statement \
             FROM accounts JOIN statements ON statements.account = accounts.id \
             WHERE accounts.id = COALESCE((SELECT account FROM addresses WHERE domain = $1 AND local = $2), \
             (SELECT catch_all FROM domains WHERE name = $1)) ORDER BY statements.seq",
        )
        .value(&text(domain))
        .value(&local.map(ToString::to_string).unwrap_or_default());
        let mut recipient: Option<RecipientRow> = None;
        for mut row in self.all(found).await? {
            let mut read = recipient_row(&mut row)?;
            match &mut recipient {
                Some(recipient) => recipient.statements.append(&mut read.statements),
                None => recipient = Some(read),
            }
        }
        Ok(recipient)
    }

    async fn addresses(&self, account: AccountId) -> Result<Vec<AddressRow>> {
        let found = sql(
            "SELECT domain, local, account, created, is_name FROM addresses WHERE account = $1 \
             ORDER BY is_name DESC, domain, local",
        );
        let rows = self.all(found.value(&account)).await?;
        Ok(rows.into_iter().map(address_row).collect::<Result<_, _>>()?)
    }

    async fn count_addresses(&self) -> Result<Vec<(Option<DomainName>, u64)>> {
        let counted = sql("SELECT domain, COUNT(*) FROM addresses GROUP BY domain");
        let rows = self.all(counted).await?;
        Ok(rows.into_iter().map(count_row).collect::<Result<_, _>>()?)
    }

    async fn addresses_at(
        &self,
        domain: Option<&DomainName>,
        after: Option<&AccountName>,
        limit: u32,
    ) -> Result<Vec<HeldAddress>> {
        let after = after.map(ToString::to_string).unwrap_or_default();
        let found = sql(
            "SELECT a.domain, a.local, a.account, a.created, a.is_name, c.name \
             FROM addresses a JOIN accounts c ON c.id = a.account \
             WHERE a.domain = $1 AND a.local > $2 ORDER BY a.local LIMIT $3",
        )
        .value(&text(domain))
        .value(&after)
        .value(&limit);
        let rows = self.all(found).await?;
        Ok(rows.into_iter().map(held_row).collect::<Result<_, _>>()?)
    }
}

struct AddDomain<'a> {
    name: &'a DomainName,
    now: TimeMs,
}

#[async_trait]
impl Work for AddDomain<'_> {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<End<()>, TxError> {
        let insert = sql("INSERT INTO domains (name, created) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
            .value(self.name)
            .value(&self.now);
        tx.run(insert).await?;
        Ok(End::Keep(()))
    }
}

struct SetCatchAll<'a> {
    name: &'a DomainName,
    account: Option<AccountId>,
}

#[async_trait]
impl Work for SetCatchAll<'_> {
    type Outcome = Option<()>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Option<()>>, TxError> {
        if let Some(account) = self.account
            && tx.lock_account(account).await?.is_none()
        {
            return Ok(End::Undo(None));
        }
        let update = sql("UPDATE domains SET catch_all = $2 WHERE name = $1")
            .value(self.name)
            .optional(self.account.as_ref());
        let changed = tx.run(update).await?;
        Ok(End::Keep((changed == 1).then_some(())))
    }
}

struct RemoveDomain<'a>(&'a DomainName);

#[async_trait]
impl Work for RemoveDomain<'_> {
    type Outcome = Option<u64>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Option<u64>>, TxError> {
        if tx
            .run(sql("DELETE FROM domains WHERE name = $1").value(self.0))
            .await?
            == 0
        {
            return Ok(End::Undo(None));
        }
        let addresses = sql("DELETE FROM addresses WHERE domain = $1").value(&text(Some(self.0)));
        let gone = tx.run(addresses).await?;
        Ok(End::Keep(Some(gone)))
    }
}

struct Give<'a> {
    new: &'a NewAddress,
    most: u32,
}

#[async_trait]
impl Work for Give<'_> {
    type Outcome = Given;

    async fn run(&self, tx: &mut Tx) -> Result<End<Given>, TxError> {
        let NewAddress {
            address,
            account,
            now,
        } = self.new;
        // Whoever removes the domain waits for this, or this for them.
        if let Some(domain) = &address.domain {
            let lock = sql("UPDATE domains SET created = created WHERE name = $1").value(domain);
            if tx.run(lock).await? == 0 {
                return Ok(End::Undo(Given::NoDomain));
            }
        }
        if tx.lock_account(*account).await?.is_none() {
            return Ok(End::Undo(Given::NoAccount));
        }
        if let Some(row) = tx.one(by_address(address)).await? {
            let is_same = address_row(row)?.account == *account;
            return Ok(End::Undo(if is_same { Given::Done } else { Given::Taken }));
        }
        if tx.count_given(*account).await? >= u64::from(self.most) {
            return Ok(End::Undo(Given::TooMany));
        }
        let given = tx.insert_address(address, *account, *now, false).await?;
        Ok(if given {
            End::Keep(Given::Done)
        } else {
            End::Undo(Given::Taken)
        })
    }
}

struct Take<'a>(&'a Address);

#[async_trait]
impl Work for Take<'_> {
    type Outcome = Option<()>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Option<()>>, TxError> {
        let delete = sql("DELETE FROM addresses WHERE domain = $1 AND local = $2 AND is_name = 0")
            .value(&text(self.0.domain.as_ref()))
            .value(&self.0.local);
        let taken = tx.run(delete).await?;
        Ok(End::Keep((taken == 1).then_some(())))
    }
}

impl Tx {
    /// The address that an account has by its name. `false` if it was given to another one.
    pub(super) async fn insert_name(&mut self, account: &NewAccount) -> Result<bool, TxError> {
        let address = Address {
            domain: None,
            local: account.name.clone(),
        };
        self.insert_address(&address, account.id, account.created, true)
            .await
    }

    async fn insert_address(
        &mut self,
        address: &Address,
        account: AccountId,
        now: TimeMs,
        is_name: bool,
    ) -> Result<bool, TxError> {
        let insert = sql(
            "INSERT INTO addresses (domain, local, account, created, is_name) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (domain, local) DO NOTHING",
        )
        .value(&text(address.domain.as_ref()))
        .value(&address.local)
        .value(&account)
        .value(&now)
        .value(&is_name);
        Ok(self.run(insert).await? == 1)
    }

    /// How many addresses an account has beside its name.
    async fn count_given(&mut self, account: AccountId) -> Result<u64, TxError> {
        let count = sql("SELECT COUNT(*) FROM addresses WHERE account = $1 AND is_name = 0");
        let row = self.one(count.value(&account)).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }
}

fn by_address(address: &Address) -> Sql<'static> {
    sql("SELECT domain, local, account, created, is_name FROM addresses WHERE domain = $1 AND local = $2")
        .value(&text(address.domain.as_ref()))
        .value(&address.local)
}

fn text(domain: Option<&DomainName>) -> String {
    domain.map(ToString::to_string).unwrap_or_default()
}

/// With one of the statements.
fn recipient_row(row: &mut Row) -> Result<RecipientRow, TxError> {
    Ok(RecipientRow {
        account: row.take()?,
        name: row.take()?,
        used_bytes: row.take()?,
        quota_bytes: row.take()?,
        statements: vec![row.take()?],
    })
}

fn domain_row(mut row: Row) -> Result<DomainRow, TxError> {
    Ok(DomainRow {
        name: row.take()?,
        created: row.take()?,
        catch_all: row.take_optional()?,
    })
}

fn count_row(mut row: Row) -> Result<(Option<DomainName>, u64), TxError> {
    let domain: String = row.take()?;
    Ok((DomainName::parse(&domain).ok(), row.take()?))
}

fn address_row(mut row: Row) -> Result<AddressRow, TxError> {
    read_address(&mut row)
}

fn held_row(mut row: Row) -> Result<HeldAddress, TxError> {
    Ok(HeldAddress {
        row: read_address(&mut row)?,
        holder: row.take()?,
    })
}

fn read_address(row: &mut Row) -> Result<AddressRow, TxError> {
    let domain: String = row.take()?;
    Ok(AddressRow {
        address: Address {
            domain: DomainName::parse(&domain).ok(),
            local: row.take()?,
        },
        account: row.take()?,
        created: row.take()?,
        is_name: row.take()?,
    })
}
