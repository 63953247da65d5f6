//! What stands in angle brackets: identifiers of messages and lists, and addresses of the web.

/// The last `most` of them; if there is no bracket at all, the words. What they answer is at the end of `References`.
pub(crate) fn read(value: &str, most: usize) -> Vec<String> {
    let mut found: Vec<String> = if value.contains('<') {
        value
            .split('<')
            .skip(1)
            .map(|rest| tidy(rest.split('>').next().unwrap_or_default()))
            .collect()
    } else {
        value.split([' ', '\t', ',']).map(tidy).collect()
    };
    found.retain(|id| !id.is_empty());
    found.drain(..found.len().saturating_sub(most));
    found
}

/// Long ones are broken by some programs, which adds blanks.
fn tidy(id: &str) -> String {
    id.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_in_brackets_or_alone() {
        for (value, ids) in [
            ("<a@b>", &["a@b"][..]),
            ("<a@b><c@d>,<e@ f>", &["a@b", "c@d", "e@f"]),
            ("Your message of Monday <a@b>", &["a@b"]),
            ("a@b c@d", &["a@b", "c@d"]),
            ("<a@b", &["a@b"]),
            ("<>", &[]),
            ("", &[]),
        ] {
            assert_eq!(read(value, 9), ids, "{value}");
        }
        assert_eq!(read("<a> <b> <c>", 2), ["b", "c"]);
    }
}
