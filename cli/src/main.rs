//! `postern`: the drive, links and the account from a terminal or a script.
//!
//! Everything that must be right about keys, trees and bytes is `postern-client`'s; here is what a person types and
//! reads, and what touches their disk. Nothing secret is ever taken from the arguments, which other users of the
//! machine can see.
//!
//! Read in this order: `args` (what can be typed), `desk` (what each command works with), any `cmd_…`, then `upload`,
//! `deliver` and `save`, which move the bytes.

#![forbid(unsafe_code)]

mod args;
mod choose;
mod cmd_completions;
mod cmd_get;
mod cmd_login;
mod cmd_logout;
mod cmd_ls;
mod cmd_mail;
mod cmd_mkdir;
mod cmd_mv;
mod cmd_open;
mod cmd_passwd;
mod cmd_put;
mod cmd_recover;
mod cmd_rm;
mod cmd_sessions;
mod cmd_share;
mod cmd_shares;
mod cmd_signup;
mod cmd_unshare;
mod cmd_whoami;
mod deliver;
mod desk;
mod failure;
mod local;
mod machine;
mod partial;
mod progress;
mod recovery_file;
mod remote;
mod save;
mod say;
mod secret;
mod shelf;
mod stop;
mod table;
mod target;
mod term;
mod upload;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::desk::Desk;
use crate::failure::{Failure, Result};

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(args: Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::told(format!("this machine has no resources left: {error}")))?;
    let desk = Desk::new(args.global);
    let outcome = runtime.block_on(args.command.run(&desk));
    // A thread may still wait for standard input, which is nobody's business any more.
    runtime.shutdown_background();
    outcome
}
