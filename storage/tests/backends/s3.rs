use std::sync::Arc;
use std::time::Duration;

use postern_domain::store::{BlobStore, StoreError};
use postern_storage::contract::blobs::{AnyBlobs, body, key, noise, read};
use postern_storage::contract::{all_hold, blobs};
use postern_storage::{Buffered, Patience, Retry, S3Blobs, S3Settings};
use postern_tests::S3;

fn settings(s3: &S3) -> S3Settings {
    S3Settings {
        endpoint: s3.url(),
        region: S3::REGION.to_owned(),
        bucket: S3::BUCKET.to_owned(),
        access_key: S3::ACCESS_KEY.to_owned(),
        secret_key: S3::SECRET_KEY.to_owned(),
    }
}

/// Some HTTP client that knows no keys.
fn client() -> s3::Bucket {
    let region = s3::Region::Custom {
        region: String::new(),
        endpoint: String::new(),
    };
    let nobody = s3::creds::Credentials::anonymous().expect("no keys");
    *s3::Bucket::new("none", region, nobody).expect("a bucket")
}

fn open(s3: &S3) -> S3Blobs {
    S3Blobs::open(&settings(s3)).expect("the settings are good")
}

/// As a server uses it. Without retries not every sentence holds: a store that refuses a blob that is there already
/// hangs up in the middle of the body, and whatever is asked next on that connection fails once.
#[tokio::test(flavor = "multi_thread")]
async fn blobs_in_s3_behind_retries_and_buffers_hold_every_sentence() {
    let s3 = S3::start();
    let store = Buffered::new(Retry::new(open(&s3), Patience::default()), 4);
    all_hold(Arc::new(store) as _, blobs::sentences()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_send_parts_and_read_directly() {
    let s3 = S3::start();
    let store: AnyBlobs = Arc::new(open(&s3));
    let direct = store.direct().expect("S3 has addresses of its own");
    let (key, bytes) = (key(), noise(1, 100_000));
    let upload = store.begin(key).await.expect("works");
    let address = direct.put_part_url(key, &upload, 0, 60).await.expect("works");
    let http = client().http_client();
    let sent = http
        .put(&address)
        .body(bytes.clone())
        .send()
        .await
        .expect("it answers");
    assert_eq!(sent.status().as_u16(), 200);
    store
        .complete(key, &upload, 100_000)
        .await
        .expect("works")
        .expect("is complete");
    let address = direct.get_url(key, 60).await.expect("works");
    let part = http
        .get(&address)
        .header("range", "bytes=10-19")
        .send()
        .await
        .expect("it answers");
    assert_eq!(part.status().as_u16(), 206);
    assert_eq!(part.bytes().await.expect("ten bytes"), bytes.slice(10..20));
    let elsewhere = address.replace(&key.content.to_string(), &blobs::key().content.to_string());
    let refused = http.get(elsewhere).send().await.expect("it answers");
    assert_eq!(refused.status().as_u16(), 403);
    assert_eq!(read(&store, key).await, Some(bytes));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_fails_for_good_and_a_store_that_is_away_only_for_now() {
    let s3 = S3::start();
    let wrong = S3Settings {
        secret_key: "wrong".to_owned(),
        ..settings(&s3)
    };
    let wrong = S3Blobs::open(&wrong).expect("the settings are good");
    let outcome = wrong.put(key(), body(&noise(1, 10))).await;
    assert!(matches!(outcome, Err(StoreError::Failed(_))), "{outcome:?}");
    let away = S3Settings {
        endpoint: "http://127.0.0.1:1".to_owned(),
        ..settings(&s3)
    };
    let away = S3Blobs::open(&away).expect("the settings are good");
    for outcome in [
        away.put(key(), body(&noise(1, 10))).await.err(),
        away.size(key()).await.err(),
    ] {
        assert!(matches!(outcome, Some(StoreError::Unavailable(_))), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_when_patience_does() {
    let s3 = S3::start();
    let away = S3Settings {
        endpoint: "http://127.0.0.1:1".to_owned(),
        ..settings(&s3)
    };
    let pause = Duration::from_millis(1);
    let patience = Patience {
        tries: 3,
        first_pause: pause,
        longest_pause: pause,
    };
    let store = Retry::new(S3Blobs::open(&away).expect("the settings are good"), patience);
    let outcome = store.size(key()).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}
