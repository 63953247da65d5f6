//! `postern mail read`

use clap::Args as ClapArgs;
use postern_client::mail::mime::{Body, Message, Part, Piece};
use postern_client::mail::{Entry, Letter};
use serde::Serialize;

use super::choose::choose;
use super::ls::{Listing, listing, origin_in_words};
use crate::desk::Desk;
use crate::failure::Result;
use crate::term::{moment, plain, size};

/// Show what a message says
#[derive(ClapArgs)]
pub(super) struct Read {
    /// The message: its id, or how it begins
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    message: String,
    /// All fields of its head too
    #[arg(long)]
    headers: bool,
    /// Do not note that it was read
    #[arg(long)]
    peek: bool,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    message: Listing,
    text: String,
    headers: Vec<Header>,
    parts: Vec<Attached>,
}

#[derive(Serialize)]
struct Header {
    name: String,
    value: String,
}

/// A file in the message.
#[derive(Serialize)]
struct Attached {
    path: String,
    name: String,
    media_type: String,
    size_bytes: u64,
}

impl Read {
    pub(super) async fn run(self, desk: &Desk) -> Result<()> {
        let mailbox = super::mailbox(desk).await?;
        let entry = choose(&mailbox, &self.message).await?;
        let letter = mailbox.letter(entry.message).await?;
        if !self.peek {
            mailbox.note(&[entry.message], |mark| mark.is_read = true).await?;
        }
        let shown = shown(listing(&entry, &mailbox.order()), &letter);
        desk.say().answer(&shown, || human(&entry, &shown, self.headers))
    }
}

fn shown(message: Listing, letter: &Letter) -> Shown {
    let taken = letter.message();
    let header = |field: &postern_client::mail::mime::Field<'_>| Header {
        name: field.name().into_owned(),
        value: field.text(),
    };
    Shown {
        message,
        text: text(&taken),
        headers: taken.head().fields().iter().map(header).collect(),
        parts: taken.view().attachments.into_iter().map(attached).collect(),
    }
}

/// All that is to be read, with a line for each message within it.
fn text(message: &Message<'_>) -> String {
    let pieces = message.view().pieces;
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Body(body) => body_text(body),
        Piece::Picture(part) => format!("[picture {}]\n", part.name().unwrap_or_default()),
        Piece::Message(part) => format!("[message {}]\n", part.path()),
        Piece::Encrypted(_) => "[encrypted by another program]\n".to_owned(),
    });
    pieces.collect()
}

fn body_text(body: &Body<'_>) -> String {
    if body.plain.is_empty() {
        let html = body.html.iter();
        html.map(|part| postern_client::mail::mime::text_of_html(&part.text().text))
            .collect()
    } else {
        body.plain.iter().map(|part| part.text().text).collect()
    }
}

fn attached(part: &Part<'_>) -> Attached {
    Attached {
        path: part.path().to_owned(),
        name: part.name().unwrap_or_default().to_owned(),
        media_type: part.media_type().to_owned(),
        size_bytes: part.size_bytes(),
    }
}

fn human(entry: &Entry, shown: &Shown, headers: bool) -> String {
    let mut said = if headers {
        let lines = shown.headers.iter();
        lines
            .map(|Header { name, value }| plain(&format!("{name}: {value}")) + "\n")
            .collect()
    } else {
        short_head(entry, &shown.message)
    };
    if let Some(doubt) = origin_in_words(entry) {
        said.push_str(&format!("!! {doubt}\n"));
    }
    said.push('\n');
    said.extend(shown.text.lines().flat_map(|line| [plain(line), "\n".to_owned()]));
    for part in &shown.parts {
        let line = format!("[{} {}, {}]\n", part.path, part.name, size(part.size_bytes));
        said.push_str(&format!("{}\n", plain(&line)));
    }
    said
}

fn short_head(entry: &Entry, message: &Listing) -> String {
    let lines = [
        ("From", message.sender_in_words()),
        ("To", message.recipients_in_words()),
        ("Subject", message.subject_in_words()),
        ("Received", moment(entry.received)),
    ];
    lines
        .map(|(name, value)| plain(&format!("{name}: {value}")) + "\n")
        .concat()
}
