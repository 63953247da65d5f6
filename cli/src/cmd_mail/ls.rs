//! `postern mail ls`

use std::rc::Rc;

use clap::Args as ClapArgs;
use postern_client::mail::{Drawer, Entry, MailRoot, Origin};
use serde::Serialize;

use super::choose::SHORT;
use super::place;
use crate::desk::Desk;
use crate::failure::Result;
use crate::table::table;
use crate::term::{moment, plain};

/// List messages, newest first
#[derive(ClapArgs)]
pub(super) struct Ls {
    /// The folder, or "all" for every folder but spam and trash
    #[arg(default_value = "inbox", value_name = "FOLDER")]
    place: String,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50, value_name = "COUNT")]
    limit: usize,
    /// Only those that were not read
    #[arg(long)]
    unread: bool,
    /// Whole ids, addresses and sizes too
    #[arg(short, long)]
    long: bool,
}

#[derive(Serialize)]
pub(super) struct Listed {
    pub(super) messages: Vec<Listing>,
}

/// A message in JSON.
#[derive(Serialize)]
pub(super) struct Listing {
    id: String,
    received_ms: i64,
    from: Vec<Person>,
    to: Vec<Person>,
    subject: String,
    snippet: String,
    size_bytes: u64,
    attachments: Vec<String>,
    folder: String,
    labels: Vec<String>,
    read: bool,
    starred: bool,
    origin: &'static str,
}

#[derive(Serialize)]
struct Person {
    name: String,
    address: String,
}

impl Ls {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let mailbox = super::mailbox(desk).await?;
        let order = mailbox.order();
        let wanted = match self.place.as_str() {
            "all" => Drawer::Everything,
            typed => Drawer::Place(place::parse(typed, &order)?),
        };
        let chosen = loop {
            let chosen = self.choose(&mailbox.entries(), &wanted, &order);
            if chosen.len() == self.limit || mailbox.is_whole() {
                break chosen;
            }
            mailbox.load_older().await?;
        };
        let listed = Listed {
            messages: chosen.iter().map(|entry| listing(entry, &order)).collect(),
        };
        desk.say().answer(&listed, || human(&listed.messages, self.long))
    }

    fn choose(&self, entries: &[Rc<Entry>], wanted: &Drawer, order: &MailRoot) -> Vec<Rc<Entry>> {
        entries
            .iter()
            .filter(|entry| {
                wanted.has(&entry.noted.mark, order) && !(self.unread && entry.noted.mark.is_read)
            })
            .take(self.limit)
            .cloned()
            .collect()
    }
}

pub(super) fn listing(entry: &Entry, order: &MailRoot) -> Listing {
    let people = |people: &[postern_client::mail::Person]| -> Vec<Person> {
        let person = |person: &postern_client::mail::Person| Person {
            name: person.name.clone(),
            address: person.address.clone(),
        };
        people.iter().map(person).collect()
    };
    let (mark, empty) = (&entry.noted.mark, postern_client::mail::Summary::default());
    let summary = entry.summary().unwrap_or(&empty);
    Listing {
        id: entry.message.to_string(),
        received_ms: entry.received.0,
        from: people(&summary.from),
        to: people(&summary.to),
        subject: summary.subject.clone(),
        snippet: summary.snippet.clone(),
        size_bytes: summary.size_bytes,
        attachments: summary.attachments.iter().map(|file| file.name.clone()).collect(),
        folder: place::shown(mark.place, order).to_owned(),
        labels: place::labels(&mark.labels, order),
        read: mark.is_read,
        starred: mark.is_starred,
        origin: origin(entry),
    }
}

/// Where a message comes from, in one word.
fn origin(entry: &Entry) -> &'static str {
    match entry.opened.as_ref().map(|opened| opened.origin) {
        Some(Origin::Gateway) => "gateway",
        Some(Origin::Owner) => "own",
        Some(Origin::Unknown) => "unknown",
        None => "sealed",
    }
}

pub(super) fn human(messages: &[Listing], long: bool) -> String {
    let rows: Vec<_> = messages.iter().map(|message| row(message, long)).collect();
    table(&rows, &[])
}

fn row(message: &Listing, long: bool) -> Vec<String> {
    let id = if long { &message.id } else { &message.id[..SHORT] };
    let flags = [
        if message.read { ' ' } else { '•' },
        if message.starred { '★' } else { ' ' },
        if message.attachments.is_empty() { ' ' } else { '+' },
    ];
    let mut row = vec![
        id.to_owned(),
        flags.iter().collect(),
        moment(postern_client::protocol::TimeMs(message.received_ms)),
        cut(&sender(message, long), if long { 60 } else { 24 }),
    ];
    if long {
        row.push(crate::term::size(message.size_bytes));
    }
    row.push(subject(message));
    row
}

fn sender(message: &Listing, long: bool) -> String {
    match message.from.first() {
        Some(from) if !long && !from.name.is_empty() => plain(&from.name),
        _ => plain(&message.sender_in_words()),
    }
}

fn subject(message: &Listing) -> String {
    let subject = plain(&message.subject_in_words());
    match message.origin {
        "sealed" => "(cannot be opened)".to_owned(),
        "unknown" => format!("{subject} (not received through the mail gateway)"),
        _ => subject,
    }
}

/// What must be known of where a message comes from, if anything.
pub(super) fn origin_in_words(entry: &Entry) -> Option<&'static str> {
    match origin(entry) {
        "unknown" => Some("This was not received through the mail gateway: anybody may have put it there."),
        _ => None,
    }
}

impl Listing {
    pub(super) fn sender_in_words(&self) -> String {
        people(&self.from)
    }

    pub(super) fn recipients_in_words(&self) -> String {
        people(&self.to)
    }

    pub(super) fn subject_in_words(&self) -> String {
        match self.subject.as_str() {
            "" => "(no subject)".to_owned(),
            subject => subject.to_owned(),
        }
    }
}

fn people(people: &[Person]) -> String {
    let words: Vec<_> = people.iter().map(Person::in_words).collect();
    if words.is_empty() {
        "(nobody)".to_owned()
    } else {
        words.join(", ")
    }
}

impl Person {
    fn in_words(&self) -> String {
        match self.name.as_str() {
            "" => self.address.clone(),
            name => format!("{name} <{}>", self.address),
        }
    }
}

fn cut(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Listing {
        Listing {
            id: "AQEBAQEBAQEBAQEBAQEBAQ".to_owned(),
            received_ms: 0,
            from: vec![Person {
                name: "Charles\u{1b}[2J".to_owned(),
                address: "charles@example.net".to_owned(),
            }],
            to: Vec::new(),
            subject: "Tea\u{7}".to_owned(),
            snippet: String::new(),
            size_bytes: 5,
            attachments: Vec::new(),
            folder: "inbox".to_owned(),
            labels: Vec::new(),
            read: false,
            starred: true,
            origin: "gateway",
        }
    }

    #[test]
    fn who_writes_cannot_move_the_cursor_of_a_terminal() {
        let shown = human(&[message()], false);
        assert!(shown.contains("Charles[2J") && shown.contains("•★"), "{shown}");
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'));
    }

    #[test]
    fn what_did_not_come_through_the_gateway_says_so() {
        let shown = |origin| human(&[Listing { origin, ..message() }], false);
        assert!(shown("unknown").contains("not received through the mail gateway"));
        assert!(shown("sealed").contains("cannot be opened"));
        assert!(!shown("gateway").contains("gateway"));
    }
}
