//! One connection.

use std::time::Instant;

use crate::body::{Dotted, Pairs};
use crate::input::Input;
use crate::limits::Limits;
use crate::parameters::{Recipient, Sender};
use crate::reply::{Reply, say};
use crate::rules::Stage;
use crate::sasl::{Credentials, Exchange};

mod commands;
mod reading;

pub(crate) use reading::Step;

/// What this server has to offer on this connection.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its own name, as the greeting says it.
    pub host: String,
    /// Whether TLS can be started.
    pub start_tls: bool,
    /// Whether somebody can sign in, once there is TLS.
    pub sign_in: SignIn,
    /// The bounds.
    pub limits: Limits,
}

/// Whether somebody signs in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Nobody: mail for those who live here is taken from anybody.
    Never,
    /// Everybody has to, before they send anything.
    Required,
}

/// What has happened. Those that say so wait for [`Session::accept`] or [`Session::refuse`].
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Somebody signs in. Waits for an answer.
    SignIn(Credentials),
    /// A message begins. Waits for an answer.
    Sender(Sender),
    /// It has one recipient more. Waits for an answer.
    Recipient(Recipient),
    /// All recipients are known, and the text will follow. Waits for an answer.
    Text,
    /// The next piece of the text.
    Piece(&'a [u8]),
    /// The text is whole. Waits for an answer: to accept is to have it for good.
    End,
    /// The message that had begun will not be sent.
    Abandoned,
    /// TLS is to begin, once what there is to say was sent. Waits for [`Session::secured`].
    StartTls,
    /// The connection is to be closed, once what there is to say was sent. Nothing will follow.
    Close,
}

/// The protocol's half of a connection.
#[derive(Debug)]
pub struct Session {
    offer: Offer,
    input: Input,
    output: Vec<u8>,
    mode: Mode,
    stage: Stage,
    hello: Option<Hello>,
    secure: bool,
    signed_in: bool,
    transaction: Transaction,
    /// The transaction was given up, which was not told yet.
    abandoned: bool,
    errors: u32,
    messages: u32,
    began: Instant,
    heard: Instant,
}

/// How somebody said hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// What they call themselves.
    pub name: String,
    /// Whether they know extensions.
    pub extended: bool,
}

/// What the next bytes are, or whose turn it is.
#[derive(Debug)]
enum Mode {
    /// The greeting was not sent yet: it is not their turn.
    Greeting,
    Command,
    Sasl(Exchange),
    /// The driver has to answer.
    Asked(Question),
    /// The driver has to start TLS.
    Handshake,
    Data(Dotted),
    Chunk(Chunk),
    Over,
}

/// What the driver was asked.
#[derive(Debug)]
enum Question {
    SignIn,
    Sender(Transaction),
    Recipient,
    Data,
    Chunk(Chunk),
    End,
}

/// What `BDAT` announced and has not come yet.
#[derive(Debug)]
struct Chunk {
    left: u64,
    last: bool,
    /// What to say at its end, if it is only read to get past it.
    refused: Option<Reply>,
}

/// What is known of the message that is being sent.
#[derive(Debug, Default)]
struct Transaction {
    utf8: bool,
    recipients: usize,
    /// How much of its text has come.
    size_bytes: u64,
    pairs: Pairs,
    /// A CR or LF stood alone in it.
    is_bare: bool,
    /// What to say when its text has come: it will not be taken.
    refused: Option<Reply>,
}

impl Session {
    /// A connection that was just made. `secure` says that it began with TLS.
    #[must_use]
    pub fn new(offer: Offer, secure: bool, now: Instant) -> Self {
        let greeting = Reply::bare(220, format!("{} ESMTP Postern", offer.host));
        let mut session = Self {
            offer,
            input: Input::default(),
            output: Vec::new(),
            mode: Mode::Greeting,
            stage: Stage::Strange,
            hello: None,
            secure,
            signed_in: false,
            transaction: Transaction::default(),
            abandoned: false,
            errors: 0,
            messages: 0,
            began: now,
            heard: now,
        };
        session.say(&greeting);
        session
    }

