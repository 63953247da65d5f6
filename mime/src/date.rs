//! `Date` (RFC 5322, section 3.3, and the zones of section 4.3).

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

/// A date is short; what follows is a comment.
const MAX_BYTES: usize = 200;

/// In milliseconds since 1970. A date that names no zone is taken for one of Greenwich, as the RFC has it for zones that
/// nobody knows.
pub(crate) fn read_ms(value: &str) -> Option<i64> {
    let value = &value[..value.floor_char_boundary(MAX_BYTES)];
    read(value, "\n").or_else(|| read(value, " +0000\n"))
}

fn read(value: &str, end: &str) -> Option<i64> {
    let line = format!("{}{end}", value.replace(['\n', '\r'], " "));
    let HeaderValue::DateTime(mut date) = MessageStream::new(line.as_bytes()).parse_date() else {
        return None;
    };
    // A second may be inserted; the clocks of computers have no place for it.
    date.second = date.second.min(59);
    date.is_valid().then(|| date.to_timestamp() * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_their_zones() {
        for (value, seconds) in [
            ("Sun, 02 Oct 2016 07:06:22 -0700 (PDT)", 1_475_417_182),
            ("Sun, 02 Oct 2016 07:06:22 PDT", 1_475_417_182),
            ("Sun, 02 Oct 2016 14:06:22 GMT", 1_475_417_182),
            ("Sun, 02 Oct 2016 14:06:22 UT", 1_475_417_182),
            ("Sun, 02 Oct 2016 14:06:22 Z", 1_475_417_182),
            ("Sun, 02 Oct 2016 14:06:22", 1_475_417_182),
            ("2 Oct 2016 14:06:22 +0000", 1_475_417_182),
            ("2 Oct 16 10:06:22 EDT", 1_475_417_182),
            ("Sun, 2 Oct 2016 19:36:22 +0530", 1_475_417_182),
            ("Thu, 1 Jan 1970 00:00 +0000", 0),
            ("Sat, 31 Dec 2016 23:59:60 +0000", 1_483_228_799),
            ("Thu, 13 Feb 1969 23:32:54 -0330", -27_723_426),
        ] {
            assert_eq!(read_ms(value), Some(seconds * 1_000), "{value}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        let long = "9".repeat(10_000);
        for value in [
            "",
            "yesterday",
            "99 Zzz 2016 07:06:22 -0700",
            "32 Oct 2016 99:99:99 +9999",
            "é",
            &long,
        ] {
            assert_eq!(read_ms(value), None, "{value}");
        }
    }
}
