//! A folder and SQLite: what a machine of one's own runs on.

use std::fs;
use std::sync::Arc;

use futures::StreamExt;
use postern_domain::store::{BlobStore, Body, BodyError, Records, StoreError};
use postern_storage::contract::blobs::{AnyBlobs, body, key, listed, noise, read};
use postern_storage::contract::world::{Owner, new_account};
use postern_storage::contract::{AnyRecords, all_hold, blobs, records};
use postern_storage::{FolderBlobs, OpenError, SqlRecords};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn records_in_sqlite_hold_every_sentence() {
    let folder = TempDir::new().expect("a temporary folder");
    let store = SqlRecords::open_sqlite(&folder.path().join("records.db"))
        .await
        .expect("opens");
    all_hold(Arc::new(store) as _, records()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_in_a_folder_hold_every_sentence() {
    let folder = TempDir::new().expect("a temporary folder");
    let store = FolderBlobs::open(folder.path().join("blobs"))
        .await
        .expect("opens");
    all_hold(Arc::new(store) as _, blobs::sentences()).await;
}

#[tokio::test]
async fn what_was_stored_is_there_after_opening_again() {
    let folder = TempDir::new().expect("a temporary folder");
    // A name that an address would take apart.
    let file = folder.path().join("what? 100% #1.db");
    let first = SqlRecords::open_sqlite(&file).await.expect("opens");
    let owner = Owner::sign_up(&(Arc::new(first.clone()) as AnyRecords)).await;
    first.close().await;
    assert!(file.exists());
    let again = SqlRecords::open_sqlite(&file).await.expect("opens");
    let again: &dyn Records = &again;
    assert!(again.account(owner.id()).await.expect("works").is_some());
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("records.db");
    SqlRecords::open_sqlite(&file).await.expect("opens").close().await;
    let address = format!("sqlite://{}", file.display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&address)
        .await
        .expect("opens");
    sqlx::query("UPDATE format SET number = 99")
        .execute(&mut connection)
        .await
        .expect("works");
    let refused = SqlRecords::open_sqlite(&file).await.expect_err("it is newer");
    assert!(
        matches!(refused, OpenError::TooNew { found: 99, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("start a newer one"), "{refused}");
}

#[tokio::test]
async fn a_commit_is_synced_before_it_returns() {
    let folder = TempDir::new().expect("a temporary folder");
    let store = SqlRecords::open_sqlite(&folder.path().join("records.db"))
        .await
        .expect("opens");
    assert_eq!(store.pragma("synchronous").await, "2");
    assert_eq!(store.pragma("journal_mode").await, "wal");
    assert_eq!(store.pragma("foreign_keys").await, "1");
}

#[tokio::test]
async fn a_disk_that_was_full_is_written_to_again_when_there_is_room() {
    let folder = TempDir::new().expect("a temporary folder");
    let store = SqlRecords::open_sqlite(&folder.path().join("records.db"))
        .await
        .expect("opens");
    let records: AnyRecords = Arc::new(store.clone());
    // No page more than there are now.
    store.pragma("max_page_count = 1").await;
    let full = loop {
        if let Err(error) = records.create_account(&new_account()).await {
            break error;
        }
    };
    assert!(matches!(full, StoreError::Full(_)), "{full}");
    store.pragma("max_page_count = 100000").await;
    Owner::sign_up(&records).await;
}

#[tokio::test]
async fn what_a_crash_left_unfinished_is_removed_when_the_folder_is_opened() {
    let folder = TempDir::new().expect("a temporary folder");
    let root = folder.path().join("blobs");
    let store = FolderBlobs::open(root.clone()).await.expect("opens");
    let upload = key();
    store.begin(upload).await.expect("works");
    let leftover = root.join("arriving").join("leftover.7");
    fs::write(&leftover, b"x").expect("a file");
    FolderBlobs::open(root.clone()).await.expect("opens");
    assert!(!leftover.exists());
    assert_eq!(
        fs::read_dir(root.join("arriving")).expect("a folder").count(),
        1,
        "the upload stays"
    );
}

#[tokio::test]
async fn a_put_that_is_given_up_leaves_no_file() {
    let folder = TempDir::new().expect("a temporary folder");
    let store = FolderBlobs::open(folder.path().to_owned()).await.expect("opens");
    let pieces = [Ok(noise(1, 1_000)), Err(BodyError::Interrupted)];
    let failing = Body::stream(2_000, futures::stream::iter(pieces).boxed());
    store.put(key(), failing).await.expect_err("the sender stopped");
    let endless = Body::stream(2_000, futures::stream::pending().boxed());
    let given_up =
        tokio::time::timeout(std::time::Duration::from_millis(50), store.put(key(), endless)).await;
    assert!(given_up.is_err());
    assert_eq!(
        fs::read_dir(folder.path().join("arriving"))
            .expect("a folder")
            .count(),
        0
    );
}

#[tokio::test]
async fn a_part_that_nobody_noted_does_not_lengthen_the_blob() {
    let folder = TempDir::new().expect("a temporary folder");
    let store: AnyBlobs = Arc::new(FolderBlobs::open(folder.path().to_owned()).await.expect("opens"));
    let (key, bytes) = (key(), noise(1, 1_000));
    let upload = store.begin(key).await.expect("works");
    for part in [0, 1] {
        store
            .put_part(key, &upload, part, body(&bytes))
            .await
            .expect("works")
            .expect("is under way");
    }
    store
        .complete(key, &upload, 1_000)
        .await
        .expect("works")
        .expect("is complete");
    assert_eq!(read(&store, key).await, Some(bytes));
    assert_eq!(listed(&store).await, [key]);
}
