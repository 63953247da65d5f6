//! How a message's text begins and what is attached to it, for the list of messages: looked for while it comes, in a memory
//! that does not grow with it.
//!
//! This is no MIME parser: it knows boundaries and the heads of parts, nothing else, and gives up where there are too many.
//! What it finds is a hint for a list. What a message contains is for the reader's device to say.

use mail_parser::{MessageParser, MimeHeaders as _};
use memchr::memchr;
use postern_crypto::mail::{Attachment, Summary};

use crate::texts::{cut, one_line};

/// The most multiparts within each other; further in there are only files.
const MAX_DEPTH: usize = 16;
/// The most parts that are looked at.
const MAX_PARTS: u32 = 1_000;
/// The longest head of a part.
const MAX_HEAD_BYTES: usize = 16 << 10;
/// The longest line that can be a boundary: 70 characters with their dashes and blanks behind.
const MAX_BOUNDARY_LINE: usize = 256;
/// How much of a text is kept to see how it begins.
const MAX_TEXT_BYTES: usize = 32 << 10;
/// How long a beginning is shown.
const SNIPPET_BYTES: usize = 300;

/// What is found so far.
pub(crate) struct Outline {
    /// The boundaries of the multiparts that are open, the outermost first.
    open: Vec<Vec<u8>>,
    state: State,
    /// The line that is coming, as far as it can be a boundary.
    line: Vec<u8>,
    /// How long it is.
    line_bytes: usize,
    parts: u32,
    attachments: Vec<Attachment>,
    text: Option<Text>,
}

enum State {
    /// The head of a part.
    Head(Vec<u8>),
    /// What nobody is shown: before the first part, and after the last.
    Between,
    Part(Part),
}

struct Part {
    head: Vec<u8>,
    role: Role,
    encoding: Encoding,
    size_bytes: u64,
    kept: Vec<u8>,
}

enum Role {
    Text { html: bool },
    Attached { name: String, media_type: String },
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Base64,
    Other,
}

/// A text, still encoded.
struct Text {
    html: bool,
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Outline {
    /// For a message with this head, of which the body is to come.
    pub(crate) fn new(head: &[u8]) -> Self {
        let mut outline = Self {
            open: Vec::new(),
            state: State::Between,
            line: Vec::new(),
            line_bytes: 0,
            parts: 0,
            attachments: Vec::new(),
            text: None,
        };
        outline.begin_part(mime_fields(head));
        outline
    }

    /// The next piece of the body.
    pub(crate) fn update(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let end = memchr(b'\n', piece).map_or(piece.len(), |at| at + 1);
            let (now, rest) = piece.split_at(end);
            let room = MAX_BOUNDARY_LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(&now[..now.len().min(room)]);
            // What cannot be a boundary any more is passed on at once: a line may be as long as the message.
            if self.line_bytes + now.len() > MAX_BOUNDARY_LINE {
                let held = self.line_bytes.min(MAX_BOUNDARY_LINE);
                if self.line_bytes <= MAX_BOUNDARY_LINE {
                    let line = std::mem::take(&mut self.line);
                    self.take(&line[..held]);
                    self.line = line;
                }
                self.take(now);
            }
            self.line_bytes += now.len();
            if now.ends_with(b"\n") {
                self.end_line();
            }
            piece = rest;
        }
    }

