//! From the charsets of half a century to UTF-8. Every input has an outcome: text that cannot be read right is shown wrong,
//! since a reader who sees something can ask.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, WINDOWS_1252};

/// Names that mail programs use and the Encoding Standard does not know.
const ALIASES: &[(&str, &str)] = &[
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("8859_1", "iso-8859-1"),
    ("iso-8859-1-windows-3.1-latin-1", "windows-1252"),
    ("iso8859_1", "iso-8859-1"),
    ("latin-1", "iso-8859-1"),
    ("utf8mb4", "utf-8"),
    ("x-gbk-2", "gbk"),
];

/// The text, as its charset says it is to be read. Without a charset, or with one that nobody knows, it is UTF-8 if it can
/// be, and else windows-1252, which everything is.
///
/// UTF-7 is refused like an unknown one: it has been a way past filters (`+ADw-script+AD4-`) longer than it has been a
/// charset of mail.
pub(crate) fn decode<'b>(bytes: &'b [u8], charset: Option<&str>) -> Cow<'b, str> {
    match charset.and_then(encoding) {
        Some(encoding) if !is_better_utf8(encoding, bytes) => encoding.decode(bytes).0,
        _ => guess(bytes),
    }
}

/// What a head is written in if it is not ASCII: nothing says so there.
pub(crate) fn guess(bytes: &[u8]) -> Cow<'_, str> {
    if memchr::memmem::find(bytes, b"\x1b$").is_some() {
        return ISO_2022_JP.decode(bytes).0;
    }
    if is_mostly_utf8(bytes) {
        return UTF_8.decode(bytes).0;
    }
    WINDOWS_1252.decode(bytes).0
}

fn encoding(label: &str) -> Option<&'static Encoding> {
    let label = label.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let alias = ALIASES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(label))
        .map_or(label, |(_, known)| known);
    // The standard maps charsets that have been abused onto one that yields nothing; here such text is shown as it is.
    Encoding::for_label(alias.as_bytes()).filter(|encoding| *encoding != REPLACEMENT)
}

/// `us-ascii` and the Latin charsets are said by programs that do not look. Nearly no other text happens to be UTF-8.
fn is_better_utf8(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    encoding == WINDOWS_1252 && !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok()
}

/// True if more letters beyond ASCII are right than wrong: a text that was cut within a letter stays readable.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    wrong == 0 || right > wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_of_the_world_are_read() {
        let cases: &[(&str, &[u8], &str)] = &[
            ("iso-2022-jp", b"\x1b$B%O%m!<\x1b(B", "ハロー"),
            ("gb18030", b"\xc4\xe3\xba\xc3", "你好"),
            ("GB2312", b"\xc4\xe3\xba\xc3", "你好"),
            ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
            ("big5", b"\xa7A\xa6n", "你好"),
            ("shift_jis", b"\x83n\x83\x8d\x81[", "ハロー"),
            ("cp932", b"\x83n\x83\x8d\x81[", "ハロー"),
            ("euc-kr", b"\xbe\xc8\xb3\xe7", "안녕"),
            ("windows-1255", b"\xf9\xec\xe5\xed", "שלום"),
            ("iso-8859-2", b"\xb1\xe6", "ąć"),
            ("utf-16", b"\xfe\xff\x00\xe1", "á"),
            ("\"UTF-8\"", "é".as_bytes(), "é"),
        ];
        for (charset, bytes, text) in cases {
            assert_eq!(decode(bytes, Some(charset)), *text, "{charset}");
        }
    }

    #[test]
    fn an_unknown_charset_is_utf8_if_it_can_be_and_else_windows_1252() {
        assert_eq!(decode("é".as_bytes(), Some("klingon")), "é");
        assert_eq!(decode(b"\xe9", Some("klingon")), "é");
        assert_eq!(decode(b"\x805", None), "€5");
        assert_eq!(decode("é".as_bytes(), Some("us-ascii")), "é");
    }

    #[test]
    fn utf_7_is_shown_as_it_is() {
        assert_eq!(decode(b"+ADw-script+AD4-", Some("utf-7")), "+ADw-script+AD4-");
        assert_eq!(decode(b"~{...~}", Some("hz-gb-2312")), "~{...~}");
    }

    #[test]
    fn utf_8_with_broken_sequences_stays_readable() {
        assert_eq!(
            decode(b"gr\xc3\xbc\xc3\x9fe \xc3", Some("utf-8")),
            "grüße \u{fffd}"
        );
        assert_eq!(decode(b"gr\xc3\xbc\xc3\x9fe \xc3", None), "grüße \u{fffd}");
    }
}
