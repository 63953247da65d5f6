//! What somebody typed to find messages again.
//!
//! ```text
//! lunch -"all staff" from:jane has:attachment after:2026-01-31 label:family
//! ```
//!
//! All of it must hold. A word finds what begins with it, in quotes only itself; a minus excludes. What looks like an
//! operator and is none is looked for as words.

use time::{Date, Month};

use crate::{Field, fold};

const DAY_MS: i64 = 86_400_000;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    conditions: Vec<Condition>,
}

/// Something that must hold of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Or rather must not.
    pub is_not: bool,
    /// What.
    pub test: Test,
}

/// Something that may hold of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It has all these words, each in one of these fields.
    Words {
        /// Where.
        fields: Vec<Field>,
        /// What.
        words: Vec<Word>,
    },
    /// Something is attached to it.
    HasAttachment,
    /// This is noted on it.
    Is(State),
    /// It lies there: inbox, archive, trash, spam, sent, or the name of a folder.
    In(String),
    /// It has the label of that name.
    Label(String),
    /// It came then: at or after the first moment, before the second.
    Received {
        /// In milliseconds since 1970.
        from_ms: i64,
        /// Likewise.
        to_ms: i64,
    },
    /// It is larger than that.
    Larger {
        /// In bytes.
        bytes: u64,
    },
    /// It is smaller than that.
    Smaller {
        /// In bytes.
        bytes: u64,
    },
}

/// What is noted on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was read.
    Read,
    /// It was not.
    Unread,
    /// It has a star.
    Starred,
    /// It was answered.
    Answered,
    /// It was passed on.
    Forwarded,
}

/// A word, or how one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    text: String,
    is_whole: bool,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// This is no date.
    #[error("“{0}” is no date: write it as 2026-01-31")]
    Date(String),
    /// This is no span of time.
    #[error("“{0}” is no span of time: write it as 30d, 2w, 6m or 1y")]
    Span(String),
    /// This is no size.
    #[error("“{0}” is no size: write it as 500k or 10m")]
    Size(String),
    /// No message is that.
    #[error("a message can be read, unread, starred, answered or forwarded; not “{0}”")]
    State(String),
    /// No message has that.
    #[error("a message can have an attachment; not “{0}”")]
    Has(String),
    /// There is no such folder. Who knows the folders says so.
    #[error("there is no folder “{0}”")]
    Folder(String),
    /// There is no such label.
    #[error("there is no label “{0}”")]
    Label(String),
}

impl Word {
    /// The word, as an index has it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing may follow.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl Query {
    /// Reads what somebody typed, at that moment, where clocks are so far ahead of UTC.
    ///
    /// # Errors
    /// [`Mistake`], if an operator's value makes no sense.
    pub fn parse(typed: &str, now_ms: i64, ahead_minutes: i32) -> Result<Self, Mistake> {
        let clock = Clock {
            now_ms,
            ahead_ms: i64::from(ahead_minutes) * 60_000,
        };
        let conditions = terms(typed).filter_map(|term| term.condition(&clock).transpose());
        Ok(Self {
            conditions: conditions.collect::<Result<_, _>>()?,
        })
    }

    /// What must hold.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether it takes an index to answer.
    #[must_use]
    pub fn asks_for_words(&self) -> bool {
        let asks = |condition: &Condition| matches!(condition.test, Test::Words { .. });
        self.conditions.iter().any(asks)
    }
}

/// The time of whoever types.
struct Clock {
    now_ms: i64,
    ahead_ms: i64,
}

/// `-name:value`, as typed.
struct Term<'a> {
    is_not: bool,
    name: Option<&'a str>,
    value: &'a str,
    is_quoted: bool,
}

/// Terms are separated by blanks that are not in quotes. A quote that is not closed ends with the text.
fn terms(typed: &str) -> impl Iterator<Item = Term<'_>> {
    let mut rest = typed;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let (term, after) = Term::first(rest)?;
        rest = after;
        Some(term)
    })
}

impl<'a> Term<'a> {
    /// The first term of a text that does not begin with a blank, and what follows it.
    fn first(typed: &'a str) -> Option<(Self, &'a str)> {
        if typed.is_empty() {
            return None;
        }
        let (is_not, typed) = match typed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        let name_end = typed
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(typed.len());
        let (name, value) = match typed[name_end..].strip_prefix(':') {
            Some(value) if name_end > 0 => (Some(&typed[..name_end]), value),
            _ => (None, typed),
        };
        let (value, is_quoted, rest) = match value.strip_prefix('"') {
            Some(inside) => {
                let (value, rest) = inside.split_once('"').unwrap_or((inside, ""));
                (value, true, rest)
            }
            None => {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                (&value[..end], false, &value[end..])
            }
        };
        let term = Self {
            is_not,
            name,
            value,
            is_quoted,
        };
        Some((term, rest))
    }

