//! One core, no disk and no network: sealing and opening chunks.

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use postern_crypto::ContentKey;
use postern_crypto::stream::{BoxChunks, ChunkCipher as _, Header};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tempfile::TempDir;

use crate::race::{Runner, Terms, race, seconds};
use crate::row::{Better, Entry, Heat, Row};

const TURN: Duration = Duration::from_millis(500);
const TIMES_LIBSODIUM: f64 = 1.2;
const NOTE: &str = "One core, no disk, no network. Both sides compute XSalsa20-Poly1305 over the same bytes, again \
and again for half a second; copying them is what no cipher can beat.";

/// Chunks of the size that files are cut into, and larger ones.
pub(crate) fn row(terms: &Terms) -> Result<Row> {
    let libsodium = Libsodium::build()?;
    let mut heats = Vec::new();
    for len in [64 << 10, 1 << 20] {
        heats.push(seal(len, &libsodium, terms)?);
        heats.push(open(len, &libsodium, terms)?);
    }
    Ok(Row {
        title: "Sealing and opening, native".to_owned(),
        note: NOTE.to_owned(),
        unit: "MiB/s".to_owned(),
        better: Better::More,
        heats,
        measured: None,
    })
}

fn seal(len: usize, libsodium: &Libsodium, terms: &Terms) -> Result<Heat> {
    let (cipher, plain) = (ours(), vec![7; len]);
    let mut out = vec![0; len + BoxChunks::TAG_LEN];
    let ours = Runner::new(Entry::ours("Postern"), || {
        rate(len, || {
            cipher.seal(0, black_box(&plain), &mut out);
            Ok(())
        })
    });
    against_others("seal", ours, len, libsodium, terms)
}

fn open(len: usize, libsodium: &Libsodium, terms: &Terms) -> Result<Heat> {
    let cipher = ours();
    let (mut sealed, mut plain) = (vec![0; len + BoxChunks::TAG_LEN], vec![7; len]);
    cipher.seal(0, &plain, &mut sealed);
    let ours = Runner::new(Entry::ours("Postern"), || {
        rate(len, || {
            let opened = cipher.open(0, black_box(&sealed), &mut plain);
            opened.context("sealed just now")
        })
    });
    against_others("open", ours, len, libsodium, terms)
}

fn against_others(
    what: &str,
    ours: Runner<'_, 1>,
    len: usize,
    libsodium: &Libsodium,
    terms: &Terms,
) -> Result<Heat> {
    let theirs = format!("libsodium {}, secretbox", libsodium.version()?);
    let theirs = Entry::peer(theirs, TIMES_LIBSODIUM);
    let runners = vec![
        ours,
        Runner::new(theirs, || Ok([libsodium.rate(what, len)?])),
        copying(len),
    ];
    let name = format!("{what}, chunks of {} KiB", len >> 10);
    let [heat] = race([&name], terms.rounds, runners)?;
    Ok(heat)
}

fn ours() -> BoxChunks {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let key = ContentKey::generate(&mut rng);
    Header::create(&key, &[1; 16], &mut rng).1
}

fn copying<'a>(len: usize) -> Runner<'a, 1> {
    let (from, mut to) = (vec![7_u8; len], vec![0_u8; len]);
    Runner::new(Entry::limit("copying memory", None), move || {
        rate(len, || {
            to.copy_from_slice(black_box(&from));
            black_box(&to);
            Ok(())
        })
    })
}

/// MiB a second of doing it over and over.
fn rate(len: usize, mut once: impl FnMut() -> Result<()>) -> Result<[f64; 1]> {
    let (begun, mut times) = (Instant::now(), 0_u32);
    while begun.elapsed() < TURN {
        once()?;
        times += 1;
    }
    let mib = f64::from(times) * len as f64 / f64::from(1 << 20);
    Ok([mib / begun.elapsed().as_secs_f64()])
}

/// A small program that does the same with libsodium: so that nothing here is unsafe, and nobody who builds ours needs
/// that library.
struct Libsodium(TempDir);

impl Libsodium {
    fn build() -> Result<Self> {
        let program = Self(tempfile::tempdir()?);
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-Wall", "-Werror", "-o"]).arg(program.path());
        cc.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/libsodium.c"));
        seconds(cc.arg("-lsodium"))?;
        Ok(program)
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("libsodium")
    }

    fn version(&self) -> Result<String> {
        self.said(&["version".to_owned()])
    }

    fn rate(&self, what: &str, len: usize) -> Result<f64> {
        let words = [what.to_owned(), len.to_string(), TURN.as_secs_f64().to_string()];
        Ok(self.said(&words)?.parse()?)
    }

    fn said(&self, words: &[String]) -> Result<String> {
        let output = Command::new(self.path()).args(words).output()?;
        ensure!(output.status.success(), "libsodium's program failed: {words:?}");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}
