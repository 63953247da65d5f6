//! What may follow an address: `SIZE`, `BODY` and `SMTPUTF8`, and what RFC 3461 says about reports.

use crate::path::{ForwardPath, ReversePath};
use crate::reply::{Reply, say};

const MAX_ENVELOPE_ID: usize = 100;
const MAX_ORIGINAL: usize = 500;

/// What `MAIL FROM` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Who wants to know if it does not arrive.
    pub path: ReversePath,
    /// How large the message is said to be.
    pub size_bytes: Option<u64>,
    /// Whether it is said to have bytes above 127.
    pub eight_bit: bool,
    /// Whether addresses and headers may be other than ASCII (RFC 6531).
    pub utf8: bool,
    /// What a report should bring back.
    pub return_part: Option<Return>,
    /// By what name the sender knows this message.
    pub envelope_id: Option<String>,
}

/// What `RCPT TO` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who is to get it.
    pub path: ForwardPath,
    /// When the sender wants a report.
    pub notify: Option<Notify>,
    /// To whom it was written before anybody forwarded it: a type and an address.
    pub original: Option<(String, String)>,
}

/// How much of a message a report should bring back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// All of it.
    Full,
    /// Its headers.
    Headers,
}

/// When a sender wants a report. None of the three: never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notify {
    /// When it arrived.
    pub success: bool,
    /// When it could not be delivered.
    pub failure: bool,
    /// When it takes long.
    pub delay: bool,
}

/// Reads what follows `MAIL FROM:<…>`.
pub(crate) fn sender(path: ReversePath, text: &str) -> Result<Sender, Reply> {
    let mut sender = Sender {
        path,
        size_bytes: None,
        eight_bit: false,
        utf8: false,
        return_part: None,
        envelope_id: None,
    };
    each(text, |keyword, value| {
        match (keyword, value) {
            ("SIZE", Some(value)) => sender.size_bytes = Some(number(value)?),
            ("BODY", Some(value)) => {
                sender.eight_bit = choice(value, &[("7BIT", false), ("8BITMIME", true)])?;
            }
            ("SMTPUTF8", None) => sender.utf8 = true,
            ("RET", Some(value)) => {
                let parts = [("FULL", Return::Full), ("HDRS", Return::Headers)];
                sender.return_part = Some(choice(value, &parts)?);
            }
            ("ENVID", Some(value)) => sender.envelope_id = Some(xtext(value, MAX_ENVELOPE_ID)?),
            // Who signed in elsewhere, as some other server says (RFC 4954): not ours to believe.
            ("AUTH", Some(_)) => {}
            _ => return Err(say::NOT_SUPPORTED),
        }
        Ok(())
    })?;
    Ok(sender)
}

/// Reads what follows `RCPT TO:<…>`.
pub(crate) fn recipient(path: ForwardPath, text: &str) -> Result<Recipient, Reply> {
    let mut recipient = Recipient {
        path,
        notify: None,
        original: None,
    };
    each(text, |keyword, value| {
        match (keyword, value) {
            ("NOTIFY", Some(value)) => recipient.notify = Some(notify(value)?),
            ("ORCPT", Some(value)) => recipient.original = Some(original(value)?),
            _ => return Err(say::NOT_SUPPORTED),
        }
        Ok(())
    })?;
    Ok(recipient)
}

/// `type;address`. RFC 6533 has a coding of its own for addresses beyond ASCII, which are kept as they are written.
fn original(text: &str) -> Result<(String, String), Reply> {
    let (kind, address) = text.split_once(';').ok_or(say::BAD_PARAMETERS)?;
    let is_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '-';
    let is_plain =
        address.len() <= MAX_ORIGINAL && !address.is_empty() && !address.contains(char::is_control);
    if kind.is_empty() || !kind.chars().all(is_word) || !is_plain {
        return Err(say::BAD_PARAMETERS);
    }
    let address = if kind.eq_ignore_ascii_case("utf-8") {
        address.to_owned()
    } else {
        xtext(address, MAX_ORIGINAL)?
    };
    Ok((kind.to_owned(), address))
}

/// Takes `KEYWORD` or `KEYWORD=value` after one another, each once.
fn each(text: &str, mut take: impl FnMut(&str, Option<&str>) -> Result<(), Reply>) -> Result<(), Reply> {
    let mut taken: Vec<String> = Vec::new();
    for parameter in text.split(' ').filter(|text| !text.is_empty()) {
        let (keyword, value) = match parameter.split_once('=') {
            Some((keyword, value)) => (keyword, Some(value)),
            None => (parameter, None),
        };
        let keyword = keyword.to_ascii_uppercase();
        if taken.contains(&keyword) || value == Some("") {
            return Err(say::BAD_PARAMETERS);
        }
        take(&keyword, value)?;
        taken.push(keyword);
    }
    Ok(())
}

