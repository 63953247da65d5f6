//! What an invitation is about (RFC 5545): enough to show beside a message. To take part is for a calendar, which reads the
//! attachment itself.

/// More lines than this no invitation needs.
const MAX_LINES: usize = 10_000;
/// How much of one value is shown, in bytes.
const MAX_VALUE: usize = 4_096;

/// The first event of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// What is wanted (`REQUEST`, `CANCEL`, `REPLY`); empty if nothing is said.
    pub method: String,
    /// The title.
    pub summary: String,
    /// When it begins.
    pub start: Option<Moment>,
    /// When it ends.
    pub end: Option<Moment>,
    /// How long it takes, as it is written (`PT1H`), where that stands in place of an end.
    pub duration: String,
    /// Who invites: the name if there is one, and the address without `mailto:`.
    pub organizer: (String, String),
    /// Where it is.
    pub location: String,
    /// True if it recurs.
    pub recurs: bool,
}

/// A time as a calendar has it. Which moment that is follows from the zone, and zones are known to who draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Year, month, day.
    pub date: (u16, u8, u8),
    /// Hour, minute, second; `None` for whole days.
    pub time: Option<(u8, u8, u8)>,
    /// Where the clock hangs.
    pub zone: Zone,
}

/// Where a clock hangs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// Wherever the reader is.
    Floating,
    /// In Greenwich.
    Utc,
    /// As the calendar names it: `Europe/Vienna`, or one of the names of Windows.
    Named(String),
}

/// `NAME;PARAMETER=x:value`.
struct Property<'l> {
    name: String,
    parameters: &'l str,
    value: &'l str,
}

/// Reads the first event, if there is one.
pub(crate) fn read(text: &str) -> Option<Event> {
    let mut event = None;
    let mut method = String::new();
    let mut open = Vec::new();
    for line in unfolded(text) {
        let Some(property) = Property::read(&line) else {
            continue;
        };
        match (property.name.as_str(), open.len()) {
            ("BEGIN", 0..=8) => open.push(property.value.to_ascii_uppercase()),
            ("END", _) if open.pop().as_deref() == Some("VEVENT") => break,
            ("METHOD", 1) => method = property.text(),
            _ => {}
        }
        // Alarms lie within an event, and zones beside it.
        if open.last().is_some_and(|inner| inner == "VEVENT") {
            event.get_or_insert_with(Event::default).take(&property);
        }
    }
    event.map(|event| Event { method, ..event })
}

impl Event {
    fn take(&mut self, property: &Property<'_>) {
        match property.name.as_str() {
            "SUMMARY" => self.summary = property.text(),
            "LOCATION" => self.location = property.text(),
            "DTSTART" => self.start = property.moment(),
            "DTEND" => self.end = property.moment(),
            "DURATION" => self.duration = property.text(),
            "RRULE" | "RDATE" => self.recurs = true,
            "ORGANIZER" => self.organizer = property.person(),
            _ => {}
        }
    }
}

/// Lines that begin with a blank belong to the one before (section 3.1).
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().take(MAX_LINES) {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some(last)) => {
                let room = MAX_VALUE.saturating_sub(last.len());
                last.push_str(&more[..more.floor_char_boundary(room)]);
            }
            _ => lines.push(line[..line.floor_char_boundary(MAX_VALUE)].to_owned()),
        }
    }
    lines
}

impl<'l> Property<'l> {
    fn read(line: &'l str) -> Option<Self> {
        let mut is_quoted = false;
        let colon = line.bytes().position(|byte| {
            is_quoted ^= byte == b'"';
            byte == b':' && !is_quoted
        })?;
        let (head, value) = (&line[..colon], &line[colon + 1..]);
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        Some(Self {
            name: name.trim().to_ascii_uppercase(),
            parameters,
            value: value.trim(),
        })
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let mut found = self
            .parameters
            .split(';')
            .filter_map(|parameter| parameter.split_once('='));
        let (_, value) = found.find(|(there, _)| there.eq_ignore_ascii_case(name))?;
        Some(crate::head::one_line(value.trim_matches('"')))
    }

