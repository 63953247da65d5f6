//! What can be typed.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::cmd_completions::Completions;
use crate::cmd_get::Get;
use crate::cmd_login::Login;
use crate::cmd_logout::Logout;
use crate::cmd_ls::Ls;
use crate::cmd_mail::Mail;
use crate::cmd_mkdir::Mkdir;
use crate::cmd_mv::Mv;
use crate::cmd_open::Open;
use crate::cmd_passwd::Passwd;
use crate::cmd_put::Put;
use crate::cmd_recover::Recover;
use crate::cmd_rm::Rm;
use crate::cmd_sessions::Sessions;
use crate::cmd_share::ShareNode;
use crate::cmd_shares::Shares;
use crate::cmd_signup::Signup;
use crate::cmd_unshare::Unshare;
use crate::cmd_whoami::Whoami;
use crate::desk::Desk;
use crate::failure::Result;

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrongly typed, 3 not found, 4 not authentic, 5 no access (wrong password, signed out, \
link refused or ended), 130 stopped by Ctrl-C.";

/// Hand files to somebody so that nobody in between can read them, the server included.
#[derive(Parser)]
#[command(name = "postern", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The server [default: the one of the last login, else http://127.0.0.1:8080]
    #[arg(
        long,
        global = true,
        env = "POSTERN_SERVER",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) server: Option<String>,
    /// Where this device keeps its keys [default: $XDG_DATA_HOME/postern, else ~/.local/share/postern]
    #[arg(
        long,
        global = true,
        env = "POSTERN_PROFILE",
        hide_env_values = true,
        value_name = "DIR"
    )]
    pub(crate) profile: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing but answers and failures
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Signup(Signup),
    Login(Login),
    Logout(Logout),
    Whoami(Whoami),
    Passwd(Passwd),
    Recover(Recover),
    Sessions(Sessions),
    Put(Put),
    Get(Get),
    Ls(Ls),
    Mkdir(Mkdir),
    Mv(Mv),
    Rm(Rm),
    Share(ShareNode),
    Shares(Shares),
    Unshare(Unshare),
    Open(Open),
    Mail(Mail),
    Completions(Completions),
}

impl Command {
    /// Does what was typed.
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        match self {
            Self::Signup(typed) => typed.run(desk).await,
            Self::Login(typed) => typed.run(desk).await,
            Self::Logout(typed) => typed.run(desk).await,
            Self::Whoami(typed) => typed.run(desk).await,
            Self::Passwd(typed) => typed.run(desk).await,
            Self::Recover(typed) => typed.run(desk).await,
            Self::Sessions(typed) => typed.run(desk).await,
            Self::Put(typed) => typed.run(desk).await,
            Self::Get(typed) => typed.run(desk).await,
            Self::Ls(typed) => typed.run(desk).await,
            Self::Mkdir(typed) => typed.run(desk).await,
            Self::Mv(typed) => typed.run(desk).await,
            Self::Rm(typed) => typed.run(desk).await,
            Self::Share(typed) => typed.run(desk).await,
            Self::Shares(typed) => typed.run(desk).await,
            Self::Unshare(typed) => typed.run(desk).await,
            Self::Open(typed) => typed.run(desk).await,
            Self::Mail(typed) => typed.run(desk).await,
            Self::Completions(typed) => typed.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn what_can_be_typed_makes_sense_to_clap() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_flag_is_in_the_manual() {
        let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");
        let manual = std::fs::read_to_string(manual).expect("the manual is there");
        for (name, command) in all_commands() {
            let heading = format!("`postern {name}");
            let mut sections = manual.split("\n### ");
            let section = sections.find(|section| section.starts_with(&heading));
            let section = section.unwrap_or_else(|| panic!("{heading} is missing"));
            for flag in command.get_arguments().filter_map(|arg| arg.get_long()) {
                assert!(
                    section.contains(&format!("--{flag}")),
                    "{heading} --{flag} is missing"
                );
            }
        }
    }

    /// Each command with its name, those within others too.
    fn all_commands() -> Vec<(String, clap::Command)> {
        let mut all = Vec::new();
        for command in Args::command().get_subcommands() {
            let name = command.get_name();
            let within = command.get_subcommands();
            all.extend(within.map(|inner| (format!("{name} {}", inner.get_name()), inner.clone())));
            all.push((name.to_owned(), command.clone()));
        }
        all
    }

    #[test]
    fn no_secret_is_taken_from_the_arguments() {
        for (_, command) in all_commands() {
            let taking = command
                .get_arguments()
                .filter(|arg| arg.get_action().takes_values());
            for flag in taking.filter_map(|arg| arg.get_long()) {
                assert!(!flag.contains("password") && !flag.contains("words"), "{flag}");
            }
        }
    }
}
