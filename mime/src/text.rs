//! Written text as paragraphs: who is quoted, what goes on from line to line (RFC 3676), where links are.
//!
//! There is no HTML in what comes out, and none has to be made of it: who draws sets texts, not markup.

use std::borrow::Cow;

use self::links::spans;

mod links;

/// The text of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// In UTF-8.
    pub text: String,
    /// Lines that end with a blank go on (`format=flowed`).
    pub flow: bool,
    /// That blank was added, for writing systems that part no words (`delsp=yes`).
    pub del_sp: bool,
    /// There is more than the limit lets be read; the part's bytes have it.
    pub is_cut: bool,
}

/// A paragraph, or a line where nothing says how lines belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph<'t> {
    /// How many times over it is quoted.
    pub quote_depth: u8,
    /// What it consists of, without line ends; nothing for an empty line.
    pub spans: Vec<Span<'t>>,
}

/// A piece of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span<'t> {
    /// Plain text.
    Text(Cow<'t, str>),
    /// An address (`http:`, `https:`, or `mailto:`) that is shown as it is written.
    Link(Cow<'t, str>),
}

impl Written {
    /// The paragraphs, made one by one: a text of a million lines needs no memory for those that are not looked at.
    pub fn paragraphs(&self) -> Paragraphs<'_> {
        let text = self.text.strip_suffix('\n').unwrap_or(&self.text);
        Paragraphs {
            rest: (!self.text.is_empty()).then_some(text),
            flow: self.flow,
            del_sp: self.del_sp,
        }
    }
}

/// The paragraphs of a text.
#[derive(Debug, Clone)]
pub struct Paragraphs<'t> {
    rest: Option<&'t str>,
    flow: bool,
    del_sp: bool,
}

struct Line<'t> {
    quote_depth: u8,
    text: &'t str,
}

impl<'t> Paragraphs<'t> {
    fn next_line(&mut self) -> Option<Line<'t>> {
        let (line, rest) = self.peek_line()?;
        self.rest = rest;
        Some(line)
    }

    fn peek_line(&self) -> Option<(Line<'t>, Option<&'t str>)> {
        let rest = self.rest?;
        let (line, rest) = match rest.split_once('\n') {
            Some((line, rest)) => (line, Some(rest)),
            None => (rest, None),
        };
        let line = line.strip_suffix('\r').unwrap_or(line);
        Some((if self.flow { flowed(line) } else { quoted(line) }, rest))
    }

    /// True if the paragraph goes on after a line like this.
    fn goes_on(&self, line: &str) -> bool {
        // The line above a signature ends with a blank and means nothing by it.
        self.flow && line.ends_with(' ') && line != "-- "
    }

    /// All of a paragraph that begins with this line.
    fn joined(&mut self, first: &Line<'t>) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(first.text);
        let mut last = first.text;
        while self.goes_on(last) {
            let Some((next, rest)) = self.peek_line() else {
                break;
            };
            if next.quote_depth != first.quote_depth || next.text == "-- " {
                break;
            }
            if self.del_sp {
                text.to_mut().pop();
            }
            text.to_mut().push_str(next.text);
            (last, self.rest) = (next.text, rest);
        }
        text
    }
}

impl<'t> Iterator for Paragraphs<'t> {
    type Item = Paragraph<'t>;

    fn next(&mut self) -> Option<Paragraph<'t>> {
        let line = self.next_line()?;
        let text = self.joined(&line);
        Some(Paragraph {
            quote_depth: line.quote_depth,
            spans: spans(text),
        })
    }
}

/// RFC 3676, section 4: marks of quotation, then one blank that was added.
fn flowed(line: &str) -> Line<'_> {
    let text = line.trim_start_matches('>');
    Line {
        quote_depth: depth(line.len() - text.len()),
        text: text.strip_prefix(' ').unwrap_or(text),
    }
}

/// Marks of quotation as people see them, with a blank after each or not.
fn quoted(line: &str) -> Line<'_> {
    let (mut text, mut marks) = (line, 0);
    while let Some(rest) = text.strip_prefix('>') {
        marks += 1;
        text = rest;
        // Of `> > a` the blank belongs to the marks, of `>   a` only the first one.
        text = text.strip_prefix(' ').unwrap_or(text);
    }
    Line {
        quote_depth: depth(marks),
        text,
    }
}

fn depth(marks: usize) -> u8 {
    u8::try_from(marks).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, flow: bool, del_sp: bool) -> Vec<String> {
        let written = Written {
            text: text.to_owned(),
            flow,
            del_sp,
            is_cut: false,
        };
        let line = |paragraph: Paragraph<'_>| {
            let spans = paragraph.spans.iter().map(|span| match span {
                Span::Text(text) => text.to_string(),
                Span::Link(link) => format!("[{link}]"),
            });
            format!("{}:{}", paragraph.quote_depth, spans.collect::<String>())
        };
        written.paragraphs().map(line).collect()
    }

    #[test]
    fn lines_are_quoted_as_people_see_them() {
        let text = "On Monday:\r\n> a\r\n> > b\r\n>>>c\r\n>\r\n\r\nfine\r\n";
        assert_eq!(
            shown(text, false, false),
            ["0:On Monday:", "1:a", "2:b", "3:c", "1:", "0:", "0:fine"]
        );
        assert!(shown("", false, false).is_empty());
        assert_eq!(shown("\n", false, false), ["0:"]);
    }

    #[test]
    fn flowed_lines_become_paragraphs() {
        let text =
            "This goes \non and \non.\nNext.\n> quoted \n> too\n>> deeper \nnot \n\n From stuffed\n-- \nme";
        assert_eq!(
            shown(text, true, false),
            [
                "0:This goes on and on.",
                "0:Next.",
                "1:quoted too",
                "2:deeper ",
                "0:not ",
                "0:From stuffed",
                "0:-- ",
                "0:me"
            ]
        );
    }

    #[test]
    fn an_added_blank_is_taken_away_where_that_is_said() {
        assert_eq!(shown("日本 \n語\n", true, true), ["0:日本語"]);
        assert_eq!(shown("日本 \n語\n", true, false), ["0:日本 語"]);
    }

    #[test]
    fn a_signature_is_no_paragraph() {
        assert_eq!(shown("a \n-- \nb \nc", true, false), ["0:a ", "0:-- ", "0:b c"]);
    }

    #[test]
    fn links_are_found() {
        assert_eq!(
            shown("see https://example.org/.", false, false),
            ["0:see [https://example.org/]."]
        );
    }
}
