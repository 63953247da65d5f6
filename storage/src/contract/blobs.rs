//! What holds for blobs.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use postern_domain::store::{BlobKey, BlobStore, Body, BodyError, Put, StoreError};
use postern_protocol::parts;

use super::sentences;
use super::world::id;

/// A store of blobs, whichever it is.
pub type AnyBlobs = Arc<dyn BlobStore>;

sentences! { AnyBlobs:
    a_blob_is_read_as_it_was_put
    a_blob_is_never_replaced
    nothing_is_kept_of_a_body_that_fails
    any_range_is_read
    what_is_not_there_is_not_found
    parts_come_in_any_order_and_at_the_same_time
    a_blob_is_not_seen_while_it_arrives
    a_part_that_failed_is_sent_again
    completing_may_be_repeated
    a_blob_of_the_wrong_length_is_not_completed
    a_part_needs_an_upload_and_must_fit_its_place
    deleting_may_be_repeated
    an_upload_that_is_deleted_is_gone
    blobs_of_two_accounts_never_meet
    every_blob_is_listed
    puts_of_the_same_blob_at_the_same_moment_leave_one
    blobs_that_are_put_together_are_there_as_if_put_alone
    what_is_read_together_comes_end_to_end_or_not_at_all
}

/// A key that nothing else has.
#[must_use]
pub fn key() -> BlobKey {
    BlobKey {
        account: id(),
        content: id(),
    }
}

/// `size` bytes that look like ciphertext, always the same for the same seed.
#[must_use]
pub fn noise(seed: u64, size: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(word).flatten().take(size).collect()
}

/// `bytes` as a body that comes in pieces.
#[must_use]
pub fn body(bytes: &Bytes) -> Body {
    let pieces: Vec<_> = bytes
        .chunks(60_000)
        .map(|piece| Ok(bytes.slice_ref(piece)))
        .collect();
    Body::stream(bytes.len() as u64, futures::stream::iter(pieces).boxed())
}

async fn put(blobs: &AnyBlobs, key: BlobKey, bytes: &Bytes) -> Put {
    blobs.put(key, body(bytes)).await.expect("the store works")
}

/// All bytes of a blob, or `None` if there is none.
pub async fn read(blobs: &AnyBlobs, key: BlobKey) -> Option<Bytes> {
    let size = blobs.size(key).await.expect("the store works")?;
    Some(read_range(blobs, key, 0..size).await)
}

async fn read_range(blobs: &AnyBlobs, key: BlobKey, range: std::ops::Range<u64>) -> Bytes {
    let stream = blobs
        .read(key, range)
        .await
        .expect("the store works")
        .expect("the blob is there");
    let pieces: Vec<Bytes> = stream.try_collect().await.expect("the whole range can be read");
    pieces.concat().into()
}

async fn a_blob_is_read_as_it_was_put(blobs: AnyBlobs) {
    for size in [1, 96, 700_000] {
        let (key, bytes) = (key(), noise(1, size));
        assert_eq!(put(&blobs, key, &bytes).await, Put::Stored);
        assert_eq!(blobs.size(key).await.expect("works"), Some(size as u64));
        assert_eq!(read(&blobs, key).await, Some(bytes));
    }
}

async fn a_blob_is_never_replaced(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 1_000));
    put(&blobs, key, &bytes).await;
    assert_eq!(
        put(&blobs, key, &noise(2, 2_000)).await,
        Put::AlreadyThere { size_bytes: 1_000 }
    );
    assert_eq!(read(&blobs, key).await, Some(bytes));
}

fn failing(error: BodyError) -> Body {
    let pieces = [Ok(noise(1, 1_000)), Err(error)];
    Body::stream(2_000, futures::stream::iter(pieces).boxed())
}

async fn nothing_is_kept_of_a_body_that_fails(blobs: AnyBlobs) {
    let key = key();
    let long = Body::stream(999, futures::stream::iter([Ok(noise(1, 1_000))]).boxed());
    let short = Body::stream(1_001, futures::stream::iter([Ok(noise(1, 1_000))]).boxed());
    let bodies = [
        failing(BodyError::Interrupted),
        failing(BodyError::WrongChecksum),
        long,
        short,
    ];
    for body in bodies {
        let outcome = blobs.put(key, body).await;
        assert!(matches!(outcome, Err(StoreError::Body(_))), "{outcome:?}");
        assert_eq!(blobs.size(key).await.expect("works"), None);
    }
}

async fn any_range_is_read(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 700_000));
    put(&blobs, key, &bytes).await;
    for range in [
        0..1,
        699_999..700_000,
        262_143..262_145,
        100_000..650_000,
        0..700_000,
    ] {
        let (start, end) = (range.start as u64, range.end as u64);
        assert_eq!(read_range(&blobs, key, start..end).await, bytes.slice(range));
    }
}

async fn what_is_not_there_is_not_found(blobs: AnyBlobs) {
    let key = key();
    assert!(blobs.read(key, 0..10).await.expect("works").is_none());
    assert_eq!(blobs.size(key).await.expect("works"), None);
}

