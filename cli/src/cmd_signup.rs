//! `postern signup`

use std::path::PathBuf;

use clap::Args as ClapArgs;
use postern_client::{Account, PreparedSignUp, Stay};
use serde::Serialize;

use crate::choose::choose_password;
use crate::desk::Desk;
use crate::failure::{About as _, Failure, Result};
use crate::recovery_file::RecoveryFile;
use crate::secret;

/// Make an account, and sign in
#[derive(ClapArgs)]
pub(crate) struct Signup {
    /// The name: a to z, 0 to 9, with single . _ - between
    name: String,
    /// Read the password from standard input (one line)
    #[arg(long)]
    password_stdin: bool,
    /// Write the recovery words to this file, which nobody else can read; without it they are shown
    #[arg(long, value_name = "FILE")]
    recovery_out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "recovery_out")]
    force: bool,
    /// The invitation, where the server asks for one
    #[arg(long, env = "POSTERN_INVITE", hide_env_values = true, value_name = "CODE")]
    invite: Option<String>,
}

#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    account: String,
    server: &'a str,
}

impl Signup {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        refuse_if_signed_in(desk).await?;
        if self.recovery_out.is_none() && !secret::can_ask() {
            return Err(Failure::usage("the recovery words have to be kept somewhere")
                .advise("Say where with --recovery-out FILE."));
        }
        let password = choose_password(desk, self.password_stdin, "Password", &self.name)?;
        let prepared = PreparedSignUp::new(desk.around().await?, &self.name, &password)?;
        let kept = self.keep(&prepared)?;
        let server = desk.server().await?;
        let made = prepared.complete(self.invite, Stay::SignedIn).await;
        let account = match made {
            Ok(account) => account,
            Err(error) => {
                // Words that open nothing would be taken for those that do.
                kept.into_iter().for_each(|file| file.give_up(&error, desk.say()));
                return Err(error).about(|| self.name);
            }
        };
        kept.map_or(Ok(()), RecoveryFile::finish)?;
        desk.remember_server(&server).await?;
        tell(desk, &account, &server)
    }

    fn keep(&self, prepared: &PreparedSignUp) -> Result<Option<RecoveryFile>> {
        let Some(path) = &self.recovery_out else {
            show_words(&prepared.words())?;
            return Ok(None);
        };
        RecoveryFile::write(path, self.force, &prepared.words()).map(Some)
    }
}

/// One profile, one account: the keys of the one that is there must not be written over.
pub(crate) async fn refuse_if_signed_in(desk: &Desk) -> Result<()> {
    match desk.kept_account().await {
        Ok(Some(account)) => Err(
            Failure::usage(format!("{} is signed in here already", account.name()))
                .advise("Log out first with `postern logout`, or use another profile with --profile DIR."),
        ),
        Err(failure) if failure.is_usage() => Err(failure),
        // Nobody, or a session that has ended: what else is wrong with the server will show.
        _ => Ok(()),
    }
}

/// Shows recovery words, once, and makes sure that they were kept.
pub(crate) fn show_words(words: &str) -> Result<()> {
    let all: Vec<&str> = words.split_whitespace().collect();
    eprintln!("These words open the account if the password is lost. Nobody can make them again.\n");
    for (row, six) in all.chunks(6).enumerate() {
        eprintln!("  {:2}  {}", row * 6 + 1, six.join(" "));
    }
    eprintln!("\nWrite them down and keep them away from this machine.");
    let (last, typed) = (
        all.last().copied(),
        secret::ask_openly("Type the last word once you have")?,
    );
    if last == Some(typed.trim()) {
        Ok(())
    } else {
        Err(Failure::usage("that is not the last word: nothing was made"))
    }
}

fn tell(desk: &Desk, account: &Account, server: &str) -> Result<()> {
    let made = Made {
        name: account.name().as_str(),
        account: account.id().to_string(),
        server,
    };
    desk.say().done(&made, || {
        format!("{} is made and signed in at {server}", made.name)
    })
}
