//! Sealing and opening of chunks, against the reference implementation of the same cipher.

#![allow(missing_docs, reason = "criterion's macro writes a public function")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use postern_crypto::ContentKey;
use postern_crypto::stream::{ChunkCipher as _, ContentSealer, DEFAULT_CHUNK_LOG2, Header};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

fn chunks(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let key = ContentKey::generate(&mut rng);
    let (_, cipher) = Header::create(&key, &[1; 16], &mut rng);
    for len in [1 << DEFAULT_CHUNK_LOG2, 1 << 20] {
        let plain = vec![7; len];
        let mut sealed = vec![0; len + 16];
        let mut opened = vec![0; len];
        let mut group = c.benchmark_group(format!("chunk of {} KiB", len >> 10));
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function("seal", |b| {
            b.iter(|| cipher.seal(0, black_box(&plain), &mut sealed));
        });
        group.bench_function("open", |b| {
            b.iter(|| {
                let opened = cipher.open(0, black_box(&sealed), &mut opened);
                opened.expect("sealed just now");
            });
        });
        group.bench_function("copy", |b| b.iter(|| opened.copy_from_slice(black_box(&plain))));
        group.finish();
    }
}

fn segments(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let sealer = ContentSealer::create(&ContentKey::generate(&mut rng), &[1; 16], &mut rng);
    let plain = vec![7; sealer.segment_plain_len()];
    let mut out = vec![0; sealer.segment_sealed_len(0)];
    let mut group = c.benchmark_group("segment of 8 MiB");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    group.sample_size(20);
    group.bench_function("seal and hash", |b| {
        b.iter(|| sealer.seal_segment(0, black_box(&plain), &mut out));
    });
    group.finish();
}

criterion_group!(benches, chunks, segments);
criterion_main!(benches);
