//! What a message says, as `api.ts` has it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_client::mail::mime::calendar::{Event, Moment, Zone};
use postern_client::mail::mime::{Body, Field, Limits, Message, Part, Piece, Span, Written};
use postern_client::names::{steady, tame};
use serde::Serialize;

/// Pictures within a letter are handed over up to this size together; what is beyond is left out, and can be saved with
/// the letter.
const MAX_PICTURES_BYTES: u64 = 16 << 20;
/// A text of more paragraphs is a file: a page that drew all of them would stand still.
const MAX_PARAGRAPHS: usize = 5_000;

/// `LetterText`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LetterView {
    pieces: Vec<PieceView>,
    pictures: BTreeMap<String, String>,
    invitation: Option<InvitationView>,
    attachments: Vec<PartView>,
    headers: Vec<HeaderView>,
}

/// `Invitation`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InvitationView {
    method: String,
    summary: String,
    location: String,
    organizer: String,
    start: Option<MomentView>,
    end: Option<MomentView>,
    duration: String,
    recurs: bool,
}

/// `Moment`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MomentView {
    date: (u16, u8, u8),
    time: Option<(u8, u8)>,
    zone: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum PieceView {
    Text {
        paragraphs: Vec<ParagraphView>,
        cut: bool,
    },
    Html {
        html: String,
        cut: bool,
        /// The same in plain text, if its writer gave one.
        text: Option<Vec<ParagraphView>>,
    },
    Picture {
        name: String,
        address: Option<String>,
    },
    Message {
        path: String,
        subject: String,
    },
    Encrypted,
}

#[derive(Serialize)]
struct ParagraphView {
    quote: u8,
    spans: Vec<SpanView>,
}

#[derive(Serialize)]
struct SpanView {
    text: String,
    link: bool,
}

/// `LetterPart`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartView {
    path: String,
    name: String,
    media_type: String,
    /// What a text says of how it is written down.
    charset: Option<String>,
    size_bytes: u64,
}

#[derive(Serialize)]
struct HeaderView {
    name: String,
    value: String,
}

impl From<&Message<'_>> for LetterView {
    fn from(message: &Message<'_>) -> Self {
        let view = message.view();
        let mut album = Album::default();
        for piece in &view.pieces {
            album.collect(piece);
        }
        Self {
            pieces: view
                .pieces
                .iter()
                .flat_map(|one| piece(one, &mut album))
                .collect(),
            pictures: album.by_content_id,
            invitation: message.parts().iter().find_map(Part::calendar).map(invitation),
            attachments: view.attachments.into_iter().map(part).collect(),
            headers: message.head().fields().iter().map(header).collect(),
        }
    }
}

/// The pictures of a letter, each once, however often its texts name it.
#[derive(Default)]
struct Album {
    /// `data:` addresses.
    by_content_id: BTreeMap<String, String>,
    bytes: u64,
}

impl Album {
    /// The pictures to which a text that is laid out may refer.
    fn collect(&mut self, piece: &Piece<'_>) {
        let Piece::Body(body) = piece else { return };
        if !body.html.iter().any(|part| part.is_html()) {
            return;
        }
        for part in &body.related {
            if let Some(id) = part.content_id()
                && !self.by_content_id.contains_key(id)
                && let Some(address) = self.data_address(part)
            {
                self.by_content_id.insert(id.to_owned(), address);
            }
        }
    }

    /// Of pictures that every browser draws and that run nothing. SVG is a document with scripts.
    fn data_address(&mut self, part: &Part<'_>) -> Option<String> {
        let kind = part.media_type();
        let is_drawn = matches!(kind, "image/png" | "image/jpeg" | "image/gif" | "image/webp");
        let bytes = self.bytes + part.size_bytes();
        if !is_drawn || bytes > MAX_PICTURES_BYTES {
            return None;
        }
        self.bytes = bytes;
        Some(format!("data:{kind};base64,{}", STANDARD.encode(part.decode())))
    }
}

fn piece(piece: &Piece<'_>, album: &mut Album) -> Vec<PieceView> {
    match piece {
        Piece::Body(body) => body_pieces(body),
        Piece::Picture(part) => vec![PieceView::Picture {
            name: part.name().unwrap_or_default().to_owned(),
            address: album.data_address(part),
        }],
        Piece::Message(part) => vec![PieceView::Message {
            path: part.path().to_owned(),
            subject: subject_within(part),
        }],
        Piece::Encrypted(_) => vec![PieceView::Encrypted],
    }
}

fn invitation(event: Event) -> InvitationView {
    let (name, address) = event.organizer;
    InvitationView {
        method: event.method,
        summary: steady(&event.summary),
        location: steady(&event.location),
        organizer: steady(&if name.is_empty() { address } else { name }),
        start: event.start.map(moment),
        end: event.end.map(moment),
        duration: event.duration,
        recurs: event.recurs,
    }
}

fn moment(moment: Moment) -> MomentView {
    MomentView {
        date: moment.date,
        time: moment.time.map(|(hour, minute, _)| (hour, minute)),
        zone: match moment.zone {
            Zone::Floating => String::new(),
            Zone::Utc => "UTC".to_owned(),
            Zone::Named(name) => steady(&name),
        },
    }
}

fn subject_within(part: &Part<'_>) -> String {
    let bytes = part.decode();
    let within = Message::parse(&bytes, &Limits::default());
    within.head().subject().unwrap_or_default()
}

/// Each part is a document of its own: never is one put together of several.
fn body_pieces(body: &Body<'_>) -> Vec<PieceView> {
    if body.html.is_empty() {
        return body.plain.iter().map(|part| text(&part.text())).collect();
    }
    let plain = &body.plain;
    let same = || plain.iter().flat_map(|part| paragraphs(&part.text())).collect();
    let html = |part: &&Part<'_>| match part.text() {
        written if part.is_html() => PieceView::Html {
            html: written.text,
            cut: written.is_cut,
            text: (!plain.is_empty()).then(same),
        },
        written => text(&written),
    };
    body.html.iter().map(html).collect()
}

fn text(written: &Written) -> PieceView {
    let paragraphs = paragraphs(written);
    PieceView::Text {
        cut: written.is_cut || paragraphs.len() == MAX_PARAGRAPHS,
        paragraphs,
    }
}

fn paragraphs(written: &Written) -> Vec<ParagraphView> {
    let span = |span: &Span<'_>| match span {
        Span::Text(text) => SpanView {
            text: text.to_string(),
            link: false,
        },
        Span::Link(address) => SpanView {
            text: address.to_string(),
            link: true,
        },
    };
    let paragraphs = written.paragraphs().take(MAX_PARAGRAPHS);
    paragraphs
        .map(|paragraph| ParagraphView {
            quote: paragraph.quote_depth,
            spans: paragraph.spans.iter().map(span).collect(),
        })
        .collect()
}

fn part(part: &Part<'_>) -> PartView {
    PartView {
        path: part.path().to_owned(),
        // It may become the name of a file.
        name: part.name().map(tame).unwrap_or_default(),
        media_type: part.media_type().to_owned(),
        charset: part.parameter("charset").map(str::to_owned),
        size_bytes: part.size_bytes(),
    }
}

fn header(field: &Field<'_>) -> HeaderView {
    HeaderView {
        name: field.name().into_owned(),
        value: steady(&field.text()),
    }
}
