//! `postern sessions`

use clap::Args as ClapArgs;
use postern_client::protocol::SessionId;
use postern_client::protocol::session::SessionEntry;
use serde::Serialize;

use crate::desk::Desk;
use crate::failure::{About as _, Result};
use crate::table::table;
use crate::term::{moment, plain};

/// List the devices that are signed in, or sign one out
#[derive(ClapArgs)]
pub(crate) struct Sessions {
    /// Sign this device out
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    revoke: Option<SessionId>,
}

#[derive(Serialize)]
struct Listed {
    sessions: Vec<Listing>,
}

#[derive(Serialize)]
struct Listing {
    id: String,
    device: String,
    created_ms: i64,
    last_used_ms: i64,
    current: bool,
}

#[derive(Serialize)]
struct Revoked {
    id: String,
}

impl Sessions {
    pub(crate) async fn run(self, desk: &Desk) -> Result<()> {
        let account = desk.account().await?;
        if let Some(id) = self.revoke {
            account
                .revoke_session(id)
                .await
                .about(|| format!("session {id}"))?;
            let revoked = Revoked { id: id.to_string() };
            return desk
                .say()
                .done(&revoked, || "that device is signed out".to_owned());
        }
        let sessions = account.sessions().await?;
        let listed = Listed {
            sessions: sessions.iter().map(listing).collect(),
        };
        desk.say().answer(&listed, || human(&sessions))
    }
}

fn listing(entry: &SessionEntry) -> Listing {
    Listing {
        id: entry.id.to_string(),
        device: entry.device.clone(),
        created_ms: entry.created.0,
        last_used_ms: entry.last_used.0,
        current: entry.current,
    }
}

fn human(sessions: &[SessionEntry]) -> String {
    let heads = ["ID", "LAST USED", "SINCE", "DEVICE"].map(str::to_owned).to_vec();
    let rows = sessions.iter().map(|entry| {
        let here = if entry.current { " (this one)" } else { "" };
        vec![
            entry.id.to_string(),
            moment(entry.last_used),
            moment(entry.created),
            format!("{}{here}", plain(&entry.device)),
        ]
    });
    table(&[heads].into_iter().chain(rows).collect::<Vec<_>>(), &[])
}
