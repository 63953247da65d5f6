//! `postern rm`

use clap::Args as ClapArgs;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::Result;
use crate::remote::Remote;

/// Remove files, and folders with all that is in them, from the drive
#[derive(ClapArgs)]
pub(crate) struct Rm {
    /// What to remove
    #[arg(required = true)]
    remote: Vec<Remote>,
}

#[derive(Serialize)]
struct Removed {
    removed: Vec<String>,
}

impl Rm {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        let mut nodes = Vec::new();
        for remote in &self.remote {
            // The root refuses here: it has no name.
            remote.split()?;
            nodes.push(remote.node(&drive).await?);
        }
        drive.remove(&nodes).await?;
        let removed = Removed {
            removed: self.remote.iter().map(ToString::to_string).collect(),
        };
        desk.say()
            .done(&removed, || format!("removed {}", removed.removed.join(", ")))
    }
}
