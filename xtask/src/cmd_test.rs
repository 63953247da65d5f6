//! `cargo xtask test`: everything that shows that it works, after everything that `check` says.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::sh::{Sh, sh};
use crate::stages::{Outcome, Request, Stage, counted};
use crate::{cmd_check, debian, place, stages, tools, web};

const STAGES: &[Stage] = &[
    Stage {
        name: "servers",
        run: |_| install_servers(),
    },
    Stage {
        name: "build",
        run: |_| build(),
    },
    Stage {
        name: "rust",
        run: rust,
    },
    Stage {
        name: "rust-docs",
        run: rust_docs,
    },
    Stage {
        name: "web-unit",
        run: web_unit,
    },
    Stage {
        name: "independent",
        run: |_| independent_reader(),
    },
    Stage {
        name: "browser",
        run: browser,
    },
];

/// Real servers and browsers: tests start them on free ports, in temporary folders.
const SERVERS: &[&str] = &[
    "postgresql",
    "nats-server",
    "chromium",
    "firefox-esr",
    "webkit2gtk-driver",
    "xvfb",
];

pub(crate) fn run(request: &Request) -> Result<()> {
    match request.filter {
        None => stages::run(&[cmd_check::STAGES, STAGES], request),
        // Whoever asks for one test wants its answer, not the checks.
        Some(_) => stages::run(&[STAGES], request),
    }
}

fn install_servers() -> Result<Outcome> {
    debian::install("servers and browsers that the tests start", SERVERS)?;
    Ok(Outcome::Fine)
}

/// Programs and tests in one go, so that both are built with the same features of everything below them.
fn build() -> Result<Outcome> {
    sh("cargo")
        .args(["build", "--workspace", "--locked", "--lib", "--bins", "--tests"])
        .run()?;
    Ok(Outcome::Fine)
}

fn rust(request: &Request) -> Result<Outcome> {
    let runner = match tools::cargo_or_install("nextest") {
        Ok(nextest) => nextest.args(["run", "--no-fail-fast"]),
        Err(why) => {
            println!("Without nextest, tests run one crate after another: {why:#}");
            sh("cargo").args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"])
        }
    };
    counted(filtered(runner.args(["--workspace", "--locked"]), "", request))
}

fn rust_docs(request: &Request) -> Result<Outcome> {
    counted(filtered(
        sh("cargo").args(["test", "--workspace", "--locked", "--doc", "--no-fail-fast"]),
        "",
        request,
    ))
}

fn web_unit(request: &Request) -> Result<Outcome> {
    web::prepare()?;
    counted(filtered(
        web::script("test").arg("--"),
        "--testNamePattern",
        request,
    ))
}

/// The browsers load the web client from the server that was just built.
fn browser(request: &Request) -> Result<Outcome> {
    web::build()?;
    let script = web::script("test:browser")
        .env("POSTERND", program("posternd"))
        .env("POSTERN", program("postern"));
    counted(filtered(script.arg("--"), "--testNamePattern", request))
}

/// Opens the golden files with code that shares nothing with ours but the description of the format.
fn independent_reader() -> Result<Outcome> {
    let folder = place::root().join("tests/independent");
    let python = virtual_environment(&folder.join("requirements.txt"))?;
    let golden = place::root().join("crypto/tests/golden");
    counted(sh(python).arg(folder.join("check.py")).arg(golden))
}

fn virtual_environment(requirements: &Path) -> Result<PathBuf> {
    let venv = place::target().join("venv");
    let python = venv.join("bin/python");
    if !python.exists() {
        sh("python3").args(["-m", "venv"]).arg(&venv).run()?;
    }
    sh(&python)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(requirements)
        .run()?;
    Ok(python)
}

fn program(name: &str) -> PathBuf {
    place::target().join("debug").join(name)
}

fn filtered(runner: Sh, flag: &str, request: &Request) -> Sh {
    match (&request.filter, flag) {
        (None, _) => runner,
        (Some(text), "") => runner.arg(text),
        (Some(text), flag) => runner.args([flag, text]),
    }
}
