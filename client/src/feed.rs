//! What happened to the account since the last look. A push (the WebSocket of a skin) only says that a look is worth
//! while; who misses one loses nothing.

use postern_protocol::changes::ChangeKind;

use crate::Result;
use crate::account::Account;

/// What may look different now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// The drive has another head.
    pub drive: bool,
    /// A link was made, changed, revoked or delivered.
    pub links: bool,
    /// The account's password, keys or state.
    pub account: bool,
    /// A device signed in or out.
    pub sessions: bool,
    /// Where to go on looking.
    pub latest: u64,
}

impl Account {
    /// The latest entry of the feed: where to begin looking.
    ///
    /// # Errors
    /// As all requests.
    pub async fn latest_change(&self) -> Result<u64> {
        Ok(self.api.account().await?.latest_change)
    }

    /// What happened after `since`.
    ///
    /// # Errors
    /// As all requests.
    pub async fn news(&self, since: u64) -> Result<News> {
        let mut news = News {
            latest: since,
            ..News::default()
        };
        loop {
            let page = self.api.changes(news.latest).await?;
            let before = news.latest;
            for change in page.changes {
                news.latest = news.latest.max(change.seq);
                news.note(&change.kind);
            }
            if !page.more || news.latest == before {
                return Ok(news);
            }
        }
    }
}

impl News {
    fn note(&mut self, kind: &ChangeKind) {
        match kind {
            ChangeKind::Volume { .. } => self.drive = true,
            ChangeKind::Link { .. } => self.links = true,
            ChangeKind::Account => self.account = true,
            ChangeKind::Sessions => self.sessions = true,
        }
    }
}
