//! `postern whoami`

use std::rc::Rc;

use clap::Args as ClapArgs;
use postern_client::Mailbox;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::Result;
use crate::term::size;

/// Say who is signed in, where, and how much is stored
#[derive(ClapArgs)]
pub(crate) struct Whoami {}

#[derive(Serialize)]
struct Who {
    name: String,
    account: String,
    server: String,
    addresses: Vec<String>,
    used_bytes: u64,
    quota_bytes: u64,
}

impl Whoami {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let account = desk.account().await?;
        let usage = account.usage().await?;
        let who = Who {
            name: account.name().to_string(),
            account: account.id().to_string(),
            server: desk.server().await?,
            addresses: Mailbox::new(Rc::clone(&account)).home().await?.addresses.clone(),
            used_bytes: usage.used_bytes,
            quota_bytes: usage.quota_bytes,
        };
        desk.say().answer(&who, || human(&who))
    }
}

fn human(who: &Who) -> String {
    format!(
        "{} at {}\n{}\n{} of {} used\n",
        who.name,
        who.server,
        who.addresses.join(", "),
        size(who.used_bytes),
        size(who.quota_bytes)
    )
}