    /// Takes what the peer sent. It is read by and by: before more is handed in, [`Session::poll`] until it has nothing
    /// to tell, or what was not read yet piles up.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        self.heard = now;
        match self.mode {
            // What was said before TLS began is not part of what is said under its protection.
            Mode::Over | Mode::Handshake => {}
            Mode::Greeting => {
                self.output.clear();
                self.end(&say::NOT_YOUR_TURN);
            }
            _ => self.input.push(bytes),
        }
    }

    /// What has happened next. `None` if there is nothing, until more is received or an answer is given.
    pub fn poll(&mut self) -> Option<Event<'_>> {
        loop {
            match self.step() {
                Step::Go => {}
                Step::Wait => return None,
                Step::Tell(event) => return Some(event),
                Step::Piece(range) => return Some(Event::Piece(self.input.slice(range))),
            }
        }
    }

    /// Takes what is to be sent to the peer.
    #[must_use]
    pub fn output(&mut self) -> Vec<u8> {
        if matches!(self.mode, Mode::Greeting) {
            self.mode = Mode::Command;
        }
        std::mem::take(&mut self.output)
    }

    /// Says yes to what was asked.
    pub fn accept(&mut self) {
        let reply = match &self.mode {
            Mode::Asked(Question::SignIn) => say::SIGNED_IN,
            Mode::Asked(Question::Sender(_)) => say::SENDER,
            Mode::Asked(Question::Recipient) => say::RECIPIENT,
            Mode::Asked(Question::Data) => say::GO_ON,
            _ => say::MESSAGE,
        };
        self.accept_saying(&reply);
    }

    /// Says yes in words of one's own.
    pub fn accept_saying(&mut self, reply: &Reply) {
        let Some(question) = self.asked() else { return };
        // Whether a chunk is taken is said at its end.
        if !matches!(question, Question::Chunk(_)) {
            self.say(reply);
        }
        match question {
            Question::SignIn => self.signed_in = true,
            Question::Sender(transaction) => {
                self.transaction = transaction;
                self.stage = Stage::Sender;
            }
            Question::Recipient => {
                self.transaction.recipients += 1;
                self.stage = Stage::Recipients;
            }
            Question::Data => self.mode = Mode::Data(Dotted::new()),
            Question::Chunk(chunk) => self.mode = Mode::Chunk(chunk),
            Question::End => {
                self.messages += 1;
                // Whoever brings mail for many is told no about some of them, and is no stranger who tries names.
                self.errors = 0;
                self.finish_transaction();
            }
        }
    }

    /// Says no to what was asked.
    pub fn refuse(&mut self, reply: &Reply) {
        let Some(question) = self.asked() else { return };
        match question {
            Question::Chunk(chunk) => {
                self.finish_transaction();
                self.skip(chunk, reply.clone());
            }
            Question::Data | Question::End => {
                self.finish_transaction();
                self.say_no(reply);
            }
            Question::SignIn | Question::Sender(_) | Question::Recipient => self.say_no(reply),
        }
    }

    /// Says no to a message while its text comes, as soon as the protocol has a place for that. No more of the text is
    /// handed out.
    pub fn refuse_text(&mut self, reply: &Reply) {
        if matches!(self.mode, Mode::Data(_) | Mode::Chunk(_)) || self.stage == Stage::Chunks {
            self.transaction.refused.get_or_insert_with(|| reply.clone());
        }
    }

    /// TLS has begun: all that was said before is forgotten (RFC 3207, 4.2). Of a connection that has ended meanwhile,
    /// nothing begins.
    pub fn secured(&mut self, now: Instant) {
        if !matches!(self.mode, Mode::Handshake) {
            return;
        }
        self.heard = now;
        self.input.clear();
        self.mode = Mode::Command;
        self.stage = Stage::Strange;
        self.hello = None;
        self.secure = true;
    }

    /// Ends the connection with this as the last word.
    pub fn end(&mut self, reply: &Reply) {
        if matches!(self.mode, Mode::Over) {
            return;
        }
        self.say(reply);
        self.input.clear();
        self.abandon();
        self.mode = Mode::Over;
    }

    /// When to call [`Session::expire`], if nothing is received until then.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let limits = &self.offer.limits;
        (self.heard + limits.idle).min(self.began + limits.total)
    }

    /// Ends the connection if its deadline has passed.
    pub fn expire(&mut self, now: Instant) {
        self.end_if_too_long(now);
        if now >= self.deadline() {
            self.end(&say::TOO_SLOW);
        }
    }

    /// Ends the connection if it has lasted for too long, though nobody was silent: a thousand commands may have come at
    /// once, each of which takes its time.
    pub fn end_if_too_long(&mut self, now: Instant) {
        if now >= self.began + self.offer.limits.total {
            self.end(&say::TOO_LONG);
        }
    }

    /// Why the text that comes is not taken, once that is known.
    #[must_use]
    pub fn text_refusal(&self) -> Option<&Reply> {
        self.transaction.refused.as_ref()
    }

    /// How the peer said hello, last.
    #[must_use]
    pub fn peer(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }

    /// Whether what is said is protected by TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }
}

