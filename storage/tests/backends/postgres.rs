use std::sync::Arc;

use postern_storage::contract::{all_hold, records};
use postern_storage::{OpenError, SqlRecords};
use postern_tests::Postgres;

#[tokio::test(flavor = "multi_thread")]
async fn records_in_postgres_hold_every_sentence() {
    let postgres = Postgres::start();
    let store = SqlRecords::open_postgres(&postgres.url(), 20)
        .await
        .expect("opens");
    all_hold(Arc::new(store.clone()) as _, records()).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_the_same_moment_make_the_tables_once() {
    let postgres = Postgres::start();
    let url = postgres.url();
    let starts = [(); 6].map(|()| {
        let url = url.clone();
        tokio::spawn(async move {
            let store = SqlRecords::open_postgres(&url, 2).await.expect("opens");
            store.close().await;
        })
    });
    for start in starts {
        start.await.expect("it does not panic");
    }
}

#[tokio::test]
async fn a_commit_is_durable_whatever_the_database_is_set_to() {
    let postgres = Postgres::start();
    for (set, asked) in [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")] {
        let url = format!("{}&options[synchronous_commit]={set}", postgres.url());
        let store = SqlRecords::open_postgres(&url, 1).await.expect("opens");
        assert_eq!(store.pragma("synchronous_commit").await, asked);
        store.close().await;
    }
}

#[tokio::test]
async fn an_address_is_never_quoted_in_an_error() {
    for address in [
        "postgres//user:hunter2@host",
        "postgres://user:hunter2@host:port/x",
    ] {
        let error = SqlRecords::open_postgres(address, 1)
            .await
            .expect_err("no address");
        assert!(matches!(error, OpenError::Setting(_)), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}