    /// What it asks for; `None` if there is nothing in it.
    fn condition(&self, clock: &Clock) -> Result<Option<Condition>, Mistake> {
        let test = match self.name.map(str::to_ascii_lowercase).as_deref() {
            Some("from") => self.words(&[Field::From]),
            Some("to" | "cc") => self.words(&[Field::To]),
            Some("subject") => self.words(&[Field::Subject]),
            Some("body") => self.words(&[Field::Body]),
            Some("file" | "filename") => self.words(&[Field::File]),
            Some("has") => Some(self.has()?),
            Some("is") => Some(Test::Is(self.state()?)),
            Some("in" | "folder") => self.text().map(Test::In),
            Some("label" | "tag") => self.text().map(Test::Label),
            Some("before") => Some(received(i64::MIN, self.midnight(clock)?)),
            Some("after" | "since") => Some(received(self.midnight(clock)?, i64::MAX)),
            Some("on") => {
                let begins = self.midnight(clock)?;
                Some(received(begins, begins + DAY_MS))
            }
            Some("older") => Some(received(i64::MIN, self.ago(clock)?)),
            Some("newer") => Some(received(self.ago(clock)?, i64::MAX)),
            Some("larger") => Some(Test::Larger { bytes: self.size()? }),
            Some("smaller") => Some(Test::Smaller { bytes: self.size()? }),
            Some(name) => self.words_of(&Field::ALL, &format!("{name} {}", self.value)),
            None => self.words(&Field::ALL),
        };
        let is_not = self.is_not;
        Ok(test.map(|test| Condition { is_not, test }))
    }

    fn words(&self, fields: &[Field]) -> Option<Test> {
        self.words_of(fields, self.value)
    }

    fn words_of(&self, fields: &[Field], text: &str) -> Option<Test> {
        let is_whole = self.is_quoted;
        let words: Vec<_> = fold::words(text).map(|text| Word { text, is_whole }).collect();
        (!words.is_empty()).then(|| Test::Words {
            fields: fields.to_vec(),
            words,
        })
    }

