//! `postern shares`

use clap::Args as ClapArgs;
use postern_client::Drive;
use postern_client::links::Share;
use postern_client::protocol::link::LinkStatus;
use serde::Serialize;

use crate::cmd_share::{Shared, shared};
use crate::desk::Desk;
use crate::failure::Result;
use crate::remote::path_of;
use crate::table::table;
use crate::term::moment_or_never;

/// List the links of this account
#[derive(ClapArgs)]
pub(crate) struct Shares {}

#[derive(Serialize)]
struct Listed {
    links: Vec<Shared>,
}

impl Shares {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        let shares = drive.shares().await?;
        let server = desk.server().await?;
        let listed = Listed {
            links: shapes(&drive, &shares, &server).await?,
        };
        desk.say().answer(&listed, || human(&shares, &listed.links))
    }
}

async fn shapes(drive: &Drive, shares: &[Share], server: &str) -> Result<Vec<Shared>> {
    let mut shapes = Vec::with_capacity(shares.len());
    for share in shares {
        let path = path_of(drive, share.node).await?;
        shapes.push(shared(share, server, path.as_ref()));
    }
    Ok(shapes)
}

/// Without the links themselves: whoever looks over a shoulder must not have them.
fn human(shares: &[Share], shapes: &[Shared]) -> String {
    let heads = ["ID", "STATUS", "DOWNLOADS", "ENDS", "PASSWORD", "PATH"].map(str::to_owned);
    let rows = shares.iter().zip(shapes).map(|(share, shape)| {
        vec![
            shape.id.clone(),
            status(share.status).to_owned(),
            downloads(share),
            moment_or_never(share.expires),
            if share.needs_password { "yes" } else { "no" }.to_owned(),
            shape.path.clone().unwrap_or_else(|| "(gone)".to_owned()),
        ]
    });
    table(
        &[heads.to_vec()].into_iter().chain(rows).collect::<Vec<_>>(),
        &[2],
    )
}

fn downloads(share: &Share) -> String {
    match share.max_downloads {
        Some(limit) => format!("{} of {limit}", share.downloads),
        None => share.downloads.to_string(),
    }
}

const fn status(status: LinkStatus) -> &'static str {
    match status {
        LinkStatus::Active => "active",
        LinkStatus::Expired => "expired",
        LinkStatus::UsedUp => "used up",
        LinkStatus::Revoked => "revoked",
    }
}
