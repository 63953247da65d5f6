//! `postern mail`

mod choose;
mod export;
mod import;
mod ls;
mod mark;
mod mv;
mod place;
mod read;
mod rm;
mod search;

use std::rc::Rc;

use clap::{Args as ClapArgs, Subcommand};
use postern_client::Mailbox;

use crate::desk::Desk;
use crate::failure::Result;

use export::Export;
use import::Import;
use ls::Ls;
use mark::MarkMail;
use mv::Mv;
use read::Read;
use rm::Rm;
use search::Search;

/// Read, keep and order mail
#[derive(ClapArgs)]
#[command(arg_required_else_help = true)]
pub(crate) struct Mail {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Ls(Ls),
    Search(Search),
    Read(Read),
    Import(Import),
    Export(Export),
    Mark(MarkMail),
    Mv(Mv),
    Rm(Rm),
}

impl Mail {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        match self.command {
            Command::Ls(typed) => typed.run(desk).await,
            Command::Search(typed) => typed.run(desk).await,
            Command::Read(typed) => typed.run(desk).await,
            Command::Import(typed) => typed.run(desk).await,
            Command::Export(typed) => typed.run(desk).await,
            Command::Mark(typed) => typed.run(desk).await,
            Command::Mv(typed) => typed.run(desk).await,
            Command::Rm(typed) => typed.run(desk).await,
        }
    }
}

/// The mailbox of the account that is signed in here, with its newest messages.
async fn mailbox(desk: &Desk) -> Result<Rc<Mailbox>> {
    let mailbox = Rc::new(Mailbox::new(desk.account().await?));
    mailbox.refresh().await?;
    let home = mailbox.home().await?;
    if home.is_gateway_changed {
        desk.say().warn(
            "The server names another key for its mail gateway than the one that this account knew first. What is \
             signed with the new key is shown as not received through the gateway.",
        );
    }
    Ok(mailbox)
}
