//! What every handler can reach.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use postern_domain::Postern;
use postern_protocol::TimeMs;

use crate::bells::Bells;
use crate::limits::Limits;
use crate::room::Room;
use crate::settings::Settings;

/// Tells the time. Tests move it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> TimeMs + Send + Sync>);

impl Clock {
    /// A clock that shows what `now` says.
    pub fn new(now: impl Fn() -> TimeMs + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The machine's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            TimeMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
        })
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> TimeMs {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// What every handler can reach, on whichever thread it runs.
pub(crate) struct State {
    pub(crate) postern: Postern,
    pub(crate) bells: Arc<Bells>,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) limits: Limits,
    pub(crate) room: Arc<Room>,
}

impl State {
    pub(crate) fn now(&self) -> TimeMs {
        self.clock.now()
    }
}
