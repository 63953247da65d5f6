//! `cargo xtask check`: all that can be said about the code without running it.

use anyhow::Result;

use crate::metadata::Metadata;
use crate::sh::sh;
use crate::stages::{Request, Stage, fine};
use crate::{cargo_deny, claims, defences, fuzz, imports, stages, tidy, web};

/// The quick ones first.
pub(crate) const STAGES: &[Stage] = &[
    Stage::new("tidy", |_| fine(tidy::check())),
    Stage::new("claims", |_| {
        fine(claims::check().and_then(|()| defences::check()))
    }),
    Stage::new("imports", |_| {
        fine(Metadata::read().and_then(|metadata| imports::check(&metadata)))
    }),
    Stage::new("format", |_| fine(sh("cargo fmt --all --check").run())),
    Stage::new("clippy", |_| {
        fine(sh("cargo clippy --workspace --all-targets --locked -- -D warnings").run())
    }),
    Stage::new("deny", |_| fine(cargo_deny::check())),
    Stage::new("fuzz-targets", |_| fuzz::check()),
    Stage::new("web-prepare", |_| fine(web::prepare())),
    Stage::new("web-lint", |_| fine(web::script("lint").run())),
    Stage::new("web-types", |_| fine(web::script("check").run())),
];

pub(crate) fn run(request: &Request) -> Result<()> {
    stages::run(&[STAGES], request)
}
