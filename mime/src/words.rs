//! Words in heads that are not ASCII (RFC 2047).
//!
//! Neighbours of one charset are put together before they are decoded if they are wrong alone: programs cut them anywhere,
//! within letters too.

use std::borrow::Cow;

use memchr::memmem;

use crate::{charset, decode};

/// The longest name of a charset, with its language (RFC 2231).
const MAX_CHARSET: usize = 64;

/// Text as it stands there, or decoded.
enum Segment<'t> {
    Plain(&'t str),
    Decoded(String),
}

struct Word<'t> {
    charset: &'t str,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

/// What is meant by a text with such words.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let mut all = String::with_capacity(text.len());
    for segment in segments(text) {
        match segment {
            Segment::Plain(plain) => all.push_str(plain),
            Segment::Decoded(decoded) => all.push_str(&decoded),
        }
    }
    Cow::Owned(all)
}

/// The same text with words that any reader of addresses takes: whole, in UTF-8, and set apart. What looks like a word
/// and is none loses its look, since a reader that tries each of many in vain would take quadratic time.
pub(crate) fn mended(text: &str) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let mut all = String::with_capacity(text.len() * 2);
    for segment in segments(text) {
        match segment {
            Segment::Plain(plain) => all.push_str(&plain.replace("=?", "= ?")),
            Segment::Decoded(decoded) => push_word(&mut all, &decoded),
        }
    }
    Cow::Owned(all)
}

fn push_word(all: &mut String, decoded: &str) {
    if all.ends_with(char::is_alphanumeric) {
        all.push(' ');
    }
    all.push_str("=?utf-8?Q?");
    for byte in decoded.bytes() {
        all.push('=');
        all.extend([byte >> 4, byte & 15].map(|digit| {
            char::from_digit(u32::from(digit), 16).map_or('0', |digit| digit.to_ascii_uppercase())
        }));
    }
    all.push_str("?=");
}

fn segments(text: &str) -> Vec<Segment<'_>> {
    let (mut found, mut plain_from) = (Vec::new(), 0);
    let mut words = Words::new(text).peekable();
    while let Some(mut word) = words.next() {
        if plain_from < word.start {
            found.push(Segment::Plain(&text[plain_from..word.start]));
        }
        let mut run = vec![std::mem::take(&mut word.bytes)];
        while let Some(next) = words.next_if(|next| is_continued(text, &word, next)) {
            run.push(next.bytes);
            word.end = next.end;
        }
        plain_from = word.end;
        found.push(Segment::Decoded(run_decoded(&run, word.charset)));
        // Blanks between two words only part them.
        if let Some(next) = words.peek()
            && is_blank(&text[plain_from..next.start])
        {
            plain_from = next.start;
        }
    }
    if plain_from < text.len() {
        found.push(Segment::Plain(&text[plain_from..]));
    }
    found
}

/// Each word by itself, as it should be; charsets with states do not bear to be put together. Or all as one.
fn run_decoded(run: &[Vec<u8>], charset: &str) -> String {
    let each = run.iter().map(|bytes| charset::decode(bytes, Some(charset)));
    let alone: String = each.collect();
    if run.len() == 1 || !alone.contains(char::REPLACEMENT_CHARACTER) {
        return alone;
    }
    charset::decode(&run.concat(), Some(charset)).into_owned()
}

fn is_continued(text: &str, word: &Word<'_>, next: &Word<'_>) -> bool {
    word.charset.eq_ignore_ascii_case(next.charset) && is_blank(&text[word.end..next.start])
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// The words of a text.
struct Words<'t> {
    text: &'t str,
    at: usize,
    /// Where the next `?=` is, as far as that has been looked for: no byte is searched twice.
    mark: Option<usize>,
}

impl<'t> Words<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            mark: Some(0),
        }
    }

    /// The word that begins at `start` with `=?`.
    fn word(&mut self, start: usize) -> Option<Word<'t>> {
        let text = self.text;
        let head = start + 2;
        let bytes = text.as_bytes();
        let charset_end = head + memchr::memchr(b'?', &bytes[head..bytes.len().min(head + MAX_CHARSET)])?;
        let data = charset_end + 3;
        let encoding = *bytes.get(charset_end + 1)?;
        if bytes.get(charset_end + 2) != Some(&b'?') {
            return None;
        }
        let end = self.mark_after(data)?;
        let raw = &bytes[data..end];
        let bytes = match encoding {
            b'B' | b'b' => decode::base64_all(raw),
            b'Q' | b'q' => q_decoded(raw),
            _ => return None,
        };
        let charset = text[head..charset_end].split('*').next().unwrap_or_default();
        Some(Word {
            charset,
            bytes,
            start,
            end: end + 2,
        })
    }

    fn mark_after(&mut self, at: usize) -> Option<usize> {
        while self.mark.is_some_and(|mark| mark < at) || self.mark == Some(0) {
            let rest = self.text.as_bytes().get(at..).unwrap_or_default();
            self.mark = memmem::find(rest, b"?=").map(|found| at + found);
        }
        self.mark
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        while let Some(found) = self
            .text
            .as_bytes()
            .get(self.at..)
            .and_then(|rest| memmem::find(rest, b"=?"))
        {
            let start = self.at + found;
            self.at = start + 2;
            if let Some(word) = self.word(start) {
                self.at = word.end;
                return Some(word);
            }
        }
        None
    }
}

/// `Q` is quoted-printable with `_` for a blank.
fn q_decoded(raw: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, decode::hex_pair(after)) {
            (b'_', _) => decoded.push(b' '),
            (b'=', Some(value)) => {
                decoded.push(value);
                rest = &after[2..];
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_decoded() {
        for (text, meant) in [
            ("plain", "plain"),
            ("=?iso-8859-1?Q?=A1Hola,_se=F1or!?=", "¡Hola, señor!"),
            ("=?UTF-8?B?R3LDvMOfZQ==?= x", "Grüße x"),
            ("a =?utf-8?q?b?= =?utf-8?q?c?= d", "a bc d"),
            ("=?utf-8?q?b?= =?koi8-r?q?=C1?=", "bа"),
            ("=?utf-8*en?q?b?=", "b"),
            ("a=?utf-8?q?b?=c", "abc"),
            ("=?utf-8?q?why??=", "why?"),
            ("=?iso-2022-jp?B?GyRCJU8bKEI=?=", "ハ"),
            ("=?utf-8?x?b?=", "=?utf-8?x?b?="),
            ("=?utf-8?q?b", "=?utf-8?q?b"),
            ("=?", "=?"),
            ("=?utf-8", "=?utf-8"),
            ("=?utf-8?b?w6k=?=", "é"),
        ] {
            assert_eq!(decoded(text), meant);
        }
    }

    #[test]
    fn a_letter_that_was_cut_is_whole_again() {
        assert_eq!(decoded("=?utf-8?Q?=E2=82?=\t=?UTF-8?B?rA==?="), "€");
        assert_eq!(decoded("=?big5?B?p0Gm?= =?big5?B?bg==?="), "你好");
        let stateful = "=?iso-2022-jp?B?GyRCJU8bKEI=?= =?iso-2022-jp?B?GyRCJU8bKEI=?=";
        assert_eq!(decoded(stateful), "ハハ");
    }

    #[test]
    fn mended_words_are_utf_8_and_lose_nothing() {
        assert_eq!(mended("=?latin1?Q?=E9?= <a@b>"), "=?utf-8?Q?=C3=A9?= <a@b>");
        assert_eq!(decoded(&mended("=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=")), "€");
        assert_eq!(mended("=?what <a@b>"), "= ?what <a@b>");
    }
}
