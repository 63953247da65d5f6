//! `postern mail export`

mod archive;
mod maildir;

use std::path::PathBuf;
use std::rc::Rc;

use clap::Args as ClapArgs;
use postern_client::Error;
use postern_client::drive::Entry as File;
use postern_client::mail::Entry;
use postern_client::protocol::NodeId;
use postern_client::protocol::volume::NodeKind;

use super::choose::choose;
use crate::deliver::Output;
use crate::desk::Desk;
use crate::failure::Result;

/// Save a message byte for byte as it came, or all of them
#[derive(ClapArgs)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(super) struct Export {
    /// The message: its id, or how it begins
    #[arg(value_name = "ID", allow_hyphen_values = true, group = "what")]
    message: Option<String>,
    /// All messages, in one file in mbox form
    #[arg(long, group = "what")]
    all: bool,
    /// All messages, each in a file of its own: what a Maildir has already stays
    #[arg(long, value_name = "DIR", group = "what", conflicts_with_all = ["output", "force"])]
    maildir: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Export {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let mailbox = super::mailbox(desk).await?;
        if let Some(folder) = &self.maildir {
            return maildir::save(desk, &mailbox, folder).await;
        }
        let Some(message) = &self.message else {
            return archive::save(desk, &mailbox, &self.output).await;
        };
        let entry = choose(&mailbox, message).await?;
        let device = Rc::clone(&mailbox.account().surroundings().device);
        self.output.deliver(desk, &*mailbox, device, &file(&entry)?).await
    }
}

/// The message as a file.
fn file(entry: &Entry) -> Result<File> {
    let summary = entry.summary().ok_or(Error::NotAuthentic)?;
    let name = match summary.subject.trim() {
        "" => "message",
        subject => &subject[..subject.floor_char_boundary(100)],
    };
    Ok(File {
        id: NodeId(entry.message.0),
        parent: NodeId([0; 16]),
        kind: NodeKind::File,
        name: format!("{name}.eml"),
        modified: entry.received,
        size_bytes: summary.size_bytes,
        media_type: "message/rfc822".to_owned(),
        children: 0,
    })
}
