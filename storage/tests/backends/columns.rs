//! What the server can read: the list of all columns, so that no new one slips in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use postern_storage::SqlRecords;
use sqlx::{Connection, Row, SqliteConnection};
use tempfile::TempDir;

const GOLDEN: &str = include_str!("columns.txt");
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001_first.sql")];
const CLASSES: [&str; 5] = ["plain", "sealed", "hash", "public", "secret"];

/// What the migrations say of each column: `table.column` → `class: why`.
fn explanations() -> BTreeMap<String, String> {
    let (mut table, mut all) = (String::new(), BTreeMap::new());
    for line in MIGRATIONS.iter().flat_map(|text| text.lines()) {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("CREATE"), Some("TABLE"), Some(name)) => table = name.to_owned(),
            (Some("ALTER"), Some("TABLE"), Some(name)) => table = name.to_owned(),
            (Some(column), _, _) => {
                if let Some((_, why)) = line.split_once("-- ") {
                    all.insert(format!("{table}.{column}"), why.to_owned());
                }
            }
            _ => {}
        }
    }
    all
}

/// The columns that the database has, whatever the migrations say.
async fn columns() -> Vec<String> {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("records.db");
    SqlRecords::open_sqlite(&file).await.expect("opens").close().await;
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", file.display()))
        .await
        .expect("opens");
    let rows = sqlx::query(
        "SELECT tables.name || '.' || columns.name FROM sqlite_schema AS tables, \
         pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' AND tables.name <> 'format' \
         ORDER BY tables.name, columns.cid",
    )
    .fetch_all(&mut connection)
    .await
    .expect("works");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn d9_every_column_that_the_server_stores_is_listed_and_explained() {
    let explanations = explanations();
    let columns = columns().await;
    let mut listed = String::new();
    for class in CLASSES {
        writeln!(listed, "# {class}").expect("memory");
        for column in &columns {
            let why = explanations
                .get(column)
                .unwrap_or_else(|| panic!("{column} is not explained"));
            let (its_class, why) = why
                .split_once(": ")
                .unwrap_or_else(|| panic!("{column} has no class"));
            assert!(CLASSES.contains(&its_class), "{column}: {its_class} is no class");
            if its_class == class {
                writeln!(listed, "{column}: {why}").expect("memory");
            }
        }
    }
    let present = concat!(env!("CARGO_TARGET_TMPDIR"), "/columns.txt");
    std::fs::write(present, &listed).expect("a file");
    assert!(
        listed == GOLDEN,
        "what the server stores has changed: tell users in docs/threat-model.md, then take over {present}"
    );
}
