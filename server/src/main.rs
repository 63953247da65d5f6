//! `posternd`: the one binary of Postern's server.
//!
//! Nothing happens here but reading settings, opening what they name, and starting what was asked for. Read in this
//! order: `args`, `config`, `serving`, then `stores`, `mailing`, `watching`, `sweeping`, `data_folder`, `handles`, `logs`.

mod args;
mod config;
mod data_folder;
mod handles;
mod logs;
mod mailing;
mod serving;
mod stores;
mod sweeping;
mod watching;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Mode};
use config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("posternd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let config = Config::read(args.config.as_deref(), std::env::vars(), args.settings()?)?;
    logs::start(&config.log)?;
    match args.mode {
        Mode::All => serving::serve(config, true).await,
        Mode::Api => serving::serve(config, false).await,
        Mode::Invite => serving::invite(config).await,
    }
}
