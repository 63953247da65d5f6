use std::sync::Arc;

use postern_storage::contract::{all_hold, blobs, records};
use postern_storage::{MemoryBlobs, MemoryRecords};

#[tokio::test(flavor = "multi_thread")]
async fn records_in_memory_hold_every_sentence() {
    all_hold(Arc::new(MemoryRecords::default()) as _, records()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_in_memory_hold_every_sentence() {
    all_hold(Arc::new(MemoryBlobs::default()) as _, blobs::sentences()).await;
}