    /// How the text begins, and what is attached.
    pub(crate) fn finish(mut self) -> (String, Vec<Attachment>) {
        self.end_line();
        self.end_part();
        let snippet = self.text.map(|text| text.beginning()).unwrap_or_default();
        (snippet, self.attachments)
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.line_bytes) <= MAX_BOUNDARY_LINE {
            self.whole_line(&line);
        }
        self.line = line;
        self.line.clear();
    }

    fn whole_line(&mut self, line: &[u8]) {
        match self.boundary(line) {
            Some((depth, is_last)) => {
                self.end_part();
                self.open.truncate(if is_last { depth } else { depth + 1 });
                self.parts += 1;
                self.state = if is_last || self.parts > MAX_PARTS {
                    State::Between
                } else {
                    State::Head(Vec::new())
                };
            }
            None => self.take(line),
        }
    }

    /// Which multipart's boundary a line is, and whether it is its last one.
    fn boundary(&self, line: &[u8]) -> Option<(usize, bool)> {
        let rest = line.strip_prefix(b"--")?.trim_ascii_end();
        let depth = self.open.iter().rposition(|boundary| {
            rest == boundary || rest.strip_suffix(b"--").is_some_and(|rest| rest == boundary)
        })?;
        Some((depth, rest != self.open[depth]))
    }

    fn take(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Between => {}
            State::Head(head) => {
                let is_end = matches!(bytes, b"\r\n" | b"\n");
                if is_end || head.len() + bytes.len() > MAX_HEAD_BYTES {
                    let head = std::mem::take(head);
                    self.begin_part(head);
                } else {
                    head.extend_from_slice(bytes);
                }
            }
            State::Part(part) => part.take(bytes),
        }
    }

    fn begin_part(&mut self, head: Vec<u8>) {
        let parsed = MessageParser::new().with_mime_headers().parse_headers(&head);
        let parsed = parsed.as_ref();
        let kind = parsed.and_then(|message| message.content_type());
        if let Some(boundary) = kind
            .filter(|kind| kind.ctype().eq_ignore_ascii_case("multipart"))
            .and_then(|kind| kind.attribute("boundary"))
            && self.open.len() < MAX_DEPTH
        {
            self.open.push(boundary.trim_end().as_bytes().to_vec());
            self.state = State::Between;
            return;
        }
        let media_type = kind.map_or_else(
            || "text/plain".to_owned(),
            |kind| match kind.subtype() {
                Some(subtype) => format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase(),
                None => kind.ctype().to_ascii_lowercase(),
            },
        );
        let name = parsed
            .and_then(|message| message.attachment_name())
            .map(str::to_owned);
        let is_attachment = parsed
            .and_then(|message| message.content_disposition())
            .is_some_and(mail_parser::ContentType::is_attachment);
        let is_embedded = parsed.is_some_and(|message| message.content_id().is_some());
        let is_text = media_type.starts_with("text/");
        let role = if is_attachment || (!is_text && !is_embedded) || (is_text && name.is_some()) {
            Role::Attached {
                name: name.unwrap_or_default(),
                media_type,
            }
        } else if matches!(&*media_type, "text/plain" | "text/html") {
            Role::Text {
                html: media_type == "text/html",
            }
        } else {
            Role::Other
        };
        let encoding = parsed.and_then(|message| message.content_transfer_encoding());
        let encoding = match encoding {
            Some(name) if name.eq_ignore_ascii_case("base64") => Encoding::Base64,
            _ => Encoding::Other,
        };
        self.state = State::Part(Part {
            head,
            role,
            encoding,
            size_bytes: 0,
            kept: Vec::new(),
        });
    }

    fn end_part(&mut self) {
        let State::Part(part) = std::mem::replace(&mut self.state, State::Between) else {
            return;
        };
        let size_bytes = part.size_bytes();
        match part.role {
            Role::Text { html } => {
                // The first plain text, or else the first of another kind.
                let is_better = self.text.as_ref().is_none_or(|text| text.html && !html);
                if is_better {
                    self.text = Some(Text {
                        html,
                        head: part.head,
                        body: part.kept,
                    });
                }
            }
            Role::Attached { name, media_type } => {
                if self.attachments.len() < Summary::MAX_ATTACHMENTS as usize {
                    self.attachments.push(Attachment {
                        name: cut(one_line(&name), Summary::MAX_NAME),
                        media_type: cut(one_line(&media_type), Summary::MAX_NAME),
                        size_bytes,
                    });
                }
            }
            Role::Other => {}
        }
    }
}

impl Part {
    fn take(&mut self, bytes: &[u8]) {
        let counted = match self.encoding {
            Encoding::Base64 => bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).count(),
            Encoding::Other => bytes.len(),
        };
        self.size_bytes += counted as u64;
        if matches!(self.role, Role::Text { .. }) {
            let room = MAX_TEXT_BYTES.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// As it is decoded, nearly: the last line's end belongs to the boundary, and padding is not looked at.
    fn size_bytes(&self) -> u64 {
        match self.encoding {
            Encoding::Base64 => self.size_bytes / 4 * 3,
            Encoding::Other => self.size_bytes.saturating_sub(2),
        }
    }
}

impl Text {
    fn beginning(&self) -> String {
        let alone = [&self.head[..], b"\r\n", &self.body].concat();
        let parsed = MessageParser::new().with_mime_headers().parse(&alone);
        let text = parsed.as_ref().and_then(|message| message.body_text(0));
        cut(one_line(&text.unwrap_or_default()), SNIPPET_BYTES)
    }
}

/// Those fields of a message's head that say what its body is.
fn mime_fields(head: &[u8]) -> Vec<u8> {
    let (mut fields, mut is_mime) = (Vec::new(), false);
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            let name = line.get(..8).unwrap_or_default();
            is_mime = name.eq_ignore_ascii_case(b"content-");
        }
        if is_mime && fields.len() + line.len() <= MAX_HEAD_BYTES {
            fields.extend_from_slice(line);
        }
    }
    fields
}

#[cfg(test)]
mod tests;
