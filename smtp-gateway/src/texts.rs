//! Texts out of a message, fit to be shown in one line.

/// In one line: runs of blanks, ends of lines and control characters become one blank each.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut line = String::with_capacity(text.len());
    for word in words.filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// At most so many bytes, cut between two characters.
pub(crate) fn cut(mut text: String, max_bytes: usize) -> String {
    text.truncate(text.floor_char_boundary(max_bytes));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_put_in_one_line() {
        assert_eq!(one_line(" a\r\n\tb \u{0}c\u{a0}\u{2028}d "), "a b c d");
        assert_eq!(one_line("\r\n"), "");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("aä".to_owned(), 2), "a");
        assert_eq!(cut("aä".to_owned(), 3), "aä");
    }
}
