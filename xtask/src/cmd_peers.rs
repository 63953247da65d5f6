//! `cargo xtask bench --peers`: races against what people use today, and the page about them.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::sh::{Sh, program, sh};
use crate::stages::{Outcome, Request, Stage, fine};
use crate::{debian, place, stages, wasm, web};

/// What takes part, and what compiles and drives it.
const PEERS: &str = "rclone restic nginx libnginx-mod-http-dav-ext curl libsodium-dev gcc postfix chromium";
const MORE_ENGINES: &str = "firefox-esr webkit2gtk-driver xvfb";

/// A row each. The page is written anew after each of them, and by itself at the end.
const ROWS: &[Stage] = &[
    Stage::new("native", |request| native("native", request)),
    Stage::new("wasm", |request| in_browser("wasm", request)),
    Stage::new("large", |request| native("large", request)),
    Stage::new("small", |request| native("small", request)),
    Stage::new("browser", |request| in_browser("browser", request)),
    Stage::new("memory-tab", |request| in_all_engines("memory-tab", request)),
    Stage::new("inbox", |request| in_browser("inbox", request)),
    Stage::new("memory-server", |request| native("memory-server", request)),
    Stage::new("inbound", |request| native("inbound", request)),
    Stage::new("page", |request| fine(render(request))),
];

/// Rows that only show whether everything works.
const DRAFT: &[(&str, &str)] = &[
    ("POSTERN_BENCH_ROUNDS", "1"),
    ("POSTERN_LARGE_MIB", "128"),
    ("POSTERN_SMALL_FILES", "200"),
    ("POSTERN_TRANSFERS", "10"),
    ("POSTERN_MESSAGES", "200"),
    ("POSTERN_INBOX", "400"),
];

/// Measures the rows that are asked for, or all.
pub(crate) fn run(request: &Request) -> Result<()> {
    stages::must_be_among(&[ROWS], request)?;
    debian::install("those whom we race against", PEERS)?;
    build()?;
    stages::run(&[ROWS], request)
}

/// What is raced: as it was when it was built, whatever is checked out while the races run.
static COMMIT: OnceLock<String> = OnceLock::new();

/// Ours as it is released, and what measures it.
fn build() -> Result<()> {
    let commit = commit()?;
    COMMIT.get_or_init(|| commit);
    web::build()?;
    let release = || sh("cargo build --release --locked");
    release()
        .words("--package postern-server --package postern-cli")
        .run()?;
    release().words("--package postern-bench").run()
}

/// With a mark if something was changed since; what the races leave is no such change.
fn commit() -> Result<String> {
    let commit = sh("git rev-parse --short HEAD").read()?;
    let changed = sh("git status --porcelain -- :!docs/benchmarks :!docs/benchmarks.md").read()?;
    let mark = if changed.is_empty() { "" } else { ", changed" };
    Ok(commit.trim().to_owned() + mark)
}

/// A race of programs, or of functions outside of a browser.
fn native(name: &str, request: &Request) -> Result<Outcome> {
    let result = fresh_result(name)?;
    let scratch = Scratch::new()?;
    let bench = on_terms(bench(), request).env("TMPDIR", &scratch.0);
    bench.args(["measure", name]).arg(result).run()?;
    keep(name, request)
}

/// A race that only a browser can run.
fn in_browser(name: &str, request: &Request) -> Result<Outcome> {
    let result = fresh_result(name)?;
    let scratch = Scratch::new()?;
    let runner = web::script("bench").args(["--", "--testNamePattern", &format!("^{name}$")]);
    on_terms(runner, request)
        .env("TMPDIR", &scratch.0)
        .env("POSTERN_BENCH", released("postern-bench"))
        .env("POSTERN_BENCH_RESULTS", result.with_file_name(""))
        .env("POSTERN_WASM_BENCH", wasm::build_bench()?)
        .run()?;
    keep(name, request)
}

fn in_all_engines(name: &str, request: &Request) -> Result<Outcome> {
    debian::install("the other engines", MORE_ENGINES)?;
    in_browser(name, request)
}

/// A folder for gigabytes, emptied after each row, and before each in case that one was broken off.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let scratch = Self(place::target().join("bench/tmp"));
        scratch.clear()?;
        fs::create_dir_all(&scratch.0)?;
        Ok(scratch)
    }

    fn clear(&self) -> Result<()> {
        if self.0.exists() {
            fs::remove_dir_all(&self.0)?;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What could not be removed now is removed before the next.
        let _ = self.clear();
    }
}

/// Where a row is left when it has been measured; nothing is there yet.
fn fresh_result(name: &str) -> Result<PathBuf> {
    let folder = place::target().join("bench");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.json"));
    if file.exists() {
        fs::remove_file(&file)?;
    }
    Ok(file)
}

/// Takes a row that was measured to the others.
fn keep(name: &str, request: &Request) -> Result<Outcome> {
    let measured = place::target().join("bench").join(format!("{name}.json"));
    let commit = COMMIT.get().context("nothing is measured that was not built")?;
    bench()
        .arg("keep")
        .arg(measured)
        .arg(kept(request))
        .arg(commit)
        .run()?;
    fine(render(request))
}

fn render(request: &Request) -> Result<()> {
    let folder = kept(request);
    let page = folder.with_extension("md");
    bench().arg("render").arg(folder).arg(page).run()
}

/// The rows that the page tells of; a draft is nobody's business.
fn kept(request: &Request) -> PathBuf {
    let below = if request.draft {
        place::target().join("bench")
    } else {
        place::root().join("docs")
    };
    below.join("benchmarks")
}

fn bench() -> Sh {
    program(released("postern-bench"))
}

fn on_terms(runner: Sh, request: &Request) -> Sh {
    let settings = if request.draft { DRAFT } else { &[] };
    let runner = settings
        .iter()
        .fold(runner, |runner, (name, value)| runner.env(name, value));
    let runner = if request.long {
        runner.env("POSTERN_LONG", "1")
    } else {
        runner
    };
    runner
        .env("POSTERND", released("posternd"))
        .env("POSTERN", released("postern"))
}

fn released(name: &str) -> PathBuf {
    place::target().join("release").join(name)
}
