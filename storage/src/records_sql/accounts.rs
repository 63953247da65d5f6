//! Accounts, as they are made and read.

use async_trait::async_trait;
use postern_domain::store::{
    AccountRow, AccountSnapshot, AccountStore, Created, DirectoryRow, NewAccount, NewInvite, NewPassword,
    NewRotation, ObjectPut, ObjectStore, PasswordSet, Result, Rotated,
};
use postern_protocol::account::{Object, ObjectKind, PutObject, Slot};
use postern_protocol::changes::ChangeKind;
use postern_protocol::{AccountId, AccountName, Bytes};

use super::SqlRecords;
use super::columns::Row;
use super::query::{Sql, sql};
use super::transaction::{End, Tx, TxError, Work};

#[async_trait]
impl AccountStore for SqlRecords {
    async fn create_account(&self, account: &NewAccount) -> Result<Created> {
        self.transact(account).await
    }

    async fn account(&self, account: AccountId) -> Result<Option<AccountRow>> {
        let found = sql(
            "SELECT id, name, created, generation, record, recovery_key, used_bytes, quota_bytes, latest_change \
             FROM accounts WHERE id = COALESCE((SELECT id FROM accounts WHERE id = $1), \
             (SELECT id FROM accounts ORDER BY id LIMIT 1))",
        )
        .value(&account);
        let row = self.one(found).await?.map(account_row).transpose()?;
        Ok(row.filter(|row| row.id == account))
    }

    async fn account_by_name(&self, name: &AccountName) -> Result<Option<AccountRow>> {
        let found = sql(
            "SELECT id, name, created, generation, record, recovery_key, used_bytes, quota_bytes, \
             latest_change FROM accounts WHERE name = COALESCE((SELECT name FROM accounts WHERE name = $1), \
             (SELECT name FROM accounts ORDER BY name LIMIT 1))",
        )
        .value(name);
        let row = self.one(found).await?.map(account_row).transpose()?;
        Ok(row.filter(|row| row.name == *name))
    }

    async fn account_snapshot(&self, account: AccountId) -> Result<Option<AccountSnapshot>> {
        let mut tx = self.snapshot().await?;
        let Some(row) = tx.one(by_id(account)).await? else {
            return Ok(None);
        };
        Ok(Some(AccountSnapshot {
            account: account_row(row)?,
            slots: slots(&mut tx, account).await?,
            objects: objects(&mut tx, account).await?,
            directory: statements(&mut tx, account).await?,
        }))
    }

    async fn directory(&self, name: &AccountName) -> Result<Option<DirectoryRow>> {
        let mut tx = self.snapshot().await?;
        let Some(mut row) = tx
            .one(sql("SELECT id FROM accounts WHERE name = $1").value(name))
            .await?
        else {
            return Ok(None);
        };
        let account = row.take()?;
        Ok(Some(DirectoryRow {
            account,
            statements: statements(&mut tx, account).await?,
        }))
    }

    async fn change_password(&self, change: &NewPassword) -> Result<PasswordSet> {
        self.transact(change).await
    }

    async fn rotate(&self, rotation: &NewRotation) -> Result<Rotated> {
        self.transact(rotation).await
    }

    async fn add_invite(&self, invite: &NewInvite) -> Result<()> {
        self.transact(invite).await
    }
}

#[async_trait]
impl ObjectStore for SqlRecords {
    async fn object(&self, account: AccountId, kind: ObjectKind) -> Result<Option<Object>> {
        let found = sql("SELECT kind, version, sealed FROM objects WHERE account = $1 AND kind = $2")
            .value(&account)
            .value(&kind);
        Ok(self.one(found).await?.map(object_row).transpose()?)
    }

    async fn put_object(&self, account: AccountId, object: &PutObject) -> Result<ObjectPut> {
        self.transact(&PutWork { account, object }).await
    }
}

#[async_trait]
impl Work for NewAccount {
    type Outcome = Created;

    async fn run(&self, tx: &mut Tx) -> Result<End<Created>, TxError> {
        if !tx.use_up_invite(self).await? {
            return Ok(End::Undo(Created::InviteRefused));
        }
        if !tx.insert_account(self).await? {
            return Ok(End::Undo(tx.what_is_taken(self).await?));
        }
        if !tx.insert_name(self).await? {
            return Ok(End::Undo(Created::NameTaken));
        }
        if !tx.insert_volume(self).await? {
            return Ok(End::Undo(Created::IdTaken));
        }
        tx.insert_slots(self.id, &self.slots).await?;
        for object in &self.objects {
            tx.insert_object(self.id, object).await?;
        }
        tx.insert_statement(self.id, &self.statement).await?;
        tx.insert_session(&self.session).await?;
        Ok(End::Keep(Created::Done))
    }
}

#[async_trait]
impl Work for NewInvite {
    type Outcome = ();

    async fn run(&self, tx: &mut Tx) -> Result<End<()>, TxError> {
        let insert = sql(
            "INSERT INTO invites (code_hash, created, expires, used) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (code_hash) DO NOTHING",
        )
        .value(&self.code_hash)
        .value(&self.created)
        .value(&self.expires)
        .value(&false);
        tx.run(insert).await?;
        Ok(End::Keep(()))
    }
}

struct PutWork<'a> {
    account: AccountId,
    object: &'a PutObject,
}

#[async_trait]
impl Work for PutWork<'_> {
    type Outcome = ObjectPut;

    async fn run(&self, tx: &mut Tx) -> Result<End<ObjectPut>, TxError> {
        let put = tx.put_object(self.account, self.object).await?;
        if put == ObjectPut::Done {
            tx.note(self.account, &[ChangeKind::Account]).await?;
        }
        Ok(End::Keep(put))
    }
}

