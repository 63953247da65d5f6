//! What each command does, when the table of rules lets it.

use crate::command;
use crate::path::Address;
use crate::reply::{Reply, say};
use crate::rules::Stage;
use crate::sasl;

use super::reading::Step;
use super::{Chunk, Event, Hello, Mode, Question, Session, SignIn, Transaction};

impl Session {
    pub(crate) fn ehlo(&mut self, rest: &str) -> Result<Step, Reply> {
        let text = self.extensions();
        self.hello(rest, true, text)
    }

    pub(crate) fn helo(&mut self, rest: &str) -> Result<Step, Reply> {
        let text = self.offer.host.clone();
        self.hello(rest, false, text)
    }

    fn hello(&mut self, rest: &str, extended: bool, text: String) -> Result<Step, Reply> {
        let name = command::name(rest)?;
        self.abandon();
        self.stage = Stage::Ready;
        self.hello = Some(Hello { name, extended });
        Ok(self.yes(&Reply::bare(250, text)))
    }

    fn extensions(&self) -> String {
        let mut lines = vec![
            self.offer.host.clone(),
            "PIPELINING".to_owned(),
            format!("SIZE {}", self.offer.limits.message_bytes),
            "8BITMIME".to_owned(),
            "SMTPUTF8".to_owned(),
            "CHUNKING".to_owned(),
            "ENHANCEDSTATUSCODES".to_owned(),
            "DSN".to_owned(),
        ];
        if self.offer.start_tls && !self.secure {
            lines.push("STARTTLS".to_owned());
        }
        if self.offer.sign_in == SignIn::Required && self.secure {
            lines.push("AUTH PLAIN LOGIN".to_owned());
        }
        lines.join("\n")
    }

    pub(crate) fn start_tls(&mut self, rest: &str) -> Result<Step, Reply> {
        command::nothing(rest)?;
        if self.secure {
            return Err(say::OUT_OF_ORDER);
        }
        if !self.offer.start_tls {
            return Err(say::NOT_OFFERED);
        }
        self.say(&say::START_TLS);
        // Somebody on the way could have added commands behind this one, to be obeyed as if they had come through TLS.
        self.input.clear();
        self.mode = Mode::Handshake;
        Ok(Step::Tell(Event::StartTls))
    }

    pub(crate) fn auth(&mut self, rest: &str) -> Result<Step, Reply> {
        let (mechanism, initial) = command::auth(rest)?;
        if self.offer.sign_in == SignIn::Never {
            return Err(say::NOT_OFFERED);
        }
        if !self.secure {
            return Err(say::TLS_FIRST);
        }
        if self.signed_in {
            return Err(say::OUT_OF_ORDER);
        }
        Ok(self.sign_in(sasl::begin(&mechanism, initial)))
    }

    pub(crate) fn mail(&mut self, rest: &str) -> Result<Step, Reply> {
        let limits = &self.offer.limits;
        if self.messages >= limits.messages {
            return Err(say::ENOUGH_MESSAGES);
        }
        if self.offer.sign_in == SignIn::Required && !self.signed_in {
            return Err(say::SIGN_IN_FIRST);
        }
        let sender = command::mail(rest)?;
        if sender.size_bytes.is_some_and(|size| size > limits.message_bytes) {
            return Err(say::TOO_LARGE);
        }
        let transaction = Transaction {
            utf8: sender.utf8,
            ..Transaction::default()
        };
        Ok(self.ask(Question::Sender(transaction), Event::Sender(sender)))
    }

    pub(crate) fn rcpt(&mut self, rest: &str) -> Result<Step, Reply> {
        let recipient = command::rcpt(rest)?;
        let ascii = recipient.path.address().is_none_or(Address::is_ascii);
        if !ascii && !self.transaction.utf8 {
            return Err(say::NEEDS_UTF8);
        }
        if self.transaction.recipients >= self.offer.limits.recipients {
            return Err(say::TOO_MANY_RECIPIENTS);
        }
        Ok(self.ask(Question::Recipient, Event::Recipient(recipient)))
    }

    pub(crate) fn data(&mut self, rest: &str) -> Result<Step, Reply> {
        command::nothing(rest)?;
        Ok(self.ask(Question::Data, Event::Text))
    }

    pub(crate) fn bdat(&mut self, rest: &str) -> Result<Step, Reply> {
        Ok(match Chunk::announced(rest) {
            Err(reply) => self.over(&reply),
            Ok(chunk) if self.stage == Stage::Chunks => {
                self.mode = Mode::Chunk(chunk);
                Step::Go
            }
            Ok(chunk) => self.ask(Question::Chunk(chunk), Event::Text),
        })
    }

    /// Reads a chunk that was not asked for, to get past it.
    pub(super) fn skip_announced(&mut self, rest: &str, reply: Reply) -> Step {
        match Chunk::announced(rest) {
            Err(reply) => self.over(&reply),
            Ok(chunk) => {
                self.skip(chunk, reply);
                Step::Go
            }
        }
    }

    pub(crate) fn rset(&mut self, rest: &str) -> Result<Step, Reply> {
        command::nothing(rest)?;
        self.abandon();
        Ok(self.yes(&say::OK))
    }

    pub(crate) fn noop(&mut self, _: &str) -> Result<Step, Reply> {
        Ok(self.yes(&say::OK))
    }

    pub(crate) fn vrfy(&mut self, _: &str) -> Result<Step, Reply> {
        Ok(self.yes(&say::NOT_VERIFIED))
    }

    pub(crate) fn help(&mut self, _: &str) -> Result<Step, Reply> {
        Ok(self.yes(&say::HELP))
    }

    pub(crate) fn quit(&mut self, rest: &str) -> Result<Step, Reply> {
        command::nothing(rest)?;
        Ok(self.over(&say::BYE))
    }
}

impl Chunk {
    /// What follows `BDAT`. Where that cannot be read, a message of unknown length follows, which must not be taken for
    /// commands.
    fn announced(rest: &str) -> Result<Self, Reply> {
        let (left, last) = command::bdat(rest)?;
        Ok(Self {
            left,
            last,
            refused: None,
        })
    }
}
