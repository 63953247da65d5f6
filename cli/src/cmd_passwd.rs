//! `postern passwd`

use std::path::PathBuf;

use clap::Args as ClapArgs;
use postern_client::PreparedKeys;
use serde::Serialize;

use crate::choose::choose_password;
use crate::desk::Desk;
use crate::failure::Result;
use crate::recovery_file::RecoveryFile;
use crate::secret;

/// Set another password; all other devices are signed out
#[derive(ClapArgs)]
pub(crate) struct Passwd {
    /// Read from standard input: the old password in the first line, the new one in the second
    #[arg(long)]
    password_stdin: bool,
    /// Somebody knows the old password: replace all keys that it protected, and the recovery words
    #[arg(long, requires = "recovery_out")]
    leaked: bool,
    /// Write the new recovery words to this file, which nobody else can read
    #[arg(long, value_name = "FILE", requires = "leaked")]
    recovery_out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "recovery_out")]
    force: bool,
}

#[derive(Serialize)]
struct Changed {
    keys_replaced: bool,
}

impl Passwd {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let account = desk.account().await?;
        let current = secret::password(self.password_stdin, "Present password")?;
        let name = account.name().as_str();
        let next = choose_password(desk, self.password_stdin, "New password", name)?;
        let keys_replaced = self.recovery_out.is_some();
        if let Some(path) = self.recovery_out {
            let prepared = account.prepare_keys(&current, &next).await?;
            let file = RecoveryFile::write(&path, self.force, &prepared.words())?;
            complete(desk, &prepared, file).await?;
        } else {
            account.change_password(&current, &next).await?;
        }
        desk.say()
            .done(&Changed { keys_replaced }, || sentence(keys_replaced).to_owned())
    }
}

async fn complete(desk: &Desk, prepared: &PreparedKeys, file: RecoveryFile) -> Result<()> {
    match prepared.complete().await {
        Ok(()) => file.finish(),
        Err(error) => {
            file.give_up(&error, desk.say());
            Err(error.into())
        }
    }
}

fn sentence(keys_replaced: bool) -> &'static str {
    if keys_replaced {
        "the password and all keys are new; the old recovery words open nothing any more"
    } else {
        "the password is changed; all other devices are signed out"
    }
}