/// What both halves, reading and answering, need.
impl Session {
    fn asked(&mut self) -> Option<Question> {
        match std::mem::replace(&mut self.mode, Mode::Command) {
            Mode::Asked(question) => Some(question),
            other => {
                self.mode = other;
                None
            }
        }
    }

    fn say(&mut self, reply: &Reply) {
        reply.write(&mut self.output);
    }

    /// Says no to what a line said, until it was too often.
    fn say_no(&mut self, reply: &Reply) {
        if reply.code() == 421 {
            return self.end(reply);
        }
        self.say(reply);
        self.errors += u32::from(reply.code() >= 500);
        if self.errors >= self.offer.limits.errors {
            self.end(&say::TOO_MANY_ERRORS);
        }
    }

    /// Reads a chunk only to get past it.
    fn skip(&mut self, mut chunk: Chunk, reply: Reply) {
        if !matches!(self.mode, Mode::Over) {
            chunk.refused = Some(reply);
            self.mode = Mode::Chunk(chunk);
        }
    }

    /// The transaction is over, and the driver knows.
    fn finish_transaction(&mut self) {
        self.transaction = Transaction::default();
        if self.stage != Stage::Strange {
            self.stage = Stage::Ready;
        }
    }

    /// The transaction is over, if there is one, and the driver will be told.
    fn abandon(&mut self) {
        let begun = !matches!(self.stage, Stage::Strange | Stage::Ready);
        self.abandoned |= begun && self.transaction.refused.is_none();
        self.finish_transaction();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After its greeting.
    fn session(start_tls: bool, now: Instant) -> Session {
        let offer = Offer {
            host: "mail.example.org".to_owned(),
            start_tls,
            sign_in: SignIn::Never,
            limits: Limits::default(),
        };
        let mut session = Session::new(offer, false, now);
        let _ = session.output();
        session.receive(b"HELO x\r\n", now);
        assert_eq!(session.poll(), None);
        session
    }

    #[test]
    fn a_connection_that_takes_too_long_ends_between_two_commands_that_came_together() {
        let now = Instant::now();
        let hour = Limits::default().total;
        let mut session = session(false, now);
        session.receive(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n", now);
        assert!(matches!(session.poll(), Some(Event::Sender(_))));
        session.accept();
        session.end_if_too_long(now + hour / 2);
        assert!(matches!(session.poll(), Some(Event::Recipient(_))));
        session.accept();
        session.end_if_too_long(now + hour);
        assert_eq!(session.poll(), Some(Event::Abandoned));
        assert_eq!(session.poll(), Some(Event::Close));
        assert!(
            session
                .output()
                .ends_with(b"421 4.7.0 This connection has taken too long\r\n")
        );
    }

    #[test]
    fn a_connection_that_has_ended_begins_no_tls() {
        let now = Instant::now();
        let mut session = session(true, now);
        session.receive(b"STARTTLS\r\n", now);
        assert_eq!(session.poll(), Some(Event::StartTls));
        session.expire(session.deadline());
        session.secured(now);
        assert_eq!((session.is_secure(), session.poll()), (false, Some(Event::Close)));
    }
}