/// A stream of three parts: two full ones and a rest.
fn three_parts(seed: u64) -> (Bytes, Vec<Bytes>) {
    let size = parts::full_range(1).end + 12_345;
    let whole = noise(seed, usize::try_from(size).expect("it fits into memory"));
    let index = |at: u64| usize::try_from(at).expect("it fits into memory");
    let part = |number| {
        let range = parts::range(number, size);
        whole.slice(index(range.start)..index(range.end))
    };
    let parts = (0..3).map(part).collect();
    (whole, parts)
}

async fn parts_come_in_any_order_and_at_the_same_time(blobs: AnyBlobs) {
    let (key, (whole, parts)) = (key(), three_parts(1));
    let upload = blobs.begin(key).await.expect("works");
    let sent = [2, 0, 1].map(|number: u32| {
        let (blobs, upload, part) = (blobs.clone(), upload.clone(), parts[number as usize].clone());
        tokio::spawn(async move { blobs.put_part(key, &upload, number, body(&part)).await })
    });
    for sent in sent {
        assert_eq!(sent.await.expect("it does not panic").expect("works"), Some(()));
    }
    let repeated = blobs
        .put_part(key, &upload, 1, body(&parts[1]))
        .await
        .expect("works");
    assert_eq!(repeated, Some(()));
    let completed = blobs
        .complete(key, &upload, whole.len() as u64)
        .await
        .expect("works");
    assert_eq!(completed, Some(()));
    assert!(read(&blobs, key).await == Some(whole.clone()), "the bytes differ");
    let across = 8_390_000..8_391_000;
    let read = read_range(&blobs, key, across.start as u64..across.end as u64).await;
    assert!(read == whole.slice(across), "the range differs");
}

async fn a_blob_is_not_seen_while_it_arrives(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 1_000));
    let upload = blobs.begin(key).await.expect("works");
    blobs
        .put_part(key, &upload, 0, body(&bytes))
        .await
        .expect("works")
        .expect("is under way");
    assert_eq!(blobs.size(key).await.expect("works"), None);
    assert!(blobs.read(key, 0..1).await.expect("works").is_none());
    blobs
        .complete(key, &upload, 1_000)
        .await
        .expect("works")
        .expect("is complete");
    assert_eq!(read(&blobs, key).await, Some(bytes));
}

async fn a_part_that_failed_is_sent_again(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 2_000));
    let upload = blobs.begin(key).await.expect("works");
    for error in [BodyError::Interrupted, BodyError::WrongChecksum] {
        let outcome = blobs.put_part(key, &upload, 0, failing(error)).await;
        assert!(matches!(outcome, Err(StoreError::Body(same)) if same == error));
    }
    blobs
        .put_part(key, &upload, 0, body(&bytes))
        .await
        .expect("works")
        .expect("is under way");
    blobs
        .complete(key, &upload, 2_000)
        .await
        .expect("works")
        .expect("is complete");
    assert_eq!(read(&blobs, key).await, Some(bytes));
}

async fn completing_may_be_repeated(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 1_000));
    let upload = blobs.begin(key).await.expect("works");
    blobs
        .put_part(key, &upload, 0, body(&bytes))
        .await
        .expect("works")
        .expect("is under way");
    for _ in 0..3 {
        assert_eq!(
            blobs.complete(key, &upload, 1_000).await.expect("works"),
            Some(())
        );
    }
    assert_eq!(blobs.complete(key, &upload, 999).await.expect("works"), None);
    assert_eq!(read(&blobs, key).await, Some(bytes));
}

async fn a_blob_of_the_wrong_length_is_not_completed(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 1_000));
    let upload = blobs.begin(key).await.expect("works");
    blobs
        .put_part(key, &upload, 0, body(&bytes))
        .await
        .expect("works")
        .expect("is under way");
    assert_eq!(blobs.complete(key, &upload, 1_001).await.expect("works"), None);
    assert_eq!(blobs.size(key).await.expect("works"), None);
    assert_eq!(
        blobs.complete(key, &upload, 1_000).await.expect("works"),
        Some(())
    );
}

async fn a_part_needs_an_upload_and_must_fit_its_place(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 1_000));
    let upload = blobs.begin(key).await.expect("works");
    let too_large = Body::stream(parts::full_range(0).end + 1, futures::stream::pending().boxed());
    let beyond = body(&bytes);
    for (part, body) in [(0, too_large), (parts::MAX_PARTS, beyond)] {
        let outcome = blobs.put_part(key, &upload, part, body).await;
        assert!(
            matches!(outcome, Err(StoreError::Body(BodyError::WrongLength))),
            "{outcome:?}"
        );
    }
    blobs.delete(key, Some(&upload)).await.expect("works");
    assert_eq!(
        blobs
            .put_part(key, &upload, 0, body(&bytes))
            .await
            .expect("works"),
        None
    );
}

