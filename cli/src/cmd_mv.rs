//! `postern mv`

use clap::Args as ClapArgs;
use postern_client::protocol::volume::NodeKind;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::{About as _, Result};
use crate::remote::Remote;

/// Move or rename a file or folder of the drive
#[derive(ClapArgs)]
pub(crate) struct Mv {
    /// What to move
    from: Remote,
    /// A folder to move it into, or its new path
    to: Remote,
}

#[derive(Serialize)]
struct Moved {
    from: String,
    to: String,
}

impl Mv {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        let node = self.from.node(&drive).await?;
        let (_, own_name) = self.from.split()?;
        let there = self.to.entry_if_any(&drive).await?;
        let target = match there {
            Some(entry) if entry.kind == NodeKind::Folder && entry.id != node => self.to.child(own_name),
            _ => self.to,
        };
        let (folder, name) = target.split()?;
        let parent = folder.node(&drive).await?;
        drive
            .relocate_as(node, parent, name)
            .await
            .about(|| target.to_string())?;
        let moved = Moved {
            from: self.from.to_string(),
            to: target.to_string(),
        };
        desk.say()
            .done(&moved, || format!("{} is now {}", moved.from, moved.to))
    }
}
