//! `postern mail rm`

use clap::Args as ClapArgs;
use postern_client::mail::Place;

use super::choose::choose_all;
use super::mark::Changed;
use crate::desk::Desk;
use crate::failure::Result;
use crate::term::count;

/// Move messages into the trash, or delete them for good
#[derive(ClapArgs)]
pub(super) struct Rm {
    /// The messages: their ids, or how they begin
    #[arg(required = true, value_name = "ID")]
    messages: Vec<String>,
    /// Delete them for good: nobody can bring them back
    #[arg(long)]
    for_good: bool,
}

impl Rm {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let mailbox = super::mailbox(desk).await?;
        let entries = choose_all(&mailbox, &self.messages).await?;
        let ids: Vec<_> = entries.iter().map(|entry| entry.message).collect();
        if self.for_good {
            mailbox.delete(&ids).await?;
        } else {
            mailbox.note(&ids, |mark| mark.place = Place::Trash).await?;
        }
        let changed = Changed {
            messages: ids.iter().map(ToString::to_string).collect(),
        };
        let what = if self.for_good {
            "deleted"
        } else {
            "moved into the trash:"
        };
        desk.say()
            .done(&changed, || format!("{what} {}", count(ids.len(), "message")))
    }
}