pub(crate) fn number(text: &str) -> Result<u64, Reply> {
    // RFC 1870: up to twenty digits. `parse` alone would take a plus sign.
    if text.is_empty() || text.len() > 20 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(say::BAD_PARAMETERS);
    }
    // What is too much for 64 bits is too much.
    Ok(text.parse().unwrap_or(u64::MAX))
}

fn choice<T: Copy>(text: &str, from: &[(&str, T)]) -> Result<T, Reply> {
    let found = from.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, value)| *value).ok_or(say::BAD_PARAMETERS)
}

fn notify(text: &str) -> Result<Notify, Reply> {
    if text.eq_ignore_ascii_case("NEVER") {
        return Ok(Notify::default());
    }
    let mut when = Notify::default();
    for word in text.split(',') {
        let part = match word.to_ascii_uppercase().as_str() {
            "SUCCESS" => &mut when.success,
            "FAILURE" => &mut when.failure,
            "DELAY" => &mut when.delay,
            _ => return Err(say::BAD_PARAMETERS),
        };
        *part = true;
    }
    Ok(when)
}

/// RFC 3461, 4: printable ASCII, of which `+` introduces two capital hexadecimal digits.
fn xtext(text: &str, most: usize) -> Result<String, Reply> {
    let mut bytes = text.bytes();
    let mut said = String::new();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'+' => 16 * digit(bytes.next())? + digit(bytes.next())?,
            b'!'..=b'~' if byte != b'=' => byte,
            _ => return Err(say::BAD_PARAMETERS),
        };
        if !(b' '..=b'~').contains(&byte) {
            return Err(say::BAD_PARAMETERS);
        }
        said.push(char::from(byte));
    }
    if (1..=most).contains(&said.len()) {
        Ok(said)
    } else {
        Err(say::BAD_PARAMETERS)
    }
}

fn digit(byte: Option<u8>) -> Result<u8, Reply> {
    match byte {
        Some(byte @ b'0'..=b'9') => Ok(byte - b'0'),
        Some(byte @ b'A'..=b'F') => Ok(byte - b'A' + 10),
        _ => Err(say::BAD_PARAMETERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Result<Sender, u16> {
        sender(ReversePath::Null, text).map_err(|reply| reply.code())
    }

    fn rcpt(text: &str) -> Result<Recipient, u16> {
        recipient(ForwardPath::Postmaster, text).map_err(|reply| reply.code())
    }

    #[test]
    fn a_sender_may_say_much() {
        let said = mail(" SIZE=100 body=8bitmime SMTPUTF8 RET=HDRS ENVID=Q+2BQ AUTH=<> ").expect("well said");
        assert_eq!(said.size_bytes, Some(100));
        assert!(said.eight_bit && said.utf8);
        assert_eq!(said.return_part, Some(Return::Headers));
        assert_eq!(said.envelope_id.as_deref(), Some("Q+Q"));
        let large = mail("SIZE=99999999999999999999").expect("a number");
        assert_eq!(large.size_bytes, Some(u64::MAX));
    }

    #[test]
    fn a_recipient_may_say_when_to_report() {
        let said = rcpt("NOTIFY=success,DELAY ORCPT=rfc822;a+40b").expect("well said");
        let when = said.notify.expect("said");
        assert!(when.success && when.delay && !when.failure);
        assert_eq!(said.original, Some(("rfc822".to_owned(), "a@b".to_owned())));
        assert_eq!(
            rcpt("NOTIFY=NEVER").expect("well said").notify,
            Some(Notify::default())
        );
        let beyond = rcpt(r"ORCPT=utf-8;b\x{FC}cher@example.org").expect("well said");
        assert_eq!(beyond.original.expect("said").1, r"b\x{FC}cher@example.org");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in [
            "SIZE=",
            "SIZE=+1",
            "SIZE=1x",
            "SIZE=1 SIZE=1",
            "BODY=x",
            "RET=ALL",
            "ENVID=+2b",
            "ENVID=+2",
            "ENVID=a=b",
            "ENVID=+0A",
            "SIZE=111111111111111111111",
        ] {
            assert_eq!(mail(text), Err(501), "{text}");
        }
        for text in [
            "BODY",
            "SMTPUTF8=1",
            "REQUIRETLS",
            "X",
            "NOTIFY=NEVER",
            "=",
            "BODY=BINARYMIME X",
        ] {
            assert!(matches!(mail(text), Err(501 | 555)), "{text}");
        }
        for text in [
            "NOTIFY=",
            "NOTIFY=NEVER,DELAY",
            "NOTIFY=X",
            "ORCPT=a",
            "ORCPT=;a@b",
            "ORCPT=utf-8;",
            "ORCPT=utf-8;a\u{7}b",
            "ORCPT=a\u{7};a@b",
            "ORCPT=rfc822;",
            "ORCPT=rfc822;é",
        ] {
            assert_eq!(rcpt(text), Err(501), "{text}");
        }
        assert_eq!(rcpt("SIZE=1"), Err(555));
        assert_eq!(mail(&format!("ENVID={}", "a".repeat(101))), Err(501));
    }
}