    fn text(&self) -> Option<String> {
        let text = self.value.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn has(&self) -> Result<Test, Mistake> {
        match &*self.value.to_lowercase() {
            "attachment" | "attachments" | "file" => Ok(Test::HasAttachment),
            _ => Err(Mistake::Has(self.value.to_owned())),
        }
    }

    fn state(&self) -> Result<State, Mistake> {
        match &*self.value.to_lowercase() {
            "read" => Ok(State::Read),
            "unread" => Ok(State::Unread),
            "starred" => Ok(State::Starred),
            "answered" => Ok(State::Answered),
            "forwarded" => Ok(State::Forwarded),
            _ => Err(Mistake::State(self.value.to_owned())),
        }
    }

    /// When that day begins where they are.
    fn midnight(&self, clock: &Clock) -> Result<i64, Mistake> {
        let day = date(self.value).ok_or_else(|| Mistake::Date(self.value.to_owned()))?;
        let day_ms = day.midnight().assume_utc().unix_timestamp() * 1000;
        Ok(day_ms - clock.ahead_ms)
    }

    /// That long ago.
    fn ago(&self, clock: &Clock) -> Result<i64, Mistake> {
        let (count, unit) = number_and_unit(self.value);
        let days = match &*unit.to_ascii_lowercase() {
            "d" => Some(1),
            "w" => Some(7),
            "m" => Some(30),
            "y" => Some(365),
            _ => None,
        };
        let span = days.zip(count).and_then(|(days, count)| {
            let count = i64::try_from(count).ok()?;
            count.checked_mul(days * DAY_MS)
        });
        let span = span.ok_or_else(|| Mistake::Span(self.value.to_owned()))?;
        Ok(clock.now_ms.saturating_sub(span))
    }

    fn size(&self) -> Result<u64, Mistake> {
        let (count, unit) = number_and_unit(self.value);
        let factor: Option<u64> = match &*unit.to_ascii_lowercase() {
            "" | "b" => Some(1),
            "k" | "kb" => Some(1 << 10),
            "m" | "mb" => Some(1 << 20),
            "g" | "gb" => Some(1 << 30),
            _ => None,
        };
        let bytes = factor
            .zip(count)
            .and_then(|(factor, count)| count.checked_mul(factor));
        bytes.ok_or_else(|| Mistake::Size(self.value.to_owned()))
    }
}

fn received(from_ms: i64, to_ms: i64) -> Test {
    Test::Received { from_ms, to_ms }
}

/// `2026-01-31`, or with slashes.
fn date(text: &str) -> Option<Date> {
    let mut fields = text.splitn(3, ['-', '/']);
    let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
    let month: u8 = month.parse().ok()?;
    Date::from_calendar_date(
        year.parse().ok()?,
        Month::try_from(month).ok()?,
        day.parse().ok()?,
    )
    .ok()
}

fn number_and_unit(text: &str) -> (Option<u64>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().ok(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-27 at noon, UTC.
    const NOW_MS: i64 = 1_795_780_800_000;

    fn parse(typed: &str) -> Result<Vec<Condition>, Mistake> {
        Query::parse(typed, NOW_MS, 60).map(|query| query.conditions)
    }

    fn one(typed: &str) -> Test {
        let mut conditions = parse(typed).expect("a query");
        assert_eq!(conditions.len(), 1, "{typed}");
        conditions.remove(0).test
    }

    fn has(fields: &[Field], words: &[&str], is_whole: bool) -> Test {
        let word = |text: &&str| Word {
            text: (*text).to_owned(),
            is_whole,
        };
        Test::Words {
            fields: fields.to_vec(),
            words: words.iter().map(word).collect(),
        }
    }

    #[test]
    fn words_are_looked_for_everywhere_and_by_their_beginnings() {
        assert_eq!(one("Jür"), has(&Field::ALL, &["jur"], false));
        assert_eq!(parse("two words").expect("a query").len(), 2);
        assert_eq!(one("\"Two words\""), has(&Field::ALL, &["two", "words"], true));
        assert_eq!(one("\"open"), has(&Field::ALL, &["open"], true));
    }

    #[test]
    fn operators_look_where_they_say() {
        assert_eq!(one("from:jane.doe"), has(&[Field::From], &["jane", "doe"], false));
        assert_eq!(
            one("SUBJECT:\"tea time\""),
            has(&[Field::Subject], &["tea", "time"], true)
        );
        assert_eq!(one("in:\"my folder\""), Test::In("my folder".to_owned()));
        assert_eq!(one("is:unread"), Test::Is(State::Unread));
        assert_eq!(one("larger:10M"), Test::Larger { bytes: 10 << 20 });
        assert_eq!(one("has:attachment"), Test::HasAttachment);
    }

    #[test]
    fn a_minus_excludes() {
        let conditions = parse("-from:jane tea").expect("a query");
        assert_eq!(conditions[0].test, has(&[Field::From], &["jane"], false));
        assert_eq!(
            conditions.iter().map(|one| one.is_not).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn days_begin_where_somebody_is() {
        let midnight = 1_794_780_000_000 - 1_794_780_000_000 % DAY_MS;
        let at = |hours: i64| midnight + hours * 3_600_000;
        let day = date("2026-11-15")
            .expect("a date")
            .midnight()
            .assume_utc()
            .unix_timestamp()
            * 1000;
        assert_eq!(day, midnight);
        assert_eq!(one("on:2026-11-15"), received(at(-1), at(23)));
        assert_eq!(one("before:2026/11/15"), received(i64::MIN, at(-1)));
        assert_eq!(one("after:2026-11-15"), received(at(-1), i64::MAX));
        assert_eq!(one("newer:2w"), received(NOW_MS - 14 * DAY_MS, i64::MAX));
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (typed, mistake) in [
            ("before:tomorrow", Mistake::Date("tomorrow".to_owned())),
            ("on:2026-02-30", Mistake::Date("2026-02-30".to_owned())),
            (
                "older:9999999999999999d",
                Mistake::Span("9999999999999999d".to_owned()),
            ),
            ("newer:3", Mistake::Span("3".to_owned())),
            ("larger:huge", Mistake::Size("huge".to_owned())),
            ("is:good", Mistake::State("good".to_owned())),
            ("has:wings", Mistake::Has("wings".to_owned())),
        ] {
            assert_eq!(parse(typed), Err(mistake), "{typed}");
        }
    }

    #[test]
    fn what_is_no_operator_is_words() {
        assert_eq!(one("re:tea"), has(&Field::ALL, &["re", "tea"], false));
        assert_eq!(one("10:30"), has(&Field::ALL, &["10", "30"], false));
        for nothing in ["", "  ", "-", "\"\"", "from:", "in:\" \"", "!?"] {
            assert_eq!(parse(nothing), Ok(Vec::new()), "{nothing}");
        }
    }
}
