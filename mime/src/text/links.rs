//! Addresses in plain text. Only what says its scheme is one, and only schemes that a mail may lead to.

use std::borrow::Cow;

use super::Span;

const SCHEMES: &[&str] = &["https://", "http://", "mailto:"];

/// A paragraph as text and links.
pub(super) fn spans(text: Cow<'_, str>) -> Vec<Span<'_>> {
    match text {
        Cow::Borrowed(text) => pieces(text).into_iter().map(|piece| piece.span(text)).collect(),
        Cow::Owned(text) => {
            let owned = pieces(&text)
                .into_iter()
                .map(|piece| piece.span(&text).into_owned());
            owned.collect()
        }
    }
}

impl Span<'_> {
    fn into_owned(self) -> Span<'static> {
        match self {
            Span::Text(text) => Span::Text(Cow::Owned(text.into_owned())),
            Span::Link(link) => Span::Link(Cow::Owned(link.into_owned())),
        }
    }
}

struct Piece {
    start: usize,
    end: usize,
    is_link: bool,
}

impl Piece {
    fn span<'t>(&self, text: &'t str) -> Span<'t> {
        let piece = Cow::Borrowed(&text[self.start..self.end]);
        if self.is_link {
            Span::Link(piece)
        } else {
            Span::Text(piece)
        }
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let (mut found, mut plain_from, mut at) = (Vec::new(), 0, 0);
    while let Some(colon) = memchr::memchr(b':', &text.as_bytes()[at..]).map(|colon| at + colon) {
        at = colon + 1;
        let Some((start, end)) = link_around(text, plain_from, colon) else {
            continue;
        };
        push(&mut found, plain_from, start, false);
        push(&mut found, start, end, true);
        (plain_from, at) = (end, end);
    }
    push(&mut found, plain_from, text.len(), false);
    found
}

fn push(found: &mut Vec<Piece>, start: usize, end: usize, is_link: bool) {
    if start < end {
        found.push(Piece { start, end, is_link });
    }
}

/// The link whose scheme ends at this colon.
fn link_around(text: &str, from: usize, colon: usize) -> Option<(usize, usize)> {
    let (start, body) = SCHEMES.iter().find_map(|scheme| {
        let name_len = scheme.find(':')?;
        let start = colon.checked_sub(name_len).filter(|start| *start >= from)?;
        let there = text.get(start..start + scheme.len())?;
        there
            .eq_ignore_ascii_case(scheme)
            .then_some((start, start + scheme.len()))
    })?;
    let is_within_a_word = text[from..start].ends_with(char::is_alphanumeric);
    let len = link_len(&text[body..]);
    (!is_within_a_word && len > 0).then_some((start, body + len))
}

/// How far an address goes: to what cannot be in one, without the punctuation of the sentence around it.
fn link_len(text: &str) -> usize {
    let end = text.find(ends_link).unwrap_or(text.len());
    let mut link = &text[..end];
    // How many brackets are open counts only at the end, and is counted once.
    let mut open = balance(link);
    while let Some(last) = link.chars().next_back() {
        match last {
            ')' if open < 0 => open += 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | ']' | '}' => {}
            _ => break,
        }
        link = &link[..link.len() - last.len_utf8()];
    }
    link.len()
}

fn balance(link: &str) -> i64 {
    let signs = link.bytes().map(|byte| match byte {
        b'(' => 1,
        b')' => -1,
        _ => 0,
    });
    signs.sum()
}

/// Signs that turn the direction of writing are no part of a link: they make it look like another one.
fn ends_link(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_whitespace() || c.is_control() || turns || matches!(c, '<' | '>' | '"' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let spans = spans(Cow::Borrowed(text));
        let whole: String = spans
            .iter()
            .map(|span| match span {
                Span::Text(text) | Span::Link(text) => text.as_ref(),
            })
            .collect();
        assert_eq!(whole, text, "nothing is lost");
        let links = spans.into_iter().filter_map(|span| match span {
            Span::Link(link) => Some(link.into_owned()),
            Span::Text(_) => None,
        });
        links.collect()
    }

    #[test]
    fn a_link_ends_where_the_sentence_goes_on() {
        for (text, link) in [
            ("see http://a.example/b.", "http://a.example/b"),
            ("(https://a.example/b_(c))", "https://a.example/b_(c)"),
            ("<HTTPS://a.example/?q=1&r=2>", "HTTPS://a.example/?q=1&r=2"),
            ("write to mailto:a@b.example, please", "mailto:a@b.example"),
            ("\"https://ö.example/\"", "https://ö.example/"),
            ("https://a.example/\u{202e}moc", "https://a.example/"),
        ] {
            assert_eq!(links(text), [link], "{text}");
        }
        assert_eq!(
            links("http://a http://b,http://c"),
            ["http://a", "http://b,http://c"]
        );
    }

    #[test]
    fn other_things_are_no_links() {
        for text in [
            "javascript:alert(1)",
            "xhttp://a",
            "http://",
            "http:// a",
            "mailto:",
            ":",
            "data:text/html,x",
            "file:///x",
            "éhttp://a",
        ] {
            assert!(links(text).is_empty(), "{text}");
        }
    }
}
