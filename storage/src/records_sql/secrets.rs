//! The server's own secrets.

use async_trait::async_trait;
use postern_domain::store::{Result, SecretStore};
use postern_protocol::Bytes;

use super::SqlRecords;
use super::query::{Sql, sql};
use super::transaction::{End, Tx, TxError, Work};
use crate::error::damaged;

#[async_trait]
impl SecretStore for SqlRecords {
    async fn secret(&self, name: &str, proposed: &Bytes) -> Result<Bytes> {
        if let Some(known) = self.known_secret(name).await? {
            return Ok(known);
        }
        let name = name.to_owned();
        self.transact(&Propose { name, proposed }).await
    }

    async fn known_secret(&self, name: &str) -> Result<Option<Bytes>> {
        let found = self.one(by_name(&name.to_owned())).await?;
        Ok(found.map(|mut row| row.take()).transpose()?)
    }
}

struct Propose<'a> {
    name: String,
    proposed: &'a Bytes,
}

#[async_trait]
impl Work for Propose<'_> {
    type Outcome = Bytes;

    async fn run(&self, tx: &mut Tx) -> Result<End<Bytes>, TxError> {
        let insert = sql("INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
        tx.run(insert.value(&self.name).value(self.proposed)).await?;
        let row = tx.one(by_name(&self.name)).await?;
        let mut row = row.ok_or_else(|| damaged("a secret is not there after it was stored"))?;
        Ok(End::Keep(row.take()?))
    }
}

fn by_name(name: &String) -> Sql<'static> {
    sql("SELECT value FROM secrets WHERE name = $1").value(name)
}
