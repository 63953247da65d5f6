//! The tables, and how a database gets from one format to the next.

use sqlx::{AnyConnection, AnyPool, Executor};

use super::Dialect;
use super::columns::Row;
use super::query::sql;
use crate::error::OpenError;

/// One text for each format, which turns the one before into it. What was released is never changed.
pub(crate) const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001_first.sql")];

/// Brings a database to the present format, in one transaction; several servers may do so at the same time.
pub(super) async fn migrate(pool: &AnyPool, dialect: Dialect) -> Result<(), OpenError> {
    let mut tx = pool.begin_with(dialect.begin_alone()).await?;
    if let Some(lock) = dialect.lock() {
        tx.execute(lock).await?;
    }
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found = format(&mut tx).await?;
    if found > known {
        return Err(OpenError::TooNew { found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        let text = dialect.tables(migration);
        sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut *tx).await?;
    }
    tx.execute(sql("UPDATE format SET number = $1").value(&known).0)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The database's format; 0 for a new one.
async fn format(connection: &mut AnyConnection) -> Result<i64, OpenError> {
    connection
        .execute("CREATE TABLE IF NOT EXISTS format (number BIGINT NOT NULL)")
        .await?;
    if let Some(row) = connection.fetch_optional("SELECT number FROM format").await? {
        return Row::from(row)
            .take()
            .map_err(|_| OpenError::Setting("the database's format".to_owned()));
    }
    connection
        .execute("INSERT INTO format (number) VALUES (0)")
        .await?;
    Ok(0)
}

impl Dialect {
    fn begin_alone(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN EXCLUSIVE",
            Self::Postgres => "BEGIN",
        }
    }

    /// Postgres: a lock of our own until the transaction ends (the number is "post" in ASCII).
    fn lock(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("SELECT 1 FROM pg_advisory_xact_lock(1886352244)"),
        }
    }

    /// The text with this database's name for byte strings.
    pub(super) fn tables(self, text: &str) -> String {
        match self {
            Self::Sqlite => text.replace(" BYTES", " BLOB"),
            Self::Postgres => text.replace(" BYTES", " BYTEA"),
        }
    }
}
