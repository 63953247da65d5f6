//! The project's own commands: `cargo xtask serve | test | check | bench | screenshots`.
//!
//! Each command is a file, `cmd_*.rs`, that reads like the shell script it replaces. What it needs and the machine
//! lacks, it installs, saying so; what it cannot install, it names.
//!
//! It deliberately holds no logic of the product: it runs what a person could run by hand.
//!
//! Read `cmd_serve.rs` first, then `cmd_check.rs` and `cmd_test.rs`, which are lists of `stages.rs`. `imports.rs` is
//! the architecture as a table.

mod cargo_deny;
mod claims;
mod cmd_bench;
mod cmd_check;
mod cmd_peers;
mod cmd_screenshots;
mod cmd_serve;
mod cmd_test;
mod debian;
mod defences;
mod document;
mod fuzz;
mod imports;
mod metadata;
mod place;
mod sh;
mod stages;
mod tally;
mod tidy;
mod tools;
mod wasm;
mod wasm_toolchain;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::stages::Request;

const USAGE: &str = "\
cargo xtask serve [POSTERND'S FLAGS]           build everything and serve it on this machine
cargo xtask test [STAGE…] [--filter TEXT]      check, then run all tests; or some stages, or tests with TEXT in their name
cargo xtask test --long [STAGE…] [--filter …]  the same with every lie, not a sample of them: hours
cargo xtask check [STAGE…]                     all that can be said without running tests
cargo xtask bench [NAME…]                      measure our own parts, against how they were before
cargo xtask bench --peers [ROW…]               race against what people use today, and write docs/benchmarks.md;
                                               --long: also what takes hours, --draft: small, once, and not kept
cargo xtask fuzz [MINUTES] [TARGET…]           fuzz each target for an hour, or so long
cargo xtask screenshots                        take the pictures of docs/screenshots again";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<()> {
    let Some((command, rest)) = words.split_first() else {
        bail!("{USAGE}")
    };
    match command.as_str() {
        "serve" => cmd_serve::run(rest),
        "test" => cmd_test::run(&request(rest)?),
        "check" => cmd_check::run(&request(rest)?),
        "bench" => match rest.split_first() {
            Some((flag, rows)) if flag == "--peers" => cmd_peers::run(&request(rows)?),
            _ => cmd_bench::run(rest),
        },
        "fuzz" => fuzz_for(rest),
        "screenshots" => cmd_screenshots::run(),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        unknown => bail!("there is no `{unknown}`\n\n{USAGE}"),
    }
}

fn fuzz_for(words: &[String]) -> Result<()> {
    match words.split_first().map(|(first, rest)| (first.parse(), rest)) {
        Some((Ok(minutes), targets)) => fuzz::run(minutes, targets),
        _ => fuzz::run(60, words),
    }
}

fn request(words: &[String]) -> Result<Request> {
    let mut request = Request::default();
    let mut words = words.iter().cloned();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--long" => request.long = true,
            "--draft" => request.draft = true,
            "--filter" => request.filter = Some(words.next().unwrap_or_default()),
            flag if flag.starts_with('-') => bail!("there is no `{flag}`\n\n{USAGE}"),
            _ => request.stages.push(word),
        }
    }
    Ok(request)
}
