//! `postern get`

use std::rc::Rc;

use clap::Args as ClapArgs;

use crate::deliver::Output;
use crate::desk::Desk;
use crate::failure::Result;
use crate::remote::Remote;

/// Get a file or folder from the drive; what was interrupted goes on where it stopped
#[derive(ClapArgs)]
pub(crate) struct Get {
    /// What to get
    remote: Remote,
    #[command(flatten)]
    output: Output,
}

impl Get {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        let mut entry = self.remote.entry(&drive).await?;
        if entry.name.is_empty() {
            "drive".clone_into(&mut entry.name);
        }
        let device = Rc::clone(&drive.account().surroundings().device);
        self.output.deliver(desk, &drive, device, &entry).await
    }
}
