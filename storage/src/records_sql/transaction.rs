//! Transactions: begun, kept or undone, and tried again when two of them collide.

use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt;
use postern_domain::store::{Result, StoreError};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Transaction};

use super::columns::Row;
use super::query::Sql;
use super::{Dialect, SqlRecords};
use crate::Patience;
use crate::steps;

/// Two transactions that collide are done within milliseconds; whoever loses ten times meets a database in trouble.
const PATIENCE: Patience = Patience {
    tries: 10,
    first_pause: Duration::from_millis(5),
    longest_pause: Duration::from_millis(500),
};

/// Something that is done in one transaction. It may be run several times, and only the last run counts.
#[async_trait]
pub(super) trait Work: Sync {
    type Outcome: Send;
    async fn run(&self, tx: &mut Tx) -> Result<End<Self::Outcome>, TxError>;
}

/// How a transaction ends.
pub(super) enum End<T> {
    /// What it changed stays.
    Keep(T),
    /// What it changed is undone.
    Undo(T),
}

/// A transaction under way.
pub(super) struct Tx {
    inner: Transaction<'static, Any>,
}

/// Why a transaction did not come to its end.
pub(super) enum TxError {
    /// It collided with another one; both can be done one after the other.
    Collision(sqlx::Error),
    Store(StoreError),
}

impl From<StoreError> for TxError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<sqlx::Error> for TxError {
    fn from(error: sqlx::Error) -> Self {
        if is_collision(&error) {
            Self::Collision(error)
        } else {
            Self::Store(from_sql(error))
        }
    }
}

impl From<TxError> for StoreError {
    fn from(error: TxError) -> Self {
        match error {
            TxError::Collision(error) => Self::Unavailable(error.into()),
            TxError::Store(error) => error,
        }
    }
}

impl SqlRecords {
    /// Does `work` in one transaction that may write.
    pub(super) async fn transact<W: Work>(&self, work: &W) -> Result<W::Outcome> {
        let mut done = 0;
        loop {
            let error = match self.attempt(work).await {
                Ok(outcome) => return Ok(outcome),
                Err(error) => error,
            };
            done += 1;
            match (error, PATIENCE.pause(done)) {
                (TxError::Collision(_), Some(pause)) => tokio::time::sleep(pause).await,
                (error, _) => return Err(error.into()),
            }
        }
    }

    async fn attempt<W: Work>(&self, work: &W) -> Result<W::Outcome, TxError> {
        let mut tx = Tx {
            inner: self.write.begin_with(self.dialect.begin_writing()).await?,
        };
        match work.run(&mut tx).await? {
            End::Keep(outcome) => {
                tx.inner.commit().await?;
                steps::reached();
                Ok(outcome)
            }
            End::Undo(outcome) => {
                tx.inner.rollback().await?;
                Ok(outcome)
            }
        }
    }

    /// A transaction in which everything is seen as it is in one moment.
    pub(super) async fn snapshot(&self) -> Result<Tx, TxError> {
        Ok(Tx {
            inner: self.read.begin_with(self.dialect.begin_reading()).await?,
        })
    }

    /// One row, in a moment of its own.
    pub(super) async fn one(&self, sql: Sql<'_>) -> Result<Option<Row>, TxError> {
        Ok(self.read.fetch_optional(sql.0).await?.map(Row::from))
    }

    /// All rows, in a moment of their own.
    pub(super) async fn all(&self, sql: Sql<'_>) -> Result<Vec<Row>, TxError> {
        Ok(self.read.fetch(sql.0).map_ok(Row::from).try_collect().await?)
    }
}

impl Tx {
    /// Runs a statement; says how many rows it changed.
    pub(super) async fn run(&mut self, sql: Sql<'_>) -> Result<u64, TxError> {
        let changed = self.inner.execute(sql.0).await?.rows_affected();
        steps::reached();
        Ok(changed)
    }

    /// At most one row.
    pub(super) async fn one(&mut self, sql: Sql<'_>) -> Result<Option<Row>, TxError> {
        // To the end, not to the first row only: a statement that writes does so when it is run to its end.
        let rows: Vec<AnyRow> = self.inner.fetch(sql.0).try_collect().await?;
        steps::reached();
        Ok(rows.into_iter().next().map(Row::from))
    }

    /// All rows.
    pub(super) async fn all(&mut self, sql: Sql<'_>) -> Result<Vec<Row>, TxError> {
        let rows = self.inner.fetch(sql.0).map_ok(Row::from).try_collect().await?;
        steps::reached();
        Ok(rows)
    }
}

impl Dialect {
    /// SQLite: the right to write is taken at once. Taken later, it could be refused to one who has read already.
    fn begin_writing(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }

    fn begin_reading(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }
}

/// Postgres: serialization failure, deadlock. SQLite: busy, in all its kinds.
fn is_collision(error: &sqlx::Error) -> bool {
    match code(error) {
        Some(Code::Postgres(code)) => matches!(code.as_str(), "40001" | "40P01"),
        Some(Code::Sqlite(code)) => code == 5,
        None => false,
    }
}

/// What passes: no connection, a server that restarts, disk trouble that may be a passing one.
fn from_sql(error: sqlx::Error) -> StoreError {
    use sqlx::Error::{Io, PoolTimedOut, WorkerCrashed};
    match code(&error) {
        Some(code) if code.says_full() => StoreError::Full(error.into()),
        Some(code) if code.says_passing() => StoreError::Unavailable(error.into()),
        None if matches!(error, Io(_) | PoolTimedOut | WorkerCrashed) => {
            StoreError::Unavailable(error.into())
        }
        _ => StoreError::Failed(error.into()),
    }
}

/// What a database says of its error.
enum Code {
    /// The five characters of SQLSTATE.
    Postgres(String),
    /// The primary result code: the lowest byte of what SQLite returns.
    Sqlite(u32),
}

impl Code {
    fn says_full(&self) -> bool {
        match self {
            Self::Postgres(code) => code == "53100",
            Self::Sqlite(code) => *code == 13,
        }
    }

    fn says_passing(&self) -> bool {
        match self {
            // Classes of SQLSTATE: connection, insufficient resources, operator intervention.
            Self::Postgres(code) => matches!(&code[..2], "08" | "53" | "57"),
            // A disk that became read-only, I/O error, cannot open (out of file descriptors).
            Self::Sqlite(code) => matches!(code, 8 | 10 | 14),
        }
    }
}

fn code(error: &sqlx::Error) -> Option<Code> {
    let code = error.as_database_error()?.code()?.into_owned();
    if code.len() == 5 && code.is_ascii() {
        return Some(Code::Postgres(code));
    }
    code.parse().ok().map(|code: u32| Code::Sqlite(code & 0xff))
}
