//! Records in SQLite or Postgres, through one text of SQL.
//!
//! What differs between the two is in [`Dialect`]: the type of byte strings in the schema, and the words that begin a
//! transaction. SQLite has one connection that writes and several that read; Postgres has a pool for both.
//!
//! **Locks.** Every transaction that changes something first writes to the row on which others of its kind meet (the
//! volume for a batch, the link for a lease, the content for a part), which makes them wait for each other in both
//! databases; and to the account's row, where the feed's number is drawn, last. What still collides is tried again
//! ([`transaction`]).
//!
//! **Who asks for what is not there** (threats A7 and E5) is answered after as much work: a stranger's look at an account or
//! a link reads the first row of the table where there is none of that name, and throws it away. A row more or less is
//! the better part of a tenth of a millisecond, and thousands of answers tell a hundredth of that.
//!
//! **Shards.** Accounts, volumes, contents and all that hangs on them are keyed by account or volume; nothing joins
//! across. Names, tokens and links are found by themselves, one row each.

mod accounts;
mod addresses;
mod batches;
mod columns;
mod contents;
mod deliveries;
mod feed;
mod garbage;
mod leases;
mod links;
mod mail;
mod mail_index;
mod marks;
mod passwords;
mod query;
mod schema;
mod secrets;
mod sessions;
mod transaction;
mod uploads;
mod volumes;

use std::path::Path;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

use crate::error::OpenError;

/// How many connections read from SQLite at the same time.
const SQLITE_READERS: u32 = 4;
/// How long a caller waits for a free connection before it is told to come back later.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(20);

/// What the writing connection and the readers of SQLite are set to: a commit is durable when it returns.
const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000; PRAGMA cache_size = -16384;";

/// Of Postgres the same is asked, whatever its own settings say. Modes that promise more are left alone.
const POSTGRES_SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') = 'off'";

/// What a process before this one has written to the log, but could not sync, is read back from memory as if it were
/// on the disk, and never written again by itself: transactions acknowledged after it would be lost with it in a power
/// cut. This writes everything in the log to the database, syncs that, and begins a new log.
const WRITE_AGAIN: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Records in SQLite or Postgres.
#[derive(Debug, Clone)]
pub struct SqlRecords {
    dialect: Dialect,
    read: AnyPool,
    write: AnyPool,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

impl SqlRecords {
    /// Uses the SQLite database in `file`, which is made if it is missing, and brings it to the present format.
    ///
    /// # Errors
    /// [`OpenError`] if it cannot be opened, or was written by a newer release.
    pub async fn open_sqlite(file: &Path) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let file = file
            .to_str()
            .ok_or_else(|| OpenError::Setting(file.display().to_string()))?;
        let options = setting(&sqlite_address(file))?;
        let write = sqlite_pool(1).connect_with(options.clone()).await?;
        write.execute(WRITE_AGAIN).await?;
        schema::migrate(&write, Dialect::Sqlite).await?;
        let read = sqlite_pool(SQLITE_READERS).connect_with(options).await?;
        Ok(Self {
            dialect: Dialect::Sqlite,
            read,
            write,
        })
    }

    /// Uses the Postgres database at `address` (`postgres://user:password@host:port/name`) with up to `connections`
    /// connections, and brings it to the present format. Several servers may start at the same time.
    ///
    /// # Errors
    /// [`OpenError`] if it cannot be reached, or was written by a newer release.
    pub async fn open_postgres(address: &str, connections: u32) -> Result<Self, OpenError> {
        sqlx::any::install_default_drivers();
        let pool = postgres_pool(connections).connect_with(setting(address)?).await?;
        schema::migrate(&pool, Dialect::Postgres).await?;
        Ok(Self {
            dialect: Dialect::Postgres,
            read: pool.clone(),
            write: pool,
        })
    }

    /// What the database's setting of that name is, for those who write.
    #[cfg(feature = "contract")]
    pub async fn pragma(&self, name: &str) -> String {
        let asks = match self.dialect {
            Dialect::Sqlite => "PRAGMA",
            Dialect::Postgres => "SHOW",
        };
        let setting = sqlx::query(sqlx::AssertSqlSafe(format!("{asks} {name}")))
            .fetch_one(&self.write)
            .await;
        let setting = setting.expect("there is such a setting");
        let number: Result<i64, _> = sqlx::Row::try_get(&setting, 0);
        number.map_or_else(|_| sqlx::Row::get(&setting, 0), |number| number.to_string())
    }

    /// Closes all connections, when those that are at work have finished.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

fn pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT_FOR_CONNECTION)
        // On a full disk SQLite undoes a transaction by itself, of which sqlx does not hear: its connection would refuse
        // each further one.
        .before_acquire(|connection, _| {
            let in_order = !connection.is_in_transaction();
            Box::pin(async move { Ok(in_order) })
        })
}

fn sqlite_pool(connections: u32) -> AnyPoolOptions {
    pool(connections)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|connection: &mut AnyConnection, _| {
            Box::pin(async move { connection.execute(SQLITE_SETTINGS).await.map(|_| ()) })
        })
}

fn postgres_pool(connections: u32) -> AnyPoolOptions {
    pool(connections).after_connect(|connection: &mut AnyConnection, _| {
        Box::pin(async move { connection.execute(POSTGRES_SETTINGS).await.map(|_| ()) })
    })
}

/// The file's name as part of an address, in which `?`, `#` and `%` would mean something else.
fn sqlite_address(file: &str) -> String {
    let escaped = file.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("sqlite://{escaped}?mode=rwc")
}

fn setting(address: &str) -> Result<AnyConnectOptions, OpenError> {
    // The error is left out: it may quote the address, and the address may hold a password.
    address
        .parse()
        .map_err(|_| OpenError::Setting("the database's address".to_owned()))
}
