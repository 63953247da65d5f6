//! A value with parameters: `text/plain; charset=utf-8` (RFC 2045), with their continuations and charsets (RFC 2231).
//!
//! Programs write file names in all the ways there are: plain, cut into pieces, percent-encoded, as an encoded word within
//! quotes (which no RFC allows and Outlook does), in raw UTF-8, or without the quotes they would need.

use crate::decode::push_percent_decoded;
use crate::head::one_line;
use crate::{charset, words};

/// The value, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parameters {
    /// In lower case.
    pub(crate) value: String,
    /// Names in lower case, each once; what they are, decoded.
    pub(crate) all: Vec<(String, String)>,
}

/// A parameter as it is written, or a piece of one.
struct Written<'v> {
    name: String,
    /// Which piece; `None` if it is whole.
    number: Option<u32>,
    /// Percent-encoded, and the first piece begins with a charset.
    is_extended: bool,
    value: &'v str,
}

impl Parameters {
    /// Reads at most `most` parameters.
    pub(crate) fn read(text: &str, most: usize) -> Self {
        let mut segments = Segments { rest: text };
        let first = segments.next().unwrap_or_default().trim();
        // Somebody forgot the first semicolon: `application/pdf name=x`.
        let (value, stray) = first.split_once(char::is_whitespace).unwrap_or((first, ""));
        let written = [stray].into_iter().chain(segments).filter_map(Written::read);
        Self {
            value: one_line(value).to_ascii_lowercase(),
            all: joined(written.take(most).collect()),
        }
    }

    /// What the parameter of that name is.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.all.iter().find(|(there, _)| there == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is between semicolons, except those within quotes.
struct Segments<'v> {
    rest: &'v str,
}

impl<'v> Iterator for Segments<'v> {
    type Item = &'v str;

    fn next(&mut self) -> Option<&'v str> {
        if self.rest.is_empty() {
            return None;
        }
        let (mut is_quoted, mut is_escaped) = (false, false);
        let end = self.rest.bytes().position(|byte| {
            let is_end = byte == b';' && !is_quoted;
            is_quoted ^= byte == b'"' && !is_escaped;
            is_escaped = is_quoted && byte == b'\\' && !is_escaped;
            is_end
        });
        let (segment, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.get(1..).unwrap_or_default();
        Some(segment)
    }
}

impl<'v> Written<'v> {
    fn read(segment: &'v str) -> Option<Self> {
        let (name, value) = segment.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let (name, is_extended) = match name.strip_suffix('*') {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let (name, number) = match name.split_once('*') {
            Some((name, number)) => (name, Some(number.parse().ok()?)),
            None => (name, None),
        };
        (!name.is_empty()).then(|| Self {
            name: name.to_owned(),
            number,
            is_extended,
            value: value.trim(),
        })
    }

    /// Whole ones that say their charset are believed first, then those in pieces, then plain ones.
    fn rank(&self) -> (u8, u32) {
        match (self.number, self.is_extended) {
            (None, true) => (0, 0),
            (Some(number), _) => (1, number),
            (None, false) => (2, 0),
        }
    }
}

fn joined(mut written: Vec<Written<'_>>) -> Vec<(String, String)> {
    written.sort_by(|a, b| (&a.name, a.rank()).cmp(&(&b.name, b.rank())));
    let same_name = written.chunk_by(|a, b| a.name == b.name);
    let all = same_name.filter_map(|pieces| {
        let first = pieces.first()?;
        let kind = first.rank().0;
        let pieces: Vec<&Written<'_>> = pieces.iter().take_while(|piece| piece.rank().0 == kind).collect();
        Some((first.name.clone(), one_line(&value_of(&pieces))))
    });
    all.collect()
}

/// Of one parameter: whole, or all its pieces in their order.
fn value_of(pieces: &[&Written<'_>]) -> String {
    let [first, ..] = pieces else {
        return String::new();
    };
    if first.number.is_none() && !first.is_extended {
        return words::decoded(&unquoted(first.value)).into_owned();
    }
    let (mut charset, mut bytes, mut last) = (None, Vec::new(), None);
    for piece in pieces {
        if last.is_some() && (last == piece.number || piece.number.is_none()) {
            continue;
        }
        last = piece.number.or(Some(0));
        push_piece(piece, &mut charset, &mut bytes);
    }
    let decoded = charset::decode(&bytes, charset.as_deref());
    words::decoded(&decoded).into_owned()
}

fn push_piece(piece: &Written<'_>, charset: &mut Option<String>, bytes: &mut Vec<u8>) {
    let value = unquoted(piece.value);
    if !piece.is_extended {
        bytes.extend_from_slice(value.as_bytes());
        return;
    }
    let mut parts = value.splitn(3, '\'');
    match (bytes.is_empty(), parts.next(), parts.next(), parts.next()) {
        (true, Some(name), Some(_language), Some(text)) => {
            *charset = Some(name.to_owned()).filter(|name| !name.is_empty());
            push_percent_decoded(text.as_bytes(), bytes);
        }
        _ => push_percent_decoded(value.as_bytes(), bytes),
    }
}

/// Without its quotes. A backslash only escapes what needs it: others are those of a path of Windows.
fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"' | '\\')) => text.extend(chars.next()),
            ('"', _) => break,
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        let parameters = Parameters::read(&format!("attachment; {text}"), 100);
        parameters.get("name").unwrap_or("none").to_owned()
    }

