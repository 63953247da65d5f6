//! Every input that was worth keeping, and inputs made of it, without a fuzzer.

use std::fs;
use std::path::{Path, PathBuf};

use postern_fuzz_targets::{TARGETS, Target};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

/// How many inputs are made for each target.
const MADE: usize = 400;

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} is missing", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("listed").path()).collect();
    // In the same order everywhere, since what is made depends on it.
    files.sort();
    files.iter().map(|file| fs::read(file).expect("read")).collect()
}

/// One of the corpus with a few changes, as a fuzzer begins.
fn made(corpus: &[Vec<u8>], rng: &mut SmallRng) -> Vec<u8> {
    let mut input = corpus.choose(rng).expect("no corpus is empty").clone();
    for _ in 0..rng.random_range(1..5) {
        let at = rng.random_range(0..=input.len());
        match rng.random_range(0..4) {
            0 => input.truncate(at),
            1 => input.insert(at, rng.random()),
            2 => input.extend(corpus.choose(rng).expect("not empty").iter().skip(at).take(64)),
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << rng.random_range(0..8);
                }
            }
        }
    }
    input
}

fn replay((name, target): &Target) {
    let corpus = corpus(name);
    for input in &corpus {
        target(input);
    }
    let mut rng = SmallRng::seed_from_u64(1);
    for _ in 0..MADE {
        target(&made(&corpus, &mut rng));
    }
}

#[test]
fn every_target_takes_what_was_worth_keeping() {
    for target in TARGETS {
        println!("{}", target.0);
        replay(target);
    }
}

#[test]
fn every_target_has_a_program_and_a_corpus() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let listed = |folder: &str| {
        let entries = fs::read_dir(here.join(folder)).expect("listed");
        let mut names: Vec<PathBuf> = entries.map(|entry| entry.expect("listed").path()).collect();
        names.sort();
        let stem = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
        names.into_iter().filter_map(stem).collect::<Vec<_>>()
    };
    let names: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed("fuzz_targets"), names);
    assert_eq!(listed("corpus"), names);
}
