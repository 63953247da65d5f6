//! A folder and SQLite: what a batch, a page and a part cost, and what the driver that speaks with both databases costs
//! beside SQLite's own.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput};
use futures::TryStreamExt;
use postern_domain::store::{BatchOutcome, BlobStore, Body};
use postern_protocol::volume::Record;
use postern_protocol::{ContentId, parts};
use postern_storage::contract::AnyRecords;
use postern_storage::contract::blobs::{key, noise};
use postern_storage::contract::world::Owner;
use postern_storage::{FolderBlobs, SqlRecords};
use sqlx::{Connection, Row, SqliteConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

struct Bench {
    runtime: Runtime,
    folder: TempDir,
    owner: Owner,
}

fn bench() -> Bench {
    let runtime = Runtime::new().expect("threads");
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("records.db");
    let owner = runtime.block_on(async {
        let records: AnyRecords = Arc::new(SqlRecords::open_sqlite(&file).await.expect("opens"));
        Owner::sign_up(&records).await
    });
    Bench {
        runtime,
        folder,
        owner,
    }
}

fn records(owner: &Owner, count: usize) -> Vec<Record> {
    // About as long as a true one.
    let sealed = noise(1, 350).to_vec().into();
    let record = |_| Record {
        sealed: Clone::clone(&sealed),
        ..owner.folder(owner.root)
    };
    (0..count).map(record).collect()
}

/// Batches of new records, one after the other.
fn batches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("apply_batch");
    group.sample_size(20);
    for count in [1, 100, 1_000] {
        let bench = bench();
        let mut counter = 0;
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                let batch = bench
                    .owner
                    .batch(counter, records(&bench.owner, count), Vec::new());
                let outcome = bench.runtime.block_on(bench.owner.apply(&batch));
                assert_eq!(outcome, BatchOutcome::Applied);
                counter += 1;
            });
        });
    }
    group.finish();
}

/// A page of a thousand records out of 20,000, through our driver and through SQLite's own.
fn pages(criterion: &mut Criterion) {
    let bench = bench();
    bench.runtime.block_on(async {
        for _ in 0..20 {
            bench.owner.change(records(&bench.owner, 1_000), Vec::new()).await;
        }
    });
    let mut group = criterion.benchmark_group("page of 1000");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("ours", |bencher| {
        bencher.iter(|| {
            let page = bench.owner.records.volume_page(bench.owner.volume(), None, 1_000);
            black_box(bench.runtime.block_on(page).expect("works"));
        });
    });
    let address = format!("sqlite://{}", bench.folder.path().join("records.db").display());
    let mut connection = bench
        .runtime
        .block_on(SqliteConnection::connect(&address))
        .expect("opens");
    group.bench_function("SQLite's own driver", |bencher| {
        bencher.iter(|| bench.runtime.block_on(native_page(&mut connection, &bench.owner)));
    });
    group.finish();
}

async fn native_page(connection: &mut SqliteConnection, owner: &Owner) {
    let rows = sqlx::query(
        "SELECT counter, kind, node, parent, generation, seq, content, sealed FROM nodes \
         WHERE volume = $1 AND kind <> 0 ORDER BY counter, node LIMIT $2",
    )
    .bind(owner.volume().0.to_vec())
    .bind(1_001_i64)
    .fetch_all(connection)
    .await
    .expect("works");
    for row in rows {
        let numbers: [i64; 4] = [row.get(0), row.get(1), row.get(4), row.get(5)];
        let bytes: [Option<Vec<u8>>; 4] = [row.get(2), row.get(3), row.get(6), row.get(7)];
        black_box((numbers, bytes));
    }
}

/// One part, durable when it is acknowledged; a small blob; and reading a part.
fn blobs(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads");
    let folder = TempDir::new().expect("a temporary folder");
    let store = runtime
        .block_on(FolderBlobs::open(folder.path().to_owned()))
        .expect("opens");
    let part = noise(1, usize::try_from(parts::SEGMENT_BYTES).expect("8 MiB"));
    let mut group = criterion.benchmark_group("folder");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(parts::SEGMENT_BYTES));
    let upload = key();
    let handle = runtime.block_on(store.begin(upload)).expect("works");
    group.bench_function("write a part of 8 MiB", |bencher| {
        bencher.iter(|| {
            let sent = store.put_part(upload, &handle, 0, body(&part));
            runtime.block_on(sent).expect("works").expect("is under way");
        });
    });
    runtime
        .block_on(store.complete(upload, &handle, parts::SEGMENT_BYTES))
        .expect("works")
        .expect("complete");
    group.bench_function("read a part of 8 MiB", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let stream = store
                    .read(upload, 0..parts::SEGMENT_BYTES)
                    .await
                    .expect("works")
                    .expect("is there");
                let pieces: Vec<Bytes> = stream.try_collect().await.expect("works");
                black_box(pieces);
            });
        });
    });
    let small = noise(2, 4_096);
    group.throughput(Throughput::Elements(1));
    group.bench_function("put a blob of 4 KiB", |bencher| {
        bencher.iter(|| {
            let mut key = upload;
            key.content = ContentId(rand::random());
            runtime.block_on(store.put(key, body(&small))).expect("works");
        });
    });
    group.finish();
}

/// In pieces, as they come from the network.
fn body(bytes: &Bytes) -> Body {
    let pieces: Vec<_> = bytes
        .chunks(32 << 10)
        .map(|piece| Ok(bytes.slice_ref(piece)))
        .collect();
    Body::stream(bytes.len() as u64, Box::pin(futures::stream::iter(pieces)))
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    batches(&mut criterion);
    pages(&mut criterion);
    blobs(&mut criterion);
    criterion.final_summary();
}
