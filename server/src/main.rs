//! `posternd`: the one binary of Postern's server.
//!
//! Nothing happens here but reading settings, opening what they name, and starting what was asked for. Read in this
//! order: `args`, `config`, `serving`, `administering`, then `stores`, `mailing`, `watching`, `sweeping`, `data_folder`,
//! `handles`, `memory`, `logs`.

mod administering;
mod args;
mod config;
mod data_folder;
mod handles;
mod logs;
mod mailing;
mod memory;
mod serving;
mod stores;
mod sweeping;
mod watching;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};
use config::Config;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("posternd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = Config::read(args.config.as_deref(), std::env::vars(), args.settings()?)?;
    logs::start(&config.log)?;
    memory::keep_to_ourselves();
    match args.command() {
        Command::All => serving::serve(config, true).await?,
        Command::Api => serving::serve(config, false).await?,
        Command::Invite => serving::invite(config).await?,
        Command::Domain { act, output } => return administering::domain(config, act, output).await,
        Command::Address { act, output } => return administering::address(config, act, output).await,
    }
    Ok(ExitCode::SUCCESS)
}
