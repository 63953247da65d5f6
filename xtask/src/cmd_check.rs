//! `cargo xtask check`: all that can be said about the code without running it.

use anyhow::Result;

use crate::metadata::Metadata;
use crate::sh::{Sh, sh};
use crate::stages::{Outcome, Request, Stage};
use crate::{cargo_deny, fuzz, imports, stages, tidy, web};

/// In the order in which they are cheap.
pub(crate) const STAGES: &[Stage] = &[
    Stage {
        name: "tidy",
        run: |_| fine(tidy::check()),
    },
    Stage {
        name: "imports",
        run: |_| fine(Metadata::read().and_then(|metadata| imports::check(&metadata))),
    },
    Stage {
        name: "format",
        run: |_| all_fine([sh("cargo").args(["fmt", "--all", "--check"])]),
    },
    Stage {
        name: "clippy",
        run: |_| all_fine([clippy()]),
    },
    Stage {
        name: "deny",
        run: |_| cargo_deny::check(),
    },
    Stage {
        name: "fuzz-targets",
        run: |_| fuzz::check(),
    },
    Stage {
        name: "web-prepare",
        run: |_| fine(web::prepare()),
    },
    Stage {
        name: "web-check",
        run: |_| all_fine([web::script("lint"), web::script("check")]),
    },
];

pub(crate) fn run(request: &Request) -> Result<()> {
    stages::run(&[STAGES], request)
}

fn clippy() -> Sh {
    sh("cargo").args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ])
}

fn all_fine<const N: usize>(commands: [Sh; N]) -> Result<Outcome> {
    fine(commands.into_iter().try_for_each(Sh::run))
}

fn fine(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Fine)
}
