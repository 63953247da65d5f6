//! Sealing to a person and opening again: what each message costs that is taken in or listed.

#![allow(missing_docs, reason = "criterion's macro writes a public function")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use postern_crypto::ContentKey;
use postern_crypto::identity::IdentityKey;
use postern_crypto::mail::{Delivery, Summary};
use postern_crypto::sealing::SealingKey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

const ADDRESS: &str = "ada@example.org";

fn envelopes(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let gateway = IdentityKey::generate(&mut rng);
    let owner = SealingKey::generate(&mut rng);
    let key = ContentKey::generate(&mut rng);
    let summary = Summary::default().seal(&key, &[1; 16], &mut rng);
    let delivery = Delivery {
        message: &[1; 16],
        account: &[2; 16],
        sealing: owner.public(),
    };
    let mut seal = || {
        let sealed = delivery.seal(&gateway, &key, black_box(ADDRESS), &summary, &mut rng);
        sealed.expect("a short address")
    };
    let envelope = seal();
    let mut group = c.benchmark_group("envelope");
    group.bench_function("seal and sign", |b| b.iter(&mut seal));
    group.bench_function("open", |b| {
        b.iter(|| {
            let opened = delivery.open(&owner, black_box(&envelope));
            opened.expect("sealed just now")
        });
    });
    let opened = delivery.open(&owner, &envelope).expect("sealed just now");
    group.bench_function("whose it is", |b| {
        b.iter(|| assert!(opened.came_through(&gateway.public(), black_box(&summary))));
    });
    group.finish();
}

criterion_group!(benches, envelopes);
criterion_main!(benches);