    #[test]
    fn names_are_read_in_every_way_they_are_written() {
        for (written, meant) in [
            ("name=a.txt", "a.txt"),
            ("NAME = \"a b; c.txt\" ; x=y", "a b; c.txt"),
            ("name=a b (1).txt", "a b (1).txt"),
            ("name=\"a\\\"b\\\\c\"", "a\"b\\c"),
            ("name=\"C:\\dir\\a.txt\"", "C:\\dir\\a.txt"),
            ("name=\"=?utf-8?Q?=C3=84.pdf?=\"", "Ä.pdf"),
            ("name==?utf-8?B?w4QucGRm?=", "Ä.pdf"),
            ("name=\"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=\"", "€"),
            ("name*=utf-8'en'%C3%84%20b.txt", "Ä b.txt"),
            ("name*=iso-8859-1''%C4.txt; name=A.txt", "Ä.txt"),
            ("name=A.txt; name*=utf-8''%C3%84.txt", "Ä.txt"),
            ("name*0=\"a\"; name*1=\"b.txt\"", "ab.txt"),
            ("name*1=\"b.txt\"; name*0=\"a\"", "ab.txt"),
            ("name*0*=utf-8''%E2%82; name*1*=%AC; name*2=.txt", "€.txt"),
            ("name*0*=utf-8''a'b; name*1*='c", "a'b'c"),
            ("name*=a%20b", "a b"),
            ("name*0=a; name*0=b; name*1=c", "ac"),
            ("name=Ä.txt", "Ä.txt"),
            ("name=a; name=b", "a"),
            ("name=\"a", "a"),
            ("name=", ""),
            ("=a", "none"),
            ("name*x=a", "none"),
            ("name", "none"),
        ] {
            assert_eq!(name(written), meant, "{written}");
        }
    }

    #[test]
    fn the_value_is_what_stands_first() {
        for (text, value) in [
            ("Text/Plain; charset=x", "text/plain"),
            ("application/pdf name=\"a.pdf\"", "application/pdf"),
            (" ; x=y", ""),
            ("", ""),
        ] {
            assert_eq!(Parameters::read(text, 9).value, value);
        }
        let stray = Parameters::read("application/pdf name=\"a.pdf\"; x=y", 9);
        assert_eq!(stray.get("name"), Some("a.pdf"));
        assert_eq!(stray.get("x"), Some("y"));
    }

    #[test]
    fn f7_parameters_beyond_the_limit_are_not_read() {
        let many = "x=y; ".repeat(10) + "name=a";
        assert_eq!(Parameters::read(&many, 5).get("name"), None);
    }
}
