//! The words of an HTML text, to search and to show how it begins. Nothing is displayed as HTML from here: what is drawn goes
//! through the browser's own parser and a sanitizer, for two parsers never agree.

use memchr::memmem;

use crate::decode::push_percent_decoded;

mod entities;

/// The longest name of a character: `&thetasym;`.
const MAX_ENTITY: usize = 16;
/// Parts letters in Persian words; elsewhere it is one more way to be invisible.
const ZWNJ: char = '\u{200c}';
/// How far in front a document may say its charset.
const MAX_META: usize = 1_024;
/// Elements whose content nobody reads.
const HIDDEN: &[&str] = &[
    "head", "script", "style", "template", "title", "noscript", "svg", "math", "object", "iframe",
];
/// Elements that begin a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "tr",
    "ul",
];
/// Elements that part words.
const CELLS: &[&str] = &["td", "th", "img", "input"];

/// What a reader would see, in lines, without markup. It takes no more memory than the text and goes through it once.
pub fn text_of_html(html: &str) -> String {
    let mut lines = Lines::default();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        lines.push(&rest[..open]);
        rest = after_markup(&rest[open..], &mut lines);
    }
    lines.push(rest);
    lines.finish()
}

/// Past a tag, a comment, or an element that is hidden.
fn after_markup<'h>(html: &'h str, lines: &mut Lines) -> &'h str {
    if let Some(comment) = html.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, rest)| rest);
    }
    let Some((name, is_end)) = tag_name(html) else {
        lines.push("<");
        return &html[1..];
    };
    let rest = &html[tag_len(html)..];
    if BLOCKS.contains(&name.as_str()) {
        lines.end_line();
    } else if CELLS.contains(&name.as_str()) {
        lines.push(" ");
    }
    if HIDDEN.contains(&name.as_str()) && !is_end {
        return after_element(rest, &name);
    }
    rest
}

/// The name in lower case, and whether the tag ends an element.
fn tag_name(html: &str) -> Option<(String, bool)> {
    let name = &html[1..];
    let (name, is_end) = name.strip_prefix('/').map_or((name, false), |name| (name, true));
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) {
        return None;
    }
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'?');
    let bytes = name.bytes().take(16).take_while(is_of_name);
    Some((
        bytes.map(|byte| char::from(byte.to_ascii_lowercase())).collect(),
        is_end,
    ))
}

/// How long a tag is: `>` within quotes does not end it. A quote that is never closed was none.
fn tag_len(html: &str) -> usize {
    let bytes = html.as_bytes();
    let (mut quote, mut first_end) = (None, None);
    for (at, &byte) in bytes.iter().enumerate() {
        match (byte, quote) {
            (b'>', None) => return at + 1,
            (b'>', Some(_)) => first_end = first_end.or(Some(at + 1)),
            (b'"' | b'\'', None) if at > 0 && bytes[..at].trim_ascii_end().ends_with(b"=") => {
                quote = Some(byte);
            }
            _ if quote == Some(byte) => quote = None,
            _ => {}
        }
    }
    first_end.unwrap_or(bytes.len())
}

/// Past the end tag of that name; nothing is left if there is none.
fn after_element<'h>(html: &'h str, name: &str) -> &'h str {
    let mut at = 0;
    while let Some(found) = memmem::find(&html.as_bytes()[at..], b"</") {
        at += found;
        let tag = &html[at..];
        if tag_name(tag).is_some_and(|(there, _)| there == name) {
            return &tag[memchr::memchr(b'>', tag.as_bytes()).map_or(tag.len(), |end| end + 1)..];
        }
        at += 2;
    }
    ""
}

/// Text in which blanks and empty lines do not pile up.
#[derive(Default)]
struct Lines {
    text: String,
    is_blank_due: bool,
}

