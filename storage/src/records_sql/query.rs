//! A statement with its values.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use super::columns::Column;

/// How many rows or keys one statement handles: few enough for SQLite's limit on values, enough that the way to the
/// database no longer counts.
pub(super) const CHUNK: usize = 200;

/// How many rows of so many values one statement inserts. SQLite looks for each numbered value from the first one on, so
/// that a statement costs the square of their number: with 1,800 values that was a fifth of all its work.
pub(super) const fn rows_at_once(columns: usize) -> usize {
    360 / columns
}

/// A statement, its values filled in one by one.
pub(super) struct Sql<'q>(pub(super) Query<'q, Any, AnyArguments>);

/// A statement that is written down here.
pub(super) fn sql(text: &'static str) -> Sql<'static> {
    Sql(sqlx::query(text))
}

/// A statement that was put together from texts that are written down here, with placeholders for every value.
pub(super) fn built(text: String) -> Sql<'static> {
    Sql(sqlx::query(AssertSqlSafe(text)))
}

impl Sql<'_> {
    /// The next value.
    pub(super) fn value<T: Column>(self, value: &T) -> Self {
        Self(self.0.bind(value.to_raw()))
    }

    /// The next value, or NULL.
    pub(super) fn optional<T: Column>(self, value: Option<&T>) -> Self {
        Self(self.0.bind(value.map(Column::to_raw)))
    }

    /// The next values.
    pub(super) fn values<T: Column>(self, values: &[T]) -> Self {
        values.iter().fold(self, Self::value)
    }
}

/// `($3, $4, $5)`: placeholders for `count` values from number `first` on.
pub(super) fn list(first: usize, count: usize) -> String {
    let places: Vec<_> = (first..first + count)
        .map(|number| format!("${number}"))
        .collect();
    format!("({})", places.join(", "))
}

/// `($1, $2), ($3, $4)`: placeholders for `rows` rows of `columns` values.
pub(super) fn rows(rows: usize, columns: usize) -> String {
    let rows: Vec<_> = (0..rows).map(|row| list(1 + row * columns, columns)).collect();
    rows.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_through() {
        assert_eq!(list(3, 2), "($3, $4)");
        assert_eq!(rows(2, 2), "($1, $2), ($3, $4)");
    }
}
