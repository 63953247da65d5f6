//! Takes a message apart, down to its limits: what is beyond one becomes one opaque part, and nothing is lost.

use std::ops::Range;

use crate::boundary::Splitter;
use crate::head::split;
use crate::part::{Beyond, Part, Role};
use crate::{Head, Limits};

/// All parts of a message, each before its own; there is always a first.
pub(crate) fn parts<'a>(bytes: &'a [u8], limits: &Limits) -> Vec<Part<'a>> {
    let mut tree = Tree {
        bytes,
        limits: *limits,
        parts: Vec::new(),
        header_bytes: limits.header_bytes,
        is_over: false,
    };
    tree.open(0..bytes.len(), Place::root());
    tree.parts
}

struct Tree<'a> {
    bytes: &'a [u8],
    limits: Limits,
    parts: Vec<Part<'a>>,
    /// How many bytes of heads may still come.
    header_bytes: usize,
    /// The rest of the message is in an opaque part already.
    is_over: bool,
}

struct Place {
    path: String,
    depth: usize,
    /// What a part is that does not say it.
    default: &'static str,
}

impl Place {
    fn root() -> Self {
        Self {
            path: String::new(),
            depth: 0,
            default: "text/plain",
        }
    }

    fn below(&self, number: usize, default: &'static str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self {
            path: format!("{}{dot}{number}", self.path),
            depth: self.depth + 1,
            default,
        }
    }
}

impl<'a> Tree<'a> {
    /// Adds what lies there and all its parts. It calls itself no deeper than the limit.
    fn open(&mut self, range: Range<usize>, place: Place) {
        // The last one of all holds the rest.
        let is_last = self.parts.len() + 1 >= self.limits.parts.max(1) && place.depth > 0;
        if is_last {
            return self.open_no_more(range.start, place);
        }
        let (part, head_end) = match self.read(&range, &place) {
            Ok(read) => read,
            Err(rest) => return self.parts.push(*rest),
        };
        let delimiter = delimiter(&part);
        let number = self.parts.len();
        self.parts.push(part);
        match delimiter {
            Some(delimiter) => self.open_multipart(number, &delimiter, head_end..range.end, &place),
            None => self.close_leaf(number),
        }
    }

    /// A part by itself and where its head ends, or the rest of the message if that head is too long.
    fn read(&mut self, range: &Range<usize>, place: &Place) -> Result<(Part<'a>, usize), Box<Part<'a>>> {
        let bytes = &self.bytes[range.clone()];
        let split = split(bytes, place.depth == 0, self.header_bytes);
        self.header_bytes = self.header_bytes.saturating_sub(split.end);
        let head_end = range.start + split.end;
        let head = Head::new(split.fields, self.limits);
        let part = Part::new(
            place.path.clone(),
            head,
            bytes,
            &bytes[split.end..],
            place.default,
        );
        if split.is_cut {
            self.is_over = true;
            return Err(Box::new(
                part.opaque(Beyond::HeaderBytes, &self.bytes[head_end..]),
            ));
        }
        Ok((part, head_end))
    }

    fn open_no_more(&mut self, start: usize, place: Place) {
        self.is_over = true;
        let rest = &self.bytes[start..];
        let head = Head::new(Vec::new(), self.limits);
        let part = Part::new(place.path, head, rest, rest, place.default);
        self.parts.push(part.opaque(Beyond::Parts, rest));
    }

    fn open_multipart(&mut self, number: usize, delimiter: &[u8], body: Range<usize>, place: &Place) {
        let Some(splitter) = Splitter::new(&self.bytes[body.clone()], delimiter) else {
            return self.close_leaf(number);
        };
        if place.depth >= self.limits.depth {
            return self.close_opaque(number);
        }
        let is_digest = self.parts[number].media_type() == "multipart/digest";
        let default = if is_digest { "message/rfc822" } else { "text/plain" };
        let mut within = Vec::new();
        for (index, found) in splitter.enumerate() {
            within.push(self.parts.len());
            self.open(
                body.start + found.start..body.start + found.end,
                place.below(index + 1, default),
            );
            if self.is_over {
                break;
            }
        }
        if within.is_empty() {
            return self.close_leaf(number);
        }
        self.parts[number].role = Role::Multipart(within);
    }

    /// What is too deep stays in one piece.
    fn close_opaque(&mut self, number: usize) {
        let too_deep = self.parts.split_off(number).into_iter();
        self.parts.extend(too_deep.map(|part| {
            let body = part.body;
            part.opaque(Beyond::Depth, body)
        }));
    }

    /// Without parts it is no multipart, whatever it says: its bytes are shown as text.
    fn close_leaf(&mut self, number: usize) {
        let part = &mut self.parts[number];
        if part.media.value.starts_with("multipart/") {
            part.media.value = "text/plain".to_owned();
        }
        part.number_alone();
    }
}

/// What stands between its parts, if it is a multipart.
fn delimiter(part: &Part<'_>) -> Option<Vec<u8>> {
    let boundary = part.media.get("boundary")?.trim_end();
    let is_multipart = part.media_type().starts_with("multipart/") && !boundary.is_empty();
    is_multipart.then(|| [b"--", boundary.as_bytes()].concat())
}