impl Lines {
    fn push(&mut self, html: &str) {
        let mut rest = html;
        while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
            self.push_plain(&rest[..at]);
            rest = self.push_entity(&rest[at..]);
        }
        self.push_plain(rest);
    }

    fn push_entity<'h>(&mut self, html: &'h str) -> &'h str {
        let within = &html.as_bytes()[..html.len().min(MAX_ENTITY)];
        let end = memchr::memchr(b';', within).unwrap_or_default();
        match html.get(1..end).and_then(entities::character) {
            Some(c) => {
                self.push_plain(c.encode_utf8(&mut [0; 4]));
                &html[end + 1..]
            }
            None => {
                self.push_plain("&");
                &html[1..]
            }
        }
    }

    fn push_plain(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() || c.is_control() {
                self.is_blank_due = true;
            } else if !is_invisible(c) && (c != ZWNJ || self.is_within_a_word()) {
                if std::mem::take(&mut self.is_blank_due)
                    && !self.text.is_empty()
                    && !self.text.ends_with('\n')
                {
                    self.text.push(' ');
                }
                self.text.push(c);
            }
        }
    }

    fn is_within_a_word(&self) -> bool {
        !self.is_blank_due && self.text.ends_with(char::is_alphabetic)
    }

    fn end_line(&mut self) {
        self.is_blank_due = false;
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn finish(self) -> String {
        let mut text = self.text;
        text.truncate(text.trim_end().len());
        text
    }
}

/// What newsletters fill the beginning with, so that nothing else shows in a list.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// What a document says of its charset itself (`<meta charset=…>`), for parts that do not.
pub(crate) fn charset(html: &[u8]) -> Option<std::borrow::Cow<'static, str>> {
    let front = html[..html.len().min(MAX_META)].to_ascii_lowercase();
    let meta = memmem::find(&front, b"<meta")?;
    let at = meta + memmem::find(&front[meta..], b"charset=")? + "charset=".len();
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'"' | b'\'');
    let name: Vec<u8> = front[at..].iter().take_while(is_of_name).copied().collect();
    Some(
        String::from_utf8_lossy(&name)
            .trim_matches(['"', '\''])
            .to_owned()
            .into(),
    )
}

/// The content ids that a document shows (`cid:`, RFC 2392).
pub(crate) fn content_ids(html: &str) -> Vec<String> {
    let (bytes, mut found, mut end) = (html.as_bytes(), Vec::new(), 0);
    for colon in memchr::memchr_iter(b':', bytes) {
        let scheme = colon.checked_sub(3).filter(|start| *start >= end);
        if scheme.is_some_and(|start| bytes[start..colon].eq_ignore_ascii_case(b"cid")) {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"'<>)".contains(byte);
            let rest = &bytes[colon + 1..bytes.len().min(colon + 1 + MAX_META)];
            let len = rest.iter().position(ends).unwrap_or(rest.len());
            found.push(percent_decoded(&rest[..len]));
            end = colon + 1 + len;
        }
    }
    found
}

fn percent_decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    push_percent_decoded(text, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_without_their_markup() {
        for (html, text) in [
            ("", ""),
            ("a <b>b</b> c", "a b c"),
            ("<p>one</p><p>two</p>three<br>four", "one\ntwo\nthree\nfour"),
            ("<head><title>no</title></head><body>yes", "yes"),
            ("a<script>if (1 < 2) alert('</b>')</script>b", "ab"),
            ("<style>p { x: y }</style>a", "a"),
            ("<STYLE>x", ""),
            ("a<!-- <p> -- > -->b", "ab"),
            ("a<!-- b", "a"),
            ("<a title=\"x > y\">link</a>", "link"),
            ("<a title='>link</a>", "link"),
            ("it's <b>5 > 4</b> & 3 < 4", "it's 5 > 4 & 3 < 4"),
            (
                "&lt;b&gt; &eacute;&#233;&#xe9; &nope; &amp",
                "<b> ééé &nope; &amp",
            ),
            ("a&nbsp;&nbsp;&zwnj; &zwnj;b\u{200b}c", "a bc"),
            ("می&zwnj;خواهم", "می\u{200c}خواهم"),
            ("<tr><td>1</td><td>2</td></tr><tr><td>3", "1 2\n3"),
            ("<!DOCTYPE html><?xml x?>a", "a"),
            ("  a \n\n b  ", "a b"),
            ("&#0;&#xd800;x", "\u{fffd}x"),
            ("a<", "a<"),
            ("<p", ""),
        ] {
            assert_eq!(text_of_html(html), text, "{html}");
        }
    }

    #[test]
    fn a_document_may_say_its_charset() {
        let said = |html: &str| charset(html.as_bytes()).map(std::borrow::Cow::into_owned);
        assert_eq!(said("<META Charset='KOI8-R'>").as_deref(), Some("koi8-r"));
        assert_eq!(
            said("<meta http-equiv=x content=\"text/html; charset=big5\">").as_deref(),
            Some("big5")
        );
        assert_eq!(said("<p>charset=x"), None);
    }
}
