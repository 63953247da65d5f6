//! `postern logout`

use clap::Args as ClapArgs;
use postern_client::Account;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::Result;

/// End the session, and forget the keys
#[derive(ClapArgs)]
pub(crate) struct Logout {}

#[derive(Serialize)]
struct LoggedOut {
    server_told: bool,
}

impl Logout {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let around = desk.around().await?;
        // Whatever is wrong with the server or the account, the keys must go.
        let server_told = match desk.kept_account().await {
            Ok(Some(account)) => account.sign_out().await.is_ok(),
            Ok(None) => true,
            Err(_) => false,
        };
        Account::forget(&around).await?;
        desk.forget_server().await?;
        desk.say()
            .done(&LoggedOut { server_told }, || sentence(server_told))
    }
}

fn sentence(server_told: bool) -> String {
    if server_told {
        "signed out".to_owned()
    } else {
        "signed out here; the server could not be told, so end the session from another device with `postern sessions`"
            .to_owned()
    }
}
