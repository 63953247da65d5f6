//! `postern mail search`

use clap::Args as ClapArgs;
use postern_client::Mailbox;
use postern_client::mail::Worth;

use super::ls::{Listed, human, listing};
use crate::desk::Desk;
use crate::failure::Result;
use crate::progress::Counter;
use crate::say::Say;
use crate::term::ahead_of_utc_minutes;

/// Find messages by their words, newest first
///
/// A word finds what begins with it, in quotes only itself. from:, to:, subject:, body: and file: look there; has:attachment,
/// is:unread, is:starred, in:FOLDER, label:LABEL, before:2026-01-31, after:, on:, newer:2w, older:1y, larger:10m and
/// smaller: narrow it down. A hyphen before any of them excludes: put -- before the first. Spam and trash are left out
/// unless in: names them.
#[derive(ClapArgs)]
pub(super) struct Search {
    /// What to look for; all of it must hold
    #[arg(required = true, value_name = "QUERY")]
    query: Vec<String>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50, value_name = "COUNT")]
    limit: usize,
    /// Whole ids, addresses and sizes too
    #[arg(short, long)]
    long: bool,
}

impl Search {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let mailbox = super::mailbox(desk).await?;
        while mailbox.load_older().await? {}
        let (query, ahead) = (self.query.join(" "), ahead_of_utc_minutes());
        if mailbox.asks_for_words(&query, ahead)? {
            read_words(&mailbox, desk.say()).await?;
        }
        let found = mailbox.search(&query, ahead).await?;
        let order = mailbox.order();
        let found = found.iter().take(self.limit);
        let listed = Listed {
            messages: found.map(|entry| listing(entry, &order)).collect(),
        };
        desk.say().answer(&listed, || human(&listed.messages, self.long))
    }
}

/// Until the words of all messages are known. Of each it is done once, by whatever device is first.
async fn read_words(mailbox: &Mailbox, say: &Say) -> Result<()> {
    let counter = Counter::new(say, "reading the words of messages");
    while let Some(reach) = mailbox.keep_index(Worth::Anything).await?
        && reach.read < reach.all
    {
        counter.at(reach.read, reach.all);
    }
    Ok(())
}
