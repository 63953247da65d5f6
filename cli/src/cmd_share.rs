//! `postern share`

use clap::{Args as ClapArgs, value_parser};
use postern_client::ChosenPassword;
use postern_client::links::{Share, ShareTerms};
use postern_client::protocol::limits::MAX_LINK_DOWNLOADS;
use postern_client::protocol::link::LinkStatus;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::{About as _, Result};
use crate::remote::Remote;
use crate::secret;
use crate::term::{count, moment, parse_span_ms};

/// Make a link to a file or folder, for anybody who is given it
#[derive(ClapArgs)]
pub(crate) struct ShareNode {
    /// What to share
    remote: Remote,
    /// Protect the link with a password from standard input (one line; at a terminal it is asked for)
    #[arg(long)]
    password_stdin: bool,
    /// When it ends: 90m, 12h, 7d, 2w from now
    #[arg(long, value_name = "SPAN", value_parser = parse_span_ms)]
    expires: Option<i64>,
    /// After how many downloads it ends
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=i64::from(MAX_LINK_DOWNLOADS)))]
    downloads: Option<u32>,
}

/// A link in JSON.
#[derive(Serialize)]
pub(crate) struct Shared {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) path: Option<String>,
    pub(crate) needs_password: bool,
    pub(crate) created_ms: i64,
    pub(crate) expires_ms: Option<i64>,
    pub(crate) max_downloads: Option<u32>,
    pub(crate) downloads: u32,
    pub(crate) status: LinkStatus,
}

impl ShareNode {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let drive = desk.drive().await?;
        let node = self.remote.node(&drive).await?;
        let password = match self.password_stdin {
            true => Some(password_of_link()?),
            false => None,
        };
        let now = drive.account().surroundings().now();
        let terms = ShareTerms {
            password,
            expires: self.expires.map(|span_ms| now.plus_ms(span_ms)),
            max_downloads: self.downloads,
        };
        let share = drive
            .share(node, &terms)
            .await
            .about(|| self.remote.to_string())?;
        let shared = shared(&share, &desk.server().await?, Some(&self.remote));
        desk.say().answer(&shared, || format!("{}\n", shared.url))?;
        if !desk.say().is_json() {
            desk.say().note(&terms_in_words(&share));
        }
        Ok(())
    }
}

/// Its worth is not judged: nobody can try it who does not have the link (threat E6).
fn password_of_link() -> Result<ChosenPassword> {
    let typed = secret::new_password(true, "Password for the link")?;
    Ok(ChosenPassword::parse(&typed)?)
}

/// The shape of a link.
pub(crate) fn shared(share: &Share, server: &str, path: Option<&Remote>) -> Shared {
    Shared {
        id: share.id.to_string(),
        url: share.url(server).to_string(),
        path: path.map(ToString::to_string),
        needs_password: share.needs_password,
        created_ms: share.created.0,
        expires_ms: share.expires.map(|time| time.0),
        max_downloads: share.max_downloads,
        downloads: share.downloads,
        status: share.status,
    }
}

fn terms_in_words(share: &Share) -> String {
    let ends = share.expires.map(|time| format!("ends {}", moment(time)));
    let limit = share
        .max_downloads
        .map(|limit| format!("ends after {}", count(limit as usize, "download")));
    let password = match share.needs_password {
        true => "opens only with the password: tell it in another way than the link",
        false => "opens for whoever has it",
    };
    let terms: Vec<_> = ends
        .into_iter()
        .chain(limit)
        .chain([password.to_owned()])
        .collect();
    format!("the link {}", terms.join("; "))
}
