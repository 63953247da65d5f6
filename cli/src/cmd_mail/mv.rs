//! `postern mail mv`

use clap::Args as ClapArgs;

use super::choose::choose_all;
use super::mark::Changed;
use super::place;
use crate::desk::Desk;
use crate::failure::{Failure, Result};
use crate::term::count;

/// Move messages to another folder
#[derive(ClapArgs)]
pub(super) struct Mv {
    /// The messages: their ids, or how they begin; and the folder, last
    #[arg(required = true, num_args = 2.., value_names = ["ID", "FOLDER"])]
    what: Vec<String>,
    /// Make the folder if there is none of that name
    #[arg(long)]
    make: bool,
}

impl Mv {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let (folder, messages) = self
            .what
            .split_last()
            .ok_or_else(|| Failure::usage("move what?"))?;
        let mailbox = super::mailbox(desk).await?;
        let entries = choose_all(&mailbox, messages).await?;
        let place = match place::parse(folder, &mailbox.order()) {
            Err(_) if self.make => {
                postern_client::mail::Place::Folder(mailbox.make_folder(folder, 0).await?.id)
            }
            place => place?,
        };
        let ids: Vec<_> = entries.iter().map(|entry| entry.message).collect();
        mailbox.note(&ids, |mark| mark.place = place).await?;
        let changed = Changed {
            messages: ids.iter().map(ToString::to_string).collect(),
        };
        desk.say().done(&changed, || {
            format!("moved {} to {folder}", count(ids.len(), "message"))
        })
    }
}
