//! `postern mail mark`

use clap::Args as ClapArgs;
use postern_client::mail::Mark;
use serde::Serialize;

use super::choose::choose_all;
use crate::desk::Desk;
use crate::failure::{Failure, Result};
use crate::term::count;

/// Note on messages that they were read, or that they matter
#[derive(ClapArgs)]
pub(super) struct MarkMail {
    /// The messages: their ids, or how they begin
    #[arg(required = true, value_name = "ID")]
    messages: Vec<String>,
    /// They were read
    #[arg(long, conflicts_with = "unread")]
    read: bool,
    /// They were not read
    #[arg(long)]
    unread: bool,
    /// They get a star
    #[arg(long, conflicts_with = "unstar")]
    star: bool,
    /// They lose their star
    #[arg(long)]
    unstar: bool,
}

#[derive(Serialize)]
pub(super) struct Changed {
    pub(super) messages: Vec<String>,
}

impl MarkMail {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        if !(self.read || self.unread || self.star || self.unstar) {
            return Err(Failure::usage(
                "say what to note: --read, --unread, --star or --unstar",
            ));
        }
        let mailbox = super::mailbox(desk).await?;
        let entries = choose_all(&mailbox, &self.messages).await?;
        let ids: Vec<_> = entries.iter().map(|entry| entry.message).collect();
        mailbox.note(&ids, |mark| self.change(mark)).await?;
        let changed = Changed {
            messages: ids.iter().map(ToString::to_string).collect(),
        };
        desk.say()
            .done(&changed, || format!("marked {}", count(ids.len(), "message")))
    }

    fn change(&self, mark: &mut Mark) {
        mark.is_read = (mark.is_read || self.read) && !self.unread;
        mark.is_starred = (mark.is_starred || self.star) && !self.unstar;
    }
}
