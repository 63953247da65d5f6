//! A part of a message: what it says of itself, and its bytes.

use std::borrow::Cow;

use crate::decode::{Decoder, Encoding};
use crate::parameters::Parameters;
use crate::text::Written;
use crate::{Head, Limits, calendar, charset, html};

/// A part of a message. The whole message is one as well, and the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    pub(crate) path: String,
    pub(crate) head: Head<'a>,
    pub(crate) media: Parameters,
    pub(crate) disposition: Disposition,
    pub(crate) name: Option<String>,
    pub(crate) content_id: Option<String>,
    pub(crate) encoding: Encoding,
    pub(crate) raw: &'a [u8],
    pub(crate) body: &'a [u8],
    pub(crate) role: Role,
}

/// What a part is for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It has parts itself: their places in [`Message::parts`](crate::Message::parts).
    Multipart(Vec<usize>),
    /// Content.
    Leaf,
    /// What lies beyond a limit, in one piece that is not opened.
    Opaque(Beyond),
}

/// The limit beyond which something lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// Too many multiparts within each other.
    Depth,
    /// Too many parts.
    Parts,
    /// Heads that are too long.
    HeaderBytes,
}

/// How its writer wants a part to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Disposition {
    /// Nothing is said.
    #[default]
    Unsaid,
    /// With the text.
    Inline,
    /// When somebody asks for it.
    Attachment,
}

impl<'a> Part<'a> {
    pub(crate) fn new(path: String, head: Head<'a>, raw: &'a [u8], body: &'a [u8], default: &str) -> Self {
        let most = head.limits().parameters;
        let read = |name: &str| head.unfolded(name).map(|value| Parameters::read(&value, most));
        let media = read("Content-Type").map_or_else(|| plain(default), |media| known(media, default));
        let disposition = read("Content-Disposition").unwrap_or_default();
        let name = disposition.get("filename").or(media.get("name"));
        let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        let encoding = head.unfolded("Content-Transfer-Encoding").unwrap_or_default();
        Self {
            content_id: head
                .unfolded("Content-ID")
                .and_then(|id| crate::ids::read(&id, 1).pop()),
            disposition: Disposition::named(&disposition.value),
            encoding: Encoding::named(&encoding),
            role: Role::Leaf,
            path,
            head,
            media,
            name,
            raw,
            body,
        }
    }

    /// Takes what is beyond a limit, up to there.
    pub(crate) fn opaque(mut self, beyond: Beyond, body: &'a [u8]) -> Self {
        self.media = plain("application/octet-stream");
        (self.disposition, self.encoding) = (Disposition::Attachment, Encoding::Identity);
        (self.role, self.body) = (Role::Opaque(beyond), body);
        self.number_alone();
        self
    }

    /// A message without parts is its own first one.
    pub(crate) fn number_alone(&mut self) {
        if self.path.is_empty() {
            self.path = "1".to_owned();
        }
    }

    /// Where it is: `1.2` is the second part of the first. The message as a whole has none if it has parts, else `1`, as
    /// in IMAP (RFC 9051, section 6.4.5.1).
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its fields.
    pub fn head(&self) -> &Head<'a> {
        &self.head
    }

    /// `text/plain`, in lower case. What has no parts is no multipart, whatever it says.
    pub fn media_type(&self) -> &str {
        &self.media.value
    }

    /// What is said of the media type, such as `charset`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.media.get(name)
    }

    /// How its writer wants it to be shown.
    pub fn disposition(&self) -> Disposition {
        self.disposition
    }

    /// The file name, decoded. A stranger chose it: it may hold slashes, and say anything of what the file is.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// `Content-ID`, without brackets.
    pub fn content_id(&self) -> Option<&str> {
        self.content_id.as_deref()
    }

    /// How its bytes were made fit for the way.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What it is for the reader.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// All of it as it came, head and body.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// How many bytes it has, decoded. It is decoded to count them: in about the time it takes to read it.
    pub fn size_bytes(&self) -> u64 {
        self.reader().count_bytes()
    }

    /// Its bytes, decoded while they are read, in a memory of a few hundred bytes.
    pub fn reader(&self) -> Decoder<'a> {
        Decoder::new(self.encoding, self.body)
    }

    /// Its bytes, decoded, all at once. `Message::parse` takes those of an attached message.
    pub fn decode(&self) -> Cow<'a, [u8]> {
        match self.encoding {
            Encoding::Identity => Cow::Borrowed(self.body),
            _ => Cow::Owned(self.reader().take_up_to(usize::MAX)),
        }
    }

    /// True if it is another message, which can be opened.
    pub fn is_message(&self) -> bool {
        matches!(self.media_type(), "message/rfc822" | "message/global") && self.role == Role::Leaf
    }

    /// Its text, in UTF-8, as long as the limit allows.
    pub fn text(&self) -> Written {
        let most = self.limits().text_bytes;
        let bytes = self.reader().take_up_to(most.saturating_add(1));
        let is_cut = bytes.len() > most;
        let bytes = &bytes[..bytes.len().min(most)];
        let named = self.parameter("charset").map(Cow::Borrowed);
        let charset = named.or_else(|| self.is_html().then(|| html::charset(bytes)).flatten());
        Written {
            text: charset::decode(bytes, charset.as_deref()).into_owned(),
            flow: self
                .media
                .get("format")
                .is_some_and(|format| format.eq_ignore_ascii_case("flowed")),
            del_sp: self
                .media
                .get("delsp")
                .is_some_and(|delsp| delsp.eq_ignore_ascii_case("yes")),
            is_cut,
        }
    }

    /// What an invitation is about, if this is one.
    pub fn calendar(&self) -> Option<calendar::Event> {
        let is_calendar = matches!(self.media_type(), "text/calendar" | "application/ics");
        is_calendar.then(|| calendar::read(&self.text().text)).flatten()
    }

    /// True if it is a text with markup.
    pub fn is_html(&self) -> bool {
        self.media_type() == "text/html"
    }

    pub(crate) fn limits(&self) -> &Limits {
        self.head.limits()
    }
}

impl Disposition {
    fn named(name: &str) -> Self {
        match name {
            "" => Self::Unsaid,
            "inline" => Self::Inline,
            // RFC 2183, section 2.8: what nobody knows is an attachment.
            _ => Self::Attachment,
        }
    }
}

fn plain(media_type: &str) -> Parameters {
    Parameters {
        value: media_type.to_owned(),
        all: Vec::new(),
    }
}

/// A media type that is none counts for nothing; its parameters do.
fn known(mut media: Parameters, default: &str) -> Parameters {
    let is_type = |(kind, of): (&str, &str)| !kind.is_empty() && !of.is_empty() && !of.contains('/');
    if !media.value.split_once('/').is_some_and(is_type) {
        media.value = default.to_owned();
    }
    media
}
