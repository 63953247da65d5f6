//! `cargo xtask test`: everything that shows that it works, after everything that `check` says.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::sh::{Sh, program, sh};
use crate::stages::{Outcome, Request, Stage, counted, fine};
use crate::{cmd_check, debian, defences, place, stages, tools, wasm, web};

/// The web client comes before the server, which carries it.
const STAGES: &[Stage] = &[
    Stage::new("servers", |_| fine(install_servers())),
    Stage::new("web-build", |_| fine(web::build())),
    Stage::new("build", |_| fine(build())),
    Stage::new("rust", rust),
    Stage::new("web-unit", web_unit),
    Stage::new("wasm-crypto", |request| unfiltered(request, wasm_crypto)),
    Stage::new("independent", |request| unfiltered(request, independent_reader)),
    Stage::new("browser", browser),
    Stage::new("defences", taken_out),
];

/// Real servers and browsers: tests start them on free ports, in temporary folders.
const SERVERS: &str =
    "postgresql nats-server rspamd postfix strace chromium firefox-esr webkit2gtk-driver xvfb";

pub(crate) fn run(request: &Request) -> Result<()> {
    match request.filter {
        None => stages::run(&[cmd_check::STAGES, STAGES], request),
        // Whoever asks for one test wants its answer, not the checks.
        Some(_) => stages::run(&[STAGES], request),
    }
}

fn install_servers() -> Result<()> {
    debian::install("servers and browsers that the tests start", SERVERS)
}

/// Programs and tests in one go, so that both are built with the same features of everything below them.
fn build() -> Result<()> {
    sh("cargo build --workspace --locked --lib --bins --tests").run()
}

fn rust(request: &Request) -> Result<Outcome> {
    let nextest = tools::cargo_or_install("nextest")?;
    let runner = nextest.args([
        "run",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--no-tests=pass",
    ]);
    let runner = if request.long {
        runner.args(["--profile", "long"])
    } else {
        runner
    };
    let runner = with_programs(at_length(runner, request), &place::target());
    counted(runner.args(&request.filter))
}

/// Whether the tests notice when what they test is not there.
fn taken_out(request: &Request) -> Result<Outcome> {
    if request.long {
        defences::run(request.filter.as_deref())
    } else {
        Ok(Outcome::Skipped(
            "builds everything some fifty times: --long".to_owned(),
        ))
    }
}

fn web_unit(request: &Request) -> Result<Outcome> {
    web::prepare()?;
    counted(filtered_vitest(web::script("test"), request))
}

fn browser(request: &Request) -> Result<Outcome> {
    let runner = with_programs(web::script("test:browser"), &place::target())
        .env("POSTERN_WASM_SUITES", wasm::build_suites()?);
    counted(filtered_vitest(at_length(runner, request), request))
}

/// Makes the golden files inside WebAssembly: browsers must compute what everybody else does.
fn wasm_crypto() -> Result<Outcome> {
    let module = wasm::compile("postern-crypto-agreement", "postern-crypto-agreement")?;
    counted(sh("node crypto/wasm-agreement/run.mjs").arg(module))
}

/// Opens the golden files with code that shares nothing with ours but the description of the format.
fn independent_reader() -> Result<Outcome> {
    let folder = place::root().join("tests/independent");
    let python = virtual_environment(&folder.join("requirements.txt"))?;
    let golden = place::root().join("crypto/tests/golden");
    counted(program(python).arg(folder.join("check.py")).arg(golden))
}

fn virtual_environment(requirements: &Path) -> Result<PathBuf> {
    let venv = place::target().join("venv");
    let python = venv.join("bin/python");
    if !python.exists() {
        sh("python3 -m venv").arg(&venv).run()?;
    }
    program(&python)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(requirements)
        .run()?;
    Ok(python)
}

/// Tests that take samples try everything if that is asked for.
fn at_length(runner: Sh, request: &Request) -> Sh {
    if request.long {
        runner.env("POSTERN_LONG", "1")
    } else {
        runner
    }
}

/// Stories run the programs that were just built, below this folder.
pub(crate) fn with_programs(runner: Sh, target: &Path) -> Sh {
    let built = target.join("debug");
    runner
        .env("POSTERND", built.join("posternd"))
        .env("POSTERN", built.join("postern"))
}

fn unfiltered(request: &Request, run: fn() -> Result<Outcome>) -> Result<Outcome> {
    match request.filter {
        Some(_) => Ok(Outcome::Skipped(
            "its tests have no names to filter by".to_owned(),
        )),
        None => run(),
    }
}

fn filtered_vitest(script: Sh, request: &Request) -> Sh {
    match &request.filter {
        Some(text) => script.args(["--", "--passWithNoTests", "--testNamePattern", text]),
        None => script,
    }
}
