//! `postern unshare`

use clap::Args as ClapArgs;
use postern_client::protocol::LinkId;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::{About as _, Result};

/// Take a link back
#[derive(ClapArgs)]
pub(crate) struct Unshare {
    /// The id of the link, as `postern shares` lists it
    // Ids are base64url, and one in 64 begins with a hyphen.
    #[arg(allow_hyphen_values = true)]
    id: LinkId,
}

#[derive(Serialize)]
struct Revoked {
    id: String,
}

impl Unshare {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        drive
            .unshare(self.id)
            .await
            .about(|| format!("link {}", self.id))?;
        let revoked = Revoked {
            id: self.id.to_string(),
        };
        desk.say()
            .done(&revoked, || "the link opens nothing any more".to_owned())
    }
}