async fn deleting_may_be_repeated(blobs: AnyBlobs) {
    let key = key();
    put(&blobs, key, &noise(1, 1_000)).await;
    for _ in 0..2 {
        blobs.delete(key, None).await.expect("works");
        assert_eq!(blobs.size(key).await.expect("works"), None);
    }
    assert_eq!(put(&blobs, key, &noise(2, 500)).await, Put::Stored);
}

async fn an_upload_that_is_deleted_is_gone(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 1_000));
    let upload = blobs.begin(key).await.expect("works");
    blobs
        .put_part(key, &upload, 0, body(&bytes))
        .await
        .expect("works")
        .expect("is under way");
    for _ in 0..2 {
        blobs.delete(key, Some(&upload)).await.expect("works");
    }
    assert_eq!(blobs.complete(key, &upload, 1_000).await.expect("works"), None);
    assert_eq!(blobs.size(key).await.expect("works"), None);
}

async fn blobs_of_two_accounts_never_meet(blobs: AnyBlobs) {
    let mine = key();
    let theirs = BlobKey {
        account: id(),
        ..mine
    };
    put(&blobs, mine, &noise(1, 1_000)).await;
    assert_eq!(blobs.size(theirs).await.expect("works"), None);
    assert_eq!(put(&blobs, theirs, &noise(2, 900)).await, Put::Stored);
    blobs.delete(theirs, None).await.expect("works");
    assert_eq!(read(&blobs, mine).await, Some(noise(1, 1_000)));
}

/// The keys of all that is there.
pub async fn listed(blobs: &AnyBlobs) -> Vec<BlobKey> {
    let (mut keys, mut from) = (Vec::new(), None);
    loop {
        let page = blobs.list(from).await.expect("the store works");
        keys.extend(page.entries.iter().map(|entry| entry.key));
        from = page.next;
        if from.is_none() {
            return keys;
        }
    }
}

async fn every_blob_is_listed(blobs: AnyBlobs) {
    let keys: Vec<_> = std::iter::repeat_with(key).take(5).collect();
    for key in &keys {
        put(&blobs, *key, &noise(1, 10)).await;
    }
    let all = listed(&blobs).await;
    assert!(keys.iter().all(|key| all.contains(key)));
    blobs.delete(keys[0], None).await.expect("works");
    assert!(!listed(&blobs).await.contains(&keys[0]));
}

async fn puts_of_the_same_blob_at_the_same_moment_leave_one(blobs: AnyBlobs) {
    let (key, bytes) = (key(), noise(1, 100_000));
    let all = [(); 8].map(|()| {
        let (blobs, bytes) = (blobs.clone(), bytes.clone());
        tokio::spawn(async move { put(&blobs, key, &bytes).await })
    });
    for put in all {
        put.await.expect("it does not panic");
    }
    assert_eq!(read(&blobs, key).await, Some(bytes));
}

/// As many as a bundle has at most, so that some share a folder; the last ones are empty of all but a byte.
fn many() -> Vec<(BlobKey, Bytes)> {
    (0..256_u64)
        .map(|number| {
            let size = if number < 250 { 2_000 + 31 * number } else { 1 };
            let size = usize::try_from(size).expect("it fits into memory");
            (key(), noise(number, size))
        })
        .collect()
}

async fn blobs_that_are_put_together_are_there_as_if_put_alone(blobs: AnyBlobs) {
    let all = many();
    let (before, other) = (all[7].0, noise(900, 700));
    put(&blobs, before, &other).await;
    for round in 0..2 {
        let puts = blobs.put_all(all.clone()).await.expect("the store works");
        for ((key, bytes), put) in all.iter().zip(puts) {
            let there = if *key == before { &other } else { bytes };
            let size_bytes = there.len() as u64;
            if round == 0 && *key != before {
                assert_eq!(put, Put::Stored);
            } else {
                assert_eq!(put, Put::AlreadyThere { size_bytes });
            }
            assert_eq!(read(&blobs, *key).await.as_ref(), Some(there));
        }
    }
    assert!(blobs.put_all(Vec::new()).await.expect("works").is_empty());
}

async fn what_is_read_together_comes_end_to_end_or_not_at_all(blobs: AnyBlobs) {
    let all = many();
    blobs.put_all(all.clone()).await.expect("the store works");
    let wanted: Vec<_> = all
        .iter()
        .rev()
        .map(|(key, bytes)| (*key, bytes.len() as u64))
        .collect();
    let end_to_end: Vec<Bytes> = all.iter().rev().map(|(_, bytes)| bytes.clone()).collect();
    let read = blobs.read_all(&wanted).await.expect("works");
    assert!(
        read.expect("all are there") == end_to_end.concat(),
        "the bytes differ"
    );
    blobs.delete(all[100].0, None).await.expect("works");
    assert_eq!(blobs.read_all(&wanted).await.expect("works"), None);
    let longer = [(all[0].0, all[0].1.len() as u64 + 1)];
    assert!(blobs.read_all(&longer).await.is_err(), "bytes that are not there");
}