impl Tx {
    async fn use_up_invite(&mut self, account: &NewAccount) -> Result<bool, TxError> {
        let Some(code_hash) = &account.invite else {
            return Ok(true);
        };
        let used = sql("UPDATE invites SET used = 1 WHERE code_hash = $1 AND used = 0 AND expires > $2")
            .value(code_hash)
            .value(&account.created);
        Ok(self.run(used).await? == 1)
    }

    async fn insert_account(&mut self, account: &NewAccount) -> Result<bool, TxError> {
        let insert = sql(
            "INSERT INTO accounts (id, name, created, generation, record, recovery_key, used_bytes, \
             quota_bytes, latest_change) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, 0) ON CONFLICT DO NOTHING",
        )
        .value(&account.id)
        .value(&account.name)
        .value(&account.created)
        .value(&account.generation)
        .value(&account.record)
        .value(&account.recovery_key)
        .value(&account.quota_bytes);
        Ok(self.run(insert).await? == 1)
    }

    async fn what_is_taken(&mut self, account: &NewAccount) -> Result<Created, TxError> {
        let holder = sql("SELECT id FROM accounts WHERE name = $1").value(&account.name);
        Ok(if self.one(holder).await?.is_some() {
            Created::NameTaken
        } else {
            Created::IdTaken
        })
    }

    async fn insert_volume(&mut self, account: &NewAccount) -> Result<bool, TxError> {
        let insert = sql(
            "INSERT INTO volumes (id, account, counter, head, nodes) VALUES ($1, $2, 0, $3, 0) \
             ON CONFLICT DO NOTHING",
        )
        .value(&account.volume)
        .value(&account.id)
        .value(&account.head);
        Ok(self.run(insert).await? == 1)
    }

    pub(super) async fn insert_slots(&mut self, account: AccountId, slots: &[Slot]) -> Result<(), TxError> {
        for slot in slots {
            let insert = sql("INSERT INTO slots (account, kind, id, generation, sealed) \
                 VALUES ($1, $2, $3, $4, $5)")
            .value(&account)
            .value(&slot.kind)
            .value(&slot.id)
            .value(&slot.generation)
            .value(&slot.sealed);
            self.run(insert).await?;
        }
        Ok(())
    }

    async fn insert_object(&mut self, account: AccountId, object: &Object) -> Result<(), TxError> {
        let insert = sql("INSERT INTO objects (account, kind, version, sealed) VALUES ($1, $2, $3, $4)")
            .value(&account)
            .value(&object.kind)
            .value(&object.version)
            .value(&object.sealed);
        self.run(insert).await.map(|_| ())
    }

    async fn insert_statement(&mut self, account: AccountId, statement: &Bytes) -> Result<(), TxError> {
        let insert = sql("INSERT INTO statements (account, seq, statement) VALUES ($1, 0, $2)")
            .value(&account)
            .value(statement);
        self.run(insert).await.map(|_| ())
    }

    /// Replaces an object if its version is the one before.
    pub(super) async fn put_object(
        &mut self,
        account: AccountId,
        object: &PutObject,
    ) -> Result<ObjectPut, TxError> {
        let update = sql("UPDATE objects SET version = $3, sealed = $4 \
             WHERE account = $1 AND kind = $2 AND version = $3 - 1")
        .value(&account)
        .value(&object.kind)
        .value(&object.version)
        .value(&object.sealed);
        if self.run(update).await? == 1 {
            return Ok(ObjectPut::Done);
        }
        let present = sql("SELECT version FROM objects WHERE account = $1 AND kind = $2")
            .value(&account)
            .value(&object.kind);
        let version = self.one(present).await?.map(|mut row| row.take()).transpose()?;
        Ok(ObjectPut::Conflict {
            version: version.unwrap_or_default(),
        })
    }
}

fn by_id(account: AccountId) -> Sql<'static> {
    sql(
        "SELECT id, name, created, generation, record, recovery_key, used_bytes, quota_bytes, latest_change \
         FROM accounts WHERE id = $1",
    )
    .value(&account)
}

fn account_row(mut row: Row) -> Result<AccountRow, TxError> {
    Ok(AccountRow {
        id: row.take()?,
        name: row.take()?,
        created: row.take()?,
        generation: row.take()?,
        record: row.take()?,
        recovery_key: row.take()?,
        used_bytes: row.take()?,
        quota_bytes: row.take()?,
        latest_change: row.take()?,
    })
}

fn object_row(mut row: Row) -> Result<Object, TxError> {
    Ok(Object {
        kind: row.take()?,
        version: row.take()?,
        sealed: row.take()?,
    })
}

fn slot_row(mut row: Row) -> Result<Slot, TxError> {
    Ok(Slot {
        kind: row.take()?,
        id: row.take()?,
        generation: row.take()?,
        sealed: row.take()?,
    })
}

async fn slots(tx: &mut Tx, account: AccountId) -> Result<Vec<Slot>, TxError> {
    let found = sql("SELECT kind, id, generation, sealed FROM slots WHERE account = $1 ORDER BY kind");
    tx.all(found.value(&account))
        .await?
        .into_iter()
        .map(slot_row)
        .collect()
}

async fn objects(tx: &mut Tx, account: AccountId) -> Result<Vec<Object>, TxError> {
    let found = sql("SELECT kind, version, sealed FROM objects WHERE account = $1 ORDER BY kind");
    tx.all(found.value(&account))
        .await?
        .into_iter()
        .map(object_row)
        .collect()
}

async fn statements(tx: &mut Tx, account: AccountId) -> Result<Vec<Bytes>, TxError> {
    let found = sql("SELECT statement FROM statements WHERE account = $1 ORDER BY seq");
    tx.all(found.value(&account))
        .await?
        .into_iter()
        .map(|mut row| row.take())
        .collect()
}