    /// With its escapes taken away (section 3.3.11), in one line.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => text.extend(chars.next().map(|c| if matches!(c, 'n' | 'N') { ' ' } else { c })),
                _ => text.push(c),
            }
        }
        crate::head::one_line(&text)
    }

    fn person(&self) -> (String, String) {
        let has_scheme = self
            .value
            .get(..7)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let address = if has_scheme { &self.value[7..] } else { self.value };
        (
            self.parameter("CN").unwrap_or_default(),
            crate::head::one_line(address),
        )
    }

    fn moment(&self) -> Option<Moment> {
        let (date, rest) = (self.value.get(..8)?, self.value.get(8..)?);
        let number = |text: Option<&str>| {
            text.filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?
                .parse()
                .ok()
        };
        let time = rest.strip_prefix('T').map(|time| {
            Some((
                number(time.get(..2))?,
                number(time.get(2..4))?,
                number(time.get(4..6))?,
            ))
        });
        let zone = match self.parameter("TZID") {
            _ if rest.ends_with('Z') => Zone::Utc,
            Some(name) => Zone::Named(name),
            None => Zone::Floating,
        };
        let year = date
            .get(..4)
            .filter(|year| year.bytes().all(|b| b.is_ascii_digit()))?
            .parse()
            .ok()?;
        let moment = Moment {
            date: (year, number(date.get(4..6))?, number(date.get(6..))?),
            time: match time {
                Some(time) => Some(time?),
                None => None,
            },
            zone,
        };
        moment.is_possible().then_some(moment)
    }
}

impl Moment {
    fn is_possible(&self) -> bool {
        let (_, month, day) = self.date;
        let (hour, minute, second) = self.time.unwrap_or_default();
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_says_what_when_where_and_who() {
        let text = concat!(
            "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nDTSTART:19700101T000000\r\n",
            "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nSUMMARY:Lunch\\, all of\r\n  us\\nhere\r\n",
            "DTSTART;TZID=\"Europe/Vienna\":20261127T123000\r\nDTEND:20261127T123000Z\r\nRRULE:FREQ=DAILY\r\n",
            "ORGANIZER;CN=\"Ada: L\":MAILTO:ada@example.org\r\nLOCATION:Room 1\r\nBEGIN:VALARM\r\n",
            "SUMMARY:no\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:other\r\nEND:VEVENT\r\n",
        );
        let event = read(text).expect("there is one");
        assert_eq!(event.method, "REQUEST");
        assert_eq!(event.summary, "Lunch, all of us here");
        assert_eq!(event.location, "Room 1");
        assert_eq!(
            event.organizer,
            ("Ada: L".to_owned(), "ada@example.org".to_owned())
        );
        assert!(event.recurs);
        let start = event.start.expect("it begins");
        assert_eq!((start.date, start.time), ((2026, 11, 27), Some((12, 30, 0))));
        assert_eq!(start.zone, Zone::Named("Europe/Vienna".to_owned()));
        assert_eq!(event.end.expect("it ends").zone, Zone::Utc);
    }

    #[test]
    fn whole_days_have_no_time() {
        let event = read("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nDURATION:P1D\n").expect("there is one");
        let day = Moment {
            date: (2026, 1, 1),
            time: None,
            zone: Zone::Floating,
        };
        assert_eq!(event.start, Some(day));
        assert_eq!(event.duration, "P1D");
    }

    #[test]
    fn what_is_no_event_is_none() {
        for text in [
            "",
            "hello",
            "BEGIN:VCALENDAR\nEND:VCALENDAR",
            "END:VEVENT\n",
            ":\n;:\n",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let odd = read("BEGIN:VEVENT\nDTSTART:2026é101\nDTEND:20269901T999999\n").expect("there is one");
        assert_eq!((odd.start, odd.end), (None, None));
    }
}
