//! `postern recover`

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use postern_client::{Account, Stay};
use zeroize::Zeroizing;

use crate::choose::choose_password;
use crate::cmd_login::welcome;
use crate::cmd_signup::refuse_if_signed_in;
use crate::desk::Desk;
use crate::failure::{About as _, Failure, Result};
use crate::secret;

/// Open the account with its recovery words, and set a new password
#[derive(ClapArgs)]
pub(crate) struct Recover {
    /// The name of the account
    name: String,
    /// Read the recovery words from this file; without it they are asked for
    #[arg(long, value_name = "FILE")]
    recovery: Option<PathBuf>,
    /// Read the new password from standard input (one line; before it, without --recovery, one with the words)
    #[arg(long)]
    password_stdin: bool,
}

impl Recover {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        refuse_if_signed_in(desk).await?;
        let words = match &self.recovery {
            Some(path) => read(path)?,
            None => secret::password(self.password_stdin, "Recovery words")?,
        };
        let password = choose_password(desk, self.password_stdin, "New password", &self.name)?;
        let around = desk.around().await?;
        let account = Account::recover(around, &self.name, &words, &password, Stay::SignedIn)
            .await
            .about(|| self.name)?;
        welcome(desk, &account).await
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>> {
    fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| Failure::told(format!("{} cannot be read: {error}", path.display())))
}
