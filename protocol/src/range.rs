//! The one form of HTTP `Range` that Postern uses: a single run of bytes (RFC 9110, 14.1.2).

use std::ops::Range;

/// The header cannot be satisfied, or is not of a form that we serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the byte range lies outside the content")]
pub struct Unsatisfiable;

/// What `header` asks for out of `size_bytes`: `bytes=a-b`, `bytes=a-` or `bytes=-n`.
///
/// # Errors
/// [`Unsatisfiable`] if it names no byte of the content, several ranges, or another unit.
pub fn parse(header: &str, size_bytes: u64) -> Result<Range<u64>, Unsatisfiable> {
    let (first, last) = header
        .strip_prefix("bytes=")
        .and_then(|spec| spec.split_once('-'))
        .ok_or(Unsatisfiable)?;
    let range = match (first, last) {
        ("", suffix) => size_bytes.saturating_sub(number(suffix)?)..size_bytes,
        (first, "") => number(first)?..size_bytes,
        (first, last) => number(first)?..number(last)?.saturating_add(1).min(size_bytes),
    };
    if range.start < range.end {
        Ok(range)
    } else {
        Err(Unsatisfiable)
    }
}

/// The header that asks for `range`, which must not be empty.
#[must_use]
pub fn format(range: &Range<u64>) -> String {
    format!("bytes={}-{}", range.start, range.end - 1)
}

/// The `Content-Range` that answers with `range` out of `size_bytes`.
#[must_use]
pub fn format_content(range: &Range<u64>, size_bytes: u64) -> String {
    format!("bytes {}-{}/{size_bytes}", range.start, range.end - 1)
}

/// What a `Content-Range` header says: the range and the whole size. Strict, since it comes from a server that may lie.
#[must_use]
pub fn parse_content(header: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = header.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, size) = (number(first).ok()?, number(last).ok()?, number(size).ok()?);
    (first <= last && last < size).then(|| (first..last + 1, size))
}

fn number(digits: &str) -> Result<u64, Unsatisfiable> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain {
        digits.parse().map_err(|_| Unsatisfiable)
    } else {
        Err(Unsatisfiable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_understood() {
        assert_eq!(parse("bytes=0-0", 10), Ok(0..1));
        assert_eq!(parse("bytes=3-99", 10), Ok(3..10));
        assert_eq!(parse("bytes=3-", 10), Ok(3..10));
        assert_eq!(parse("bytes=-4", 10), Ok(6..10));
    }

    #[test]
    fn what_names_no_byte_is_refused() {
        for header in [
            "bytes=10-",
            "bytes=5-4",
            "bytes=-0",
            "bytes=",
            "bytes=-",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=+1-2",
        ] {
            assert_eq!(parse(header, 10), Err(Unsatisfiable), "{header}");
        }
        assert_eq!(parse("bytes=0-", 0), Err(Unsatisfiable));
    }

    #[test]
    fn a_content_range_survives_its_text_form() {
        assert_eq!(parse_content(&format_content(&(3..7), 10)), Some((3..7, 10)));
        assert_eq!(parse_content("bytes 3-10/10"), None);
        assert_eq!(parse(&format(&(3..7)), 10), Ok(3..7));
    }
}
