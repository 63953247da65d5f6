//! The one translation from what a server answers to what a person is told.

use postern_protocol::{ErrorBody, ErrorCode};

use super::{Fault, Response};
use crate::Error;

/// How long to wait when a server does not say.
const DEFAULT_WAIT_S: u64 = 60;

/// What the refusal in `answer` means.
pub(crate) fn refusal(answer: &Response) -> Error {
    let Ok(ErrorBody { error }) = serde_json::from_slice(&answer.body) else {
        return without_body(answer);
    };
    match error.code {
        ErrorCode::NotSignedIn => Error::SignedOut,
        ErrorCode::LoginFailed => Error::WrongPassword,
        ErrorCode::NotFresh => Error::FreshSignInNeeded,
        ErrorCode::SignUpClosed => Error::SignUpClosed,
        ErrorCode::NotAdministrator => Error::NotAdministrator,
        ErrorCode::AddressTaken => Error::AddressTaken,
        ErrorCode::AddressRefused => Error::AddressRefused,
        ErrorCode::NotFound => Error::NotFound,
        ErrorCode::LinkUnavailable => Error::LinkRefused,
        ErrorCode::Conflict => Error::Busy,
        ErrorCode::NameTaken => Error::NameTaken,
        ErrorCode::LinkExpired => Error::LinkExpired,
        ErrorCode::LinkUsedUp => Error::LinkUsedUp,
        ErrorCode::LinkRevoked => Error::LinkRevoked,
        ErrorCode::TooLarge => Error::TooLarge,
        ErrorCode::TooManyRequests => {
            let asked = error.retry_after_s.or(answer.retry_after_s);
            Error::RateLimited {
                retry_after_s: asked.unwrap_or(DEFAULT_WAIT_S),
            }
        }
        ErrorCode::QuotaExceeded => Error::QuotaExceeded,
        ErrorCode::StorageFull => Error::StorageFull,
        ErrorCode::BadRequest | ErrorCode::Unprocessable => {
            Error::Internal("the server refused a malformed request")
        }
        ErrorCode::RangeOutside => Error::NotAuthentic,
        ErrorCode::ChecksumMismatch
        | ErrorCode::TooSlow
        | ErrorCode::Internal
        | ErrorCode::Unavailable
        | ErrorCode::Unknown => Error::Unavailable,
    }
}

/// What no answer at all means.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoAnswer => Self::Offline,
            Fault::TooLong => Self::NotAuthentic,
        }
    }
}

/// A proxy between us and the server answers in its own way.
fn without_body(answer: &Response) -> Error {
    match answer.status {
        413 => Error::TooLarge,
        429 => Error::RateLimited {
            retry_after_s: answer.retry_after_s.unwrap_or(DEFAULT_WAIT_S),
        },
        _ => Error::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_understood_too() {
        let refused = |status, retry_after_s| {
            refusal(&Response {
                status,
                content_range: None,
                retry_after_s,
                body: "<html>".into(),
            })
        };
        let wait = |retry_after_s| Error::RateLimited { retry_after_s };
        assert_eq!(refused(413, None), Error::TooLarge);
        assert_eq!(refused(429, Some(7)), wait(7));
        assert_eq!(refused(429, None), wait(DEFAULT_WAIT_S));
        assert_eq!(refused(502, None), Error::Unavailable);
    }
}
