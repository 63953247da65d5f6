//! What happened to the account since the last look, and who goes on looking: [`Follower`].
//!
//! A push only says that a look is worth while; who misses one loses nothing, the feed has it. What a look finds is
//! refreshed here. What is shown of it, and how the server is heard ([`Line`]), is the program's own business.

use std::convert::Infallible;
use std::rc::Rc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::LocalBoxStream;
use postern_protocol::changes::{ChangeKind, Event, EventsHello};

use crate::account::Account;
use crate::{Drive, Error, Patience, Result};

const PATIENCE: Patience = Patience {
    first_ms: 1_000,
    longest_ms: 30_000,
};

/// The way on which the server says that there is more: a WebSocket, outside of tests.
#[async_trait(?Send)]
pub trait Line {
    /// Connects, says `hello`, and answers what the server says until the connection breaks. Dropping it hangs up.
    ///
    /// # Errors
    /// [`Error::Offline`].
    async fn connect(&self, hello: EventsHello) -> Result<LocalBoxStream<'static, Event>>;
}

/// What whoever looks at a device may notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The server is heard.
    Reached,
    /// It is not heard any more.
    Lost,
    /// The drive looks different, or cannot be had: the next look at it tells why.
    DriveChanged,
    /// A link was made, changed, revoked or delivered.
    LinksChanged,
    /// Mail came, or was marked or deleted.
    MailChanged,
    /// The session has ended from elsewhere, and the device has forgotten it. Nothing follows.
    SignedOut,
}

/// Keeps a drive up to date for as long as the session lasts.
pub struct Follower<L> {
    drive: Rc<Drive>,
    line: L,
    /// The last entry of the feed that was dealt with.
    since: u64,
    /// How often in a row it was in vain.
    failures: u32,
}

impl<L: Line> Follower<L> {
    /// Follows what happens to the account of `drive`, on `line`, from when this device opened it.
    pub fn new(drive: Rc<Drive>, line: L) -> Self {
        Self {
            since: drive.account().opened_at(),
            drive,
            line,
            failures: 0,
        }
    }

    /// Until the session has ended. To stop before, drop the future.
    pub async fn run(mut self, tell: impl Fn(Happening)) {
        loop {
            let Err(why) = self.listen(&tell).await;
            if why != Error::SignedOut {
                tell(Happening::Lost);
            } else if self.account().has_ended().await == Ok(true) {
                break;
            }
            self.pause_after(&why).await;
        }
        // If the device cannot forget it now, it does when it finds that it cannot go on with it.
        let _ = self.account().leave().await;
        tell(Happening::SignedOut);
    }

    /// One connection's life, and why it is over.
    async fn listen(&mut self, tell: &impl Fn(Happening)) -> Result<Infallible> {
        let token = self.account().api().token().ok_or(Error::SignedOut)?;
        let hello = EventsHello {
            token: token.to_string(),
        };
        let mut events = self.line.connect(hello).await?;
        tell(Happening::Reached);
        loop {
            // The first time, without being told: what happened while nobody listened is in the feed.
            self.look(tell).await?;
            self.failures = 0;
            match events.next().await {
                Some(Event::More) => {}
                Some(Event::SignedOut) => return Err(Error::SignedOut),
                None => return Err(Error::Offline),
            }
        }
    }

    async fn look(&mut self, tell: &impl Fn(Happening)) -> Result<()> {
        let news = self.account().news(self.since).await?;
        if news.drive {
            let refreshed = self.drive.refresh().await;
            tell(Happening::DriveChanged);
            // Other failures would be the same at the next look at the same news.
            if let Err(error) = refreshed
                && (error.passes() || error == Error::SignedOut)
            {
                return Err(error);
            }
        }
        if news.links {
            tell(Happening::LinksChanged);
        }
        if news.mail {
            tell(Happening::MailChanged);
        }
        self.since = news.latest;
        Ok(())
    }

    async fn pause_after(&mut self, why: &Error) {
        let around = self.account().surroundings();
        PATIENCE
            .wait_out(why, self.failures, &*around.clock, &*around.entropy)
            .await;
        self.failures += 1;
    }

    fn account(&self) -> &Account {
        self.drive.account()
    }
}

/// What may look different now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// The drive has another head.
    pub drive: bool,
    /// A link was made, changed, revoked or delivered.
    pub links: bool,
    /// Mail came, or was marked or deleted.
    pub mail: bool,
    /// Where to go on looking.
    pub latest: u64,
}

impl Account {
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
            ChangeKind::Mail => self.mail = true,
            // Nothing of these is shown but when a person asks.
            ChangeKind::Account | ChangeKind::Sessions => {}
        }
    }
}
