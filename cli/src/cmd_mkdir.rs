//! `postern mkdir`

use clap::Args as ClapArgs;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::{About as _, Result};
use crate::remote::Remote;

/// Make a folder in the drive
#[derive(ClapArgs)]
pub(crate) struct Mkdir {
    /// The folder
    remote: Remote,
    /// Make the folders above it too, and mind nothing that is there
    #[arg(short, long)]
    parents: bool,
}

#[derive(Serialize)]
struct Made {
    path: String,
}

impl Mkdir {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        if self.parents {
            let root = drive.account().root();
            let made = drive.make_folders(root, &[self.remote.names().to_vec()]).await;
            made.about(|| self.remote.to_string())?;
        } else {
            let (folder, name) = self.remote.split()?;
            let parent = folder.node(&drive).await?;
            drive
                .make_folder(parent, name)
                .await
                .about(|| self.remote.to_string())?;
        }
        let path = self.remote.to_string();
        desk.say()
            .done(&Made { path: path.clone() }, || format!("made {path}"))
    }
}
