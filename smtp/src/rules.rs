//! What may follow what.

use crate::command::Verb;
use crate::reply::{Reply, say};
use crate::session::{Session, Step};

/// How far a transaction has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody has said hello.
    Strange,
    /// No message is being sent.
    Ready,
    /// It is known where a message comes from.
    Sender,
    /// And where to.
    Recipients,
    /// And some of it has come, in a chunk that was not the last.
    Chunks,
}

/// A row: when a command may be given, and what it does.
pub(crate) struct Rule {
    verb: Verb,
    stages: &'static [Stage],
    /// Whether nothing may come behind it before it was answered (RFC 2920, 3.1). Who goes on all the same did not
    /// write to us: somebody made one message look like two, or HTTP look like SMTP.
    waits: bool,
    /// Reads what follows the name, and does what it says.
    proceed: fn(&mut Session, &str) -> Result<Step, Reply>,
}

use Stage::{Chunks, Ready, Recipients, Sender, Strange};

const ANY: &[Stage] = &[Strange, Ready, Sender, Recipients, Chunks];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    Rule { verb: Verb::Ehlo,     stages: ANY,                   waits: true,  proceed: Session::ehlo },
    Rule { verb: Verb::Helo,     stages: ANY,                   waits: true,  proceed: Session::helo },
    Rule { verb: Verb::StartTls, stages: &[Ready],              waits: false, proceed: Session::start_tls },
    Rule { verb: Verb::Auth,     stages: &[Ready],              waits: true,  proceed: Session::auth },
    Rule { verb: Verb::Mail,     stages: &[Ready],              waits: false, proceed: Session::mail },
    Rule { verb: Verb::Rcpt,     stages: &[Sender, Recipients], waits: false, proceed: Session::rcpt },
    Rule { verb: Verb::Data,     stages: &[Recipients],         waits: true,  proceed: Session::data },
    Rule { verb: Verb::Bdat,     stages: &[Recipients, Chunks], waits: false, proceed: Session::bdat },
    Rule { verb: Verb::Rset,     stages: ANY,                   waits: false, proceed: Session::rset },
    Rule { verb: Verb::Noop,     stages: ANY,                   waits: false, proceed: Session::noop },
    Rule { verb: Verb::Vrfy,     stages: ANY,                   waits: false, proceed: Session::vrfy },
    Rule { verb: Verb::Help,     stages: ANY,                   waits: false, proceed: Session::help },
    Rule { verb: Verb::Quit,     stages: ANY,                   waits: false, proceed: Session::quit },
];

impl Rule {
    pub(crate) fn of(verb: Verb) -> &'static Self {
        RULES
            .iter()
            .find(|rule| rule.verb == verb)
            .expect("every verb has a row")
    }

    pub(crate) fn verb(&self) -> Verb {
        self.verb
    }

    /// What to say if it may not be given at this stage.
    pub(crate) fn refusal(&self, stage: Stage) -> Option<Reply> {
        if self.stages.contains(&stage) {
            return None;
        }
        Some(match (self.verb, stage) {
            (_, Strange) => say::HELLO_FIRST,
            (Verb::Data | Verb::Bdat, Sender) => say::NO_RECIPIENT,
            _ => say::OUT_OF_ORDER,
        })
    }

    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    pub(crate) fn proceed(&self, session: &mut Session, rest: &str) -> Result<Step, Reply> {
        (self.proceed)(session, rest)
    }
}
