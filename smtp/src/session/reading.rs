//! The machine: looks at what has come, one step after another.

use std::ops::Range;

use crate::body::{Dotted, Piece};
use crate::command::Verb;
use crate::input::Line;
use crate::reply::{Reply, say};
use crate::rules::{Rule, Stage};
use crate::sasl::{self, Exchange};

use super::{Chunk, Event, Mode, Question, Session};

/// What a step led to.
pub(crate) enum Step {
    /// There may be more to do.
    Go,
    /// There is nothing to do.
    Wait,
    Tell(Event<'static>),
    /// Text, and where in the input it lies.
    Piece(Range<usize>),
}

impl Session {
    pub(super) fn step(&mut self) -> Step {
        if std::mem::take(&mut self.abandoned) {
            return Step::Tell(Event::Abandoned);
        }
        match std::mem::replace(&mut self.mode, Mode::Command) {
            Mode::Command => self.read_command(),
            Mode::Sasl(exchange) => self.read_response(exchange),
            Mode::Data(dotted) => self.read_data(dotted),
            Mode::Chunk(chunk) => self.read_chunk(chunk),
            Mode::Over => {
                self.mode = Mode::Over;
                Step::Tell(Event::Close)
            }
            waiting @ (Mode::Greeting | Mode::Asked(_) | Mode::Handshake) => {
                self.mode = waiting;
                Step::Wait
            }
        }
    }

    fn read_command(&mut self) -> Step {
        let line = match self.line() {
            Ok(line) => line,
            Err(step) => return step,
        };
        Verb::parse(&line)
            .and_then(|(verb, rest)| self.obey(Rule::of(verb), rest))
            .unwrap_or_else(|reply| self.no(&reply))
    }

    fn obey(&mut self, rule: &Rule, rest: &str) -> Result<Step, Reply> {
        if rule.waits() && !self.input.is_empty() {
            return Ok(self.over(&say::NOT_YOUR_TURN));
        }
        match rule.refusal(self.stage) {
            None => rule.proceed(self, rest),
            // What it announces comes all the same.
            Some(reply) if rule.verb() == Verb::Bdat => Ok(self.skip_announced(rest, reply)),
            Some(reply) => Err(reply),
        }
    }

    fn read_response(&mut self, exchange: Exchange) -> Step {
        match self.line() {
            Ok(_) if !self.input.is_empty() => self.over(&say::NOT_YOUR_TURN),
            Ok(line) => self.sign_in(exchange.hear(&line)),
            Err(step) => {
                if matches!(step, Step::Wait) {
                    self.mode = Mode::Sasl(exchange);
                }
                step
            }
        }
    }

    pub(super) fn sign_in(&mut self, step: sasl::Step) -> Step {
        match step {
            sasl::Step::Ask(exchange, reply) => {
                self.say(&reply);
                self.mode = Mode::Sasl(exchange);
                Step::Go
            }
            sasl::Step::Done(credentials) => self.ask(Question::SignIn, Event::SignIn(credentials)),
            sasl::Step::Refuse(reply) => self.no(&reply),
        }
    }

    /// The next line, or what to do without it.
    fn line(&mut self) -> Result<String, Step> {
        match self.input.line(self.offer.limits.line_bytes) {
            Line::Whole(line) => String::from_utf8(line).map_err(|_| self.no(&say::NOT_TEXT)),
            Line::Incomplete => Err(Step::Wait),
            Line::TooLong => Err(self.over(&say::LINE_TOO_LONG)),
            Line::Bare => Err(self.over(&say::BARE)),
        }
    }

    fn read_data(&mut self, mut dotted: Dotted) -> Step {
        let piece = dotted.next(self.input.rest());
        if piece == Piece::Bare {
            dotted.tolerate();
        }
        self.mode = Mode::Data(dotted);
        match piece {
            Piece::Incomplete => Step::Wait,
            Piece::Bare => self.refuse_bare(),
            Piece::Text(count) => self.text(count),
            Piece::Dot => {
                self.input.take(1);
                Step::Go
            }
            Piece::End(count) => {
                self.input.take(count);
                self.end_of_text()
            }
        }
    }

    fn read_chunk(&mut self, mut chunk: Chunk) -> Step {
        if chunk.left == 0 {
            return self.end_of_chunk(chunk);
        }
        let bytes = self.input.rest();
        let count = bytes.len().min(usize::try_from(chunk.left).unwrap_or(usize::MAX));
        let skipped = chunk.refused.is_some();
        let paired = skipped || self.transaction.is_bare || self.transaction.pairs.hold(&bytes[..count]);
        chunk.left -= count as u64;
        self.mode = Mode::Chunk(chunk);
        match count {
            0 => Step::Wait,
            _ if !paired => {
                self.input.take(count);
                self.refuse_bare()
            }
            _ if skipped => {
                self.input.take(count);
                Step::Go
            }
            _ => self.text(count),
        }
    }

    fn end_of_chunk(&mut self, chunk: Chunk) -> Step {
        if let Some(reply) = chunk.refused {
            return self.no(&reply);
        }
        if chunk.last && !self.transaction.pairs.hold_at_end() {
            return self.over(&say::BARE_TEXT);
        }
        if chunk.last || self.transaction.refused.is_some() {
            return self.end_of_text();
        }
        self.say(&say::CHUNK);
        self.stage = Stage::Chunks;
        Step::Go
    }

    /// Hands out so much text, unless the message is refused already.
    fn text(&mut self, count: usize) -> Step {
        let range = self.input.take(count);
        self.transaction.size_bytes += count as u64;
        if self.transaction.refused.is_some() {
            return Step::Go;
        }
        if self.transaction.size_bytes > self.offer.limits.message_bytes {
            self.transaction.refused = Some(say::TOO_LARGE);
            return Step::Tell(Event::Abandoned);
        }
        Step::Piece(range)
    }

    /// A CR or LF stands alone in a text. That is said where its end has come: whoever writes does not read before, and
    /// would find the line broken instead of the reason, and come again for days.
    fn refuse_bare(&mut self) -> Step {
        self.transaction.is_bare = true;
        match self.transaction.refused.replace(say::BARE_TEXT) {
            None => Step::Tell(Event::Abandoned),
            Some(_) => Step::Go,
        }
    }

    fn end_of_text(&mut self) -> Step {
        let is_bare = self.transaction.is_bare;
        match self.transaction.refused.take() {
            // Where two may differ about where the text ends, nothing behind it is read.
            Some(reply) if is_bare => {
                self.finish_transaction();
                self.over(&reply)
            }
            None => self.ask(Question::End, Event::End),
            Some(reply) => {
                self.mode = Mode::Command;
                self.finish_transaction();
                self.no(&reply)
            }
        }
    }

    pub(super) fn ask(&mut self, question: Question, event: Event<'static>) -> Step {
        self.mode = Mode::Asked(question);
        Step::Tell(event)
    }

    pub(super) fn yes(&mut self, reply: &Reply) -> Step {
        self.say(reply);
        Step::Go
    }

    pub(super) fn no(&mut self, reply: &Reply) -> Step {
        self.say_no(reply);
        Step::Go
    }

    pub(super) fn over(&mut self, reply: &Reply) -> Step {
        self.end(reply);
        Step::Go
    }
}
