//! `postern login`

use clap::Args as ClapArgs;
use postern_client::{Account, Stay};
use serde::Serialize;

use crate::cmd_signup::refuse_if_signed_in;
use crate::desk::Desk;
use crate::failure::{About as _, Result};
use crate::secret;

/// Sign in, and stay signed in
#[derive(ClapArgs)]
pub(crate) struct Login {
    /// The name of the account
    name: String,
    /// Read the password from standard input (one line)
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Serialize)]
struct SignedIn<'a> {
    name: &'a str,
    account: String,
    server: &'a str,
}

impl Login {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        refuse_if_signed_in(desk).await?;
        let password = secret::password(self.password_stdin, "Password")?;
        let around = desk.around().await?;
        let account = Account::sign_in(around, &self.name, &password, Stay::SignedIn)
            .await
            .about(|| self.name)?;
        welcome(desk, &account).await
    }
}

/// What every way in ends with.
pub(crate) async fn welcome(desk: &Desk, account: &Account) -> Result<()> {
    let server = desk.server().await?;
    desk.remember_server(&server).await?;
    let signed_in = SignedIn {
        name: account.name().as_str(),
        account: account.id().to_string(),
        server: &server,
    };
    desk.say().done(&signed_in, || {
        format!("{} is signed in at {server}", signed_in.name)
    })
}
