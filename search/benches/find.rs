//! `cargo bench -p postern-search`: 20,000 messages of a hundred words each, of a vocabulary as uneven as a language's.

#![allow(missing_docs, reason = "criterion's macro writes a public function")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use postern_search::{Builder, Field, Query, Words, merge};

const MESSAGES: u32 = 20_000;
const WORDS: u32 = 100;

/// A sequence that looks random and is the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Each power of two is as frequent as the next, as in Zipf's law.
    fn word(&mut self) -> String {
        let scale = self.next() % 18;
        let rank = self.next() % (1 << scale);
        let mut letters = rank.wrapping_mul(0x9e37_79b9) + 26 * 26;
        let mut word = String::new();
        while letters > 0 && word.len() < 9 {
            word.push(char::from(b'a' + (letters % 26) as u8));
            letters /= 26;
        }
        word
    }
}

fn texts() -> Vec<(String, String)> {
    let mut chance = Chance(1);
    let mut text = |words: u32| (0..words).map(|_| chance.word()).collect::<Vec<_>>().join(" ");
    (0..MESSAGES).map(|_| (text(6), text(WORDS))).collect()
}

fn built(texts: &[(String, String)], from: usize) -> Words {
    let mut builder = Builder::default();
    for (number, (subject, body)) in texts.iter().enumerate() {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&((from + number) as u64).to_be_bytes());
        builder.add(id, [(Field::Subject, &**subject), (Field::Body, body)]);
    }
    builder.finish()
}

fn find(c: &mut Criterion) {
    let texts = texts();
    let bytes: usize = texts
        .iter()
        .map(|(subject, body)| subject.len() + body.len())
        .sum();
    let mut group = c.benchmark_group("search");
    group.sample_size(10).throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("build", |b| b.iter(|| built(&texts, 0)));
    let (one, other) = (built(&texts, 0), built(&texts, texts.len()));
    println!(
        "{MESSAGES} messages, {bytes} bytes of text: {} bytes of index, {} words",
        one.bytes().len(),
        one.dictionary_size()
    );
    group.bench_function("merge two", |b| b.iter(|| merge(&[&one, &other], |_| true)));
    group.finish();
    let mut group = c.benchmark_group("search");
    group.bench_function("open", |b| b.iter(|| Words::open(one.bytes().to_vec())));
    for typed in ["a", "ab", "abc", "ab cd -ef", "\"abcd\"", "subject:ab"] {
        let query = Query::parse(typed, 0, 0).expect("a query");
        group.bench_function(format!("find {typed}"), |b| b.iter(|| one.matching(&query)));
    }
    group.finish();
}

criterion_group!(benches, find);
criterion_main!(benches);
