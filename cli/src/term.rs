//! Times, spans and sizes, as people write and read them.

use indicatif::BinaryBytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
/// For a text that somebody else chose, who may know what a terminal does with control characters.
pub(crate) use postern_client::names::steady as plain;
use postern_client::protocol::TimeMs;
use postern_client::protocol::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Reads `90m`, `12h`, `7d` or `2w`, in milliseconds.
pub(crate) fn parse_span_ms(typed: &str) -> Result<i64, String> {
    let wrong = || "a time like 90m, 12h, 7d or 2w is needed".to_owned();
    let unit = typed.chars().last().ok_or_else(wrong)?;
    let unit_ms = match unit {
        'm' => MINUTE_MS,
        'h' => HOUR_MS,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        _ => return Err(wrong()),
    };
    let count: u32 = typed[..typed.len() - unit.len_utf8()]
        .parse()
        .map_err(|_| wrong())?;
    let ms = i64::from(count) * unit_ms;
    if (1..=MAX_SPAN_MS).contains(&ms) {
        Ok(ms)
    } else {
        Err("between a minute and a hundred years, please".to_owned())
    }
}

const MAX_SPAN_MS: i64 = 36_500 * DAY_MS;

/// A moment, in the time of this machine, to the minute.
pub(crate) fn moment(time: TimeMs) -> String {
    in_zone(time, TimeZone::system())
}

/// How far the clock of this machine is ahead of UTC.
pub(crate) fn ahead_of_utc_minutes() -> i32 {
    TimeZone::system().to_offset(Timestamp::now()).seconds() / 60
}

/// A moment that may not come.
pub(crate) fn moment_or_never(time: Option<TimeMs>) -> String {
    time.map_or_else(|| "never".to_owned(), moment)
}

/// A size: `1.5 GiB`.
pub(crate) fn size(bytes: u64) -> String {
    BinaryBytes(bytes).to_string()
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {one}{plural}")
}

fn in_zone(time: TimeMs, zone: TimeZone) -> String {
    // A sealed time may be any number; one that no calendar has is shown as it is.
    Timestamp::from_millisecond(time.0).map_or_else(
        |_| time.0.to_string(),
        |stamp| stamp.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (typed, ms) in [
            ("7d", 7 * DAY_MS),
            ("90m", 90 * MINUTE_MS),
            ("12h", 12 * HOUR_MS),
            ("2w", 14 * DAY_MS),
        ] {
            assert_eq!(parse_span_ms(typed), Ok(ms));
        }
        for typed in ["", "d", "7", "7 days", "-1d", "0d", "1.5h", "7ä", "99999999w"] {
            assert!(parse_span_ms(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_moment_is_shown_to_the_minute() {
        assert_eq!(
            in_zone(TimeMs(1_763_760_600_000), TimeZone::UTC),
            "2025-11-21 21:30"
        );
        assert_eq!(in_zone(TimeMs(i64::MAX), TimeZone::UTC), i64::MAX.to_string());
    }
}
