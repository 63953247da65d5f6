//! What an answer of the store means.

use std::future::Future;
use std::time::Duration;

use postern_domain::store::{Result, StoreError};
use postern_protocol::TimeMs;
use s3::error::S3Error;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A store that says nothing at all would otherwise hold a request for ever.
pub(super) async fn in_time<T>(limit: Duration, answer: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(limit, answer)
        .await
        .map_err(|late| StoreError::Unavailable(late.into()))
}

pub(super) fn is_absent(error: &S3Error) -> bool {
    matches!(error, S3Error::HttpFailWithBody(404, _))
}

/// Whether an upload is not there any more. Some stores deny access to an upload that they do not know: whoever was
/// allowed to begin it would be allowed to go on with it.
pub(super) fn is_gone(error: &S3Error) -> bool {
    let denied = |text: &str| text.contains("<Code>AccessDenied</Code>");
    is_absent(error) || matches!(error, S3Error::HttpFailWithBody(403, text) if denied(text))
}

pub(super) fn failed(error: impl Into<S3Error>) -> StoreError {
    match error.into() {
        S3Error::HttpFailWithBody(status, text) => refused(status, text),
        error @ (S3Error::Reqwest(_) | S3Error::Io(_)) => StoreError::Unavailable(error.into()),
        error => StoreError::Failed(error.into()),
    }
}

/// What a status that is no success means: these pass, the others are a wrong key, a wrong bucket, a mistake of ours.
pub(super) fn refused(status: u16, text: String) -> StoreError {
    let cause = S3Error::HttpFailWithBody(status, text).into();
    match status {
        408 | 409 | 412 | 429 | 500 | 502..=504 => StoreError::Unavailable(cause),
        _ => StoreError::Failed(cause),
    }
}

pub(super) fn moment(text: &str) -> Option<TimeMs> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000)
        .ok()
        .map(TimeMs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overloaded_store_is_asked_again_and_a_wrong_key_is_not() {
        assert!(matches!(refused(503, String::new()), StoreError::Unavailable(_)));
        assert!(matches!(refused(403, String::new()), StoreError::Failed(_)));
    }

    #[test]
    fn moments_are_read_to_the_millisecond() {
        assert_eq!(moment("1970-01-02T00:00:00.123Z"), Some(TimeMs(86_400_123)));
        assert_eq!(moment("yesterday"), None);
    }
}
