//! What a line says.

use crate::parameters::{self, Recipient, Sender};
use crate::path::{Address, ForwardPath, ReversePath};
use crate::reply::{Reply, say};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Ehlo,
    Helo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    StartTls,
    Auth,
    Rset,
    Noop,
    Vrfy,
    Help,
    Quit,
}

/// Names of hosts are not much longer, and whatever is said is kept.
const MAX_NAME_BYTES: usize = 255;

impl Verb {
    /// Takes the command's name off a line, and the blanks around what follows.
    pub(crate) fn parse(line: &str) -> Result<(Self, &str), Reply> {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let verb = match name.to_ascii_uppercase().as_str() {
            "EHLO" => Self::Ehlo,
            "HELO" => Self::Helo,
            "MAIL" => Self::Mail,
            "RCPT" => Self::Rcpt,
            "DATA" => Self::Data,
            "BDAT" => Self::Bdat,
            "STARTTLS" => Self::StartTls,
            "AUTH" => Self::Auth,
            "RSET" => Self::Rset,
            "NOOP" => Self::Noop,
            "VRFY" => Self::Vrfy,
            "HELP" => Self::Help,
            "QUIT" => Self::Quit,
            "EXPN" | "ETRN" | "TURN" | "SEND" | "SOML" | "SAML" => return Err(say::NOT_OFFERED),
            _ => return Err(say::UNKNOWN),
        };
        Ok((verb, rest.trim_matches(' ')))
    }
}

/// Nothing.
pub(crate) fn nothing(rest: &str) -> Result<(), Reply> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(say::NO_PARAMETERS)
    }
}

/// What somebody calls themselves.
pub(crate) fn name(rest: &str) -> Result<String, Reply> {
    let one_word = rest
        .chars()
        .all(|sign| !sign.is_control() && !sign.is_whitespace());
    if (1..=MAX_NAME_BYTES).contains(&rest.len()) && one_word {
        Ok(rest.to_owned())
    } else {
        Err(say::BAD_PARAMETERS)
    }
}

/// `FROM:<path>` and parameters.
pub(crate) fn mail(rest: &str) -> Result<Sender, Reply> {
    let (path, rest) = path(rest, "FROM:")?;
    let path = ReversePath::parse(path).map_err(|_| say::BAD_SENDER)?;
    let sender = parameters::sender(path, rest)?;
    let ascii = sender.path.address().is_none_or(Address::is_ascii);
    if ascii || sender.utf8 {
        Ok(sender)
    } else {
        Err(say::NEEDS_UTF8)
    }
}

/// `TO:<path>` and parameters.
pub(crate) fn rcpt(rest: &str) -> Result<Recipient, Reply> {
    let (path, rest) = path(rest, "TO:")?;
    let path = ForwardPath::parse(path).map_err(|_| say::BAD_RECIPIENT)?;
    parameters::recipient(path, rest)
}

/// `FROM:<path> rest`. A blank after the colon is against the rules, and frequent.
fn path<'a>(text: &'a str, keyword: &str) -> Result<(&'a str, &'a str), Reply> {
    let head = text
        .get(..keyword.len())
        .filter(|head| head.eq_ignore_ascii_case(keyword));
    let text = head.map(|_| text[keyword.len()..].trim_start_matches(' '));
    let inside = text
        .and_then(|text| text.strip_prefix('<'))
        .ok_or(say::BAD_PATH)?;
    let end = end_of_path(inside).ok_or(say::BAD_PATH)?;
    let rest = &inside[end + 1..];
    if rest.is_empty() || rest.starts_with(' ') {
        Ok((&inside[..end], rest))
    } else {
        Err(say::BAD_PATH)
    }
}

/// Where the first `>` is that no quotes hold.
fn end_of_path(inside: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    inside.bytes().position(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' => return !quoted,
            _ => {}
        }
        false
    })
}

/// How long a chunk is, and whether it is the last.
pub(crate) fn bdat(rest: &str) -> Result<(u64, bool), Reply> {
    let (size, last) = match rest.split_once(' ') {
        None => (rest, false),
        Some((size, word)) if word.trim_start().eq_ignore_ascii_case("LAST") => (size, true),
        Some(_) => return Err(say::BAD_PARAMETERS),
    };
    Ok((parameters::number(size)?, last))
}

/// A mechanism, and a first response perhaps.
pub(crate) fn auth(rest: &str) -> Result<(String, Option<&str>), Reply> {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let mechanism = words.next().ok_or(say::BAD_PARAMETERS)?;
    let initial = words.next();
    match words.next() {
        None => Ok((mechanism.to_ascii_uppercase(), initial)),
        Some(_) => Err(say::BAD_PARAMETERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(rest: &str) -> Result<String, u16> {
        mail(rest)
            .map(|sender| sender.path.to_string())
            .map_err(|reply| reply.code())
    }

    #[test]
    fn a_name_and_what_follows_are_parted() {
        let verb = |line| Verb::parse(line).map_err(|reply| reply.code());
        assert_eq!(verb("mail  FROM:<> "), Ok((Verb::Mail, "FROM:<>")));
        assert_eq!(verb("Quit"), Ok((Verb::Quit, "")));
        assert_eq!(verb("EXPN list"), Err(502));
        assert_eq!(verb("GET / HTTP/1.1"), Err(500));
        assert_eq!(verb(""), Err(500));
    }

    #[test]
    fn paths_end_where_no_quotes_hold_the_bracket() {
        let said = |text: &str| Ok(text.to_owned());
        assert_eq!(sender("FROM:<a@b>"), said("a@b"));
        assert_eq!(sender("from: <a@b> SIZE=1"), said("a@b"));
        assert_eq!(sender("FROM:<>"), said(""));
        assert_eq!(sender(r#"FROM:<"a>\">b"@c>"#), said(r#""a>\">b"@c"#));
        for rest in [
            "",
            "FROM:a@b",
            "FROM:<a@b",
            "FROM:<a@b>x",
            "TO:<a@b>",
            "<a@b>",
            "FROM:<<a@b>>",
            "FROM:<a@b>SIZE=1",
            r#"FROM:<"a@b>"#,
            "FRÖM:<a@b>",
        ] {
            assert_eq!(sender(rest), Err(501), "{rest}");
        }
    }

    #[test]
    fn addresses_beyond_ascii_need_smtputf8() {
        assert_eq!(sender("FROM:<ü@b>"), Err(553));
        assert_eq!(sender("FROM:<ü@b> SMTPUTF8"), Ok("ü@b".to_owned()));
    }

    #[test]
    fn chunks_say_how_long_they_are() {
        assert_eq!(bdat("0 last"), Ok((0, true)));
        assert_eq!(bdat("12"), Ok((12, false)));
        for rest in ["", "x", "-1", "1 FIRST", "1 LAST LAST", "LAST"] {
            assert_eq!(bdat(rest), Err(say::BAD_PARAMETERS), "{rest}");
        }
    }

    #[test]
    fn what_else_follows_is_read() {
        assert_eq!(name("[192.0.2.1]"), Ok("[192.0.2.1]".to_owned()));
        for rest in ["", "a b", "a\u{7}", &"a".repeat(256)] {
            assert_eq!(name(rest), Err(say::BAD_PARAMETERS), "{rest}");
        }
        assert_eq!(nothing("x"), Err(say::NO_PARAMETERS));
        assert_eq!(auth("plain  AA=="), Ok(("PLAIN".to_owned(), Some("AA=="))));
        assert_eq!(auth("PLAIN a b"), Err(say::BAD_PARAMETERS));
        assert_eq!(auth(""), Err(say::BAD_PARAMETERS));
    }
}
