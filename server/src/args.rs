//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand};
use postern_protocol::{AccountName, DomainName};

/// One server for encrypted files, for everybody who wants to run it.
#[derive(Debug, Parser)]
#[command(name = "posternd", version, about)]
pub(crate) struct Args {
    /// What to run, or what to do instead. Everything, if nothing is said.
    #[command(subcommand)]
    command: Option<Command>,
    /// The folder in which everything is kept.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", global = true)]
    http: Option<SocketAddr>,
    /// Where to listen for mail; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", global = true)]
    smtp: Option<SocketAddr>,
    /// The file with all other settings.
    #[arg(long, value_name = "FILE", env = "POSTERN_CONFIG", global = true)]
    pub(crate) config: Option<PathBuf>,
}

/// What to run, or what to do instead.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Command {
    /// Everything that there is.
    All,
    /// The interface and the web client, without the mail gateway.
    Api,
    /// Make an invitation, good for one account within a week; print it and end.
    Invite,
    /// Domains for which mail is taken. A server may be running beside it.
    Domain {
        #[command(subcommand)]
        act: DomainAct,
        #[command(flatten)]
        output: Output,
    },
    /// Mail addresses beside the names of accounts. A server may be running beside it.
    Address {
        #[command(subcommand)]
        act: AddressAct,
        #[command(flatten)]
        output: Output,
    },
}

/// How answers look.
#[derive(Debug, Clone, Copy, Arguments)]
pub(crate) struct Output {
    /// Answers in JSON, with the shapes of the interface.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What can be done with domains.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum DomainAct {
    /// All of them, the server's own first.
    List,
    /// Take mail for a domain from now on.
    Add {
        /// As people write it.
        domain: String,
    },
    /// Take no mail for a domain any more, and forget the addresses at it.
    Remove {
        /// Which.
        domain: DomainName,
        /// Also if there are addresses at it.
        #[arg(long)]
        with_addresses: bool,
    },
    /// Say who gets what is written to addresses that nobody has.
    CatchAll {
        /// Of which domain.
        domain: DomainName,
        /// The account. Without one it is refused from now on.
        account: Option<AccountName>,
    },
    /// What DNS should say of a domain, and what it says. Ends with 3 if something is not as mail needs it.
    Check {
        /// Which.
        domain: DomainName,
    },
}

/// What can be done with addresses.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum AddressAct {
    /// All addresses of a domain, and whose they are.
    List {
        /// Which; the server's own, if nothing is said.
        domain: Option<DomainName>,
    },
    /// Give an address that nobody has to an account.
    Give {
        /// Such as info@example.org.
        #[arg(value_parser = parse_address)]
        address: TypedAddress,
        /// The account.
        account: AccountName,
    },
    /// Take an address from whoever has it.
    Take {
        /// Such as info@example.org.
        #[arg(value_parser = parse_address)]
        address: TypedAddress,
    },
}

/// An address as it was typed.
#[derive(Debug, Clone)]
pub(crate) struct TypedAddress {
    pub(crate) local: AccountName,
    pub(crate) domain: DomainName,
}

fn parse_address(typed: &str) -> Result<TypedAddress, String> {
    let (local, domain) = typed
        .split_once('@')
        .ok_or("an address has an @ between a name and a domain")?;
    Ok(TypedAddress {
        local: local.parse().map_err(|error| format!("{error}"))?,
        domain: domain.parse().map_err(|error| format!("{error}"))?,
    })
}

impl Args {
    /// What to do.
    pub(crate) fn command(&self) -> Command {
        self.command.clone().unwrap_or(Command::All)
    }

    /// The settings among the flags, as the file would hold them.
    pub(crate) fn settings(&self) -> anyhow::Result<toml::Table> {
        let mut settings = toml::Table::new();
        if let Some(data) = &self.data {
            settings.insert("data".to_owned(), toml::Value::try_from(data)?);
        }
        if let Some(http) = &self.http {
            settings.insert("http".to_owned(), toml::Value::try_from(http)?);
        }
        if let Some(smtp) = &self.smtp {
            let mail = toml::Table::from_iter([("listen".to_owned(), toml::Value::try_from(smtp)?)]);
            settings.insert("mail".to_owned(), mail.into());
        }
        Ok(settings)
    }
}
