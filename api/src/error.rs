//! The one translation from what went wrong to what is answered.
//!
//! The cause is logged once, here, and never sent out; what a client sent is not logged at all.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use postern_domain::store::{self, StoreError};
use postern_domain::{AddressRefusal, Error, LinkEnd};
use postern_protocol::ErrorBody;
use postern_protocol::error::{ErrorCode, ErrorDetail};

use crate::body::BodyError;

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The rules forbid it.
    Domain(Error),
    /// It cannot be understood.
    Malformed(String),
    /// There is nothing at this path.
    NoSuchPath,
    /// There is, but not for this method.
    WrongMethod {
        /// The methods that it takes.
        allow: &'static str,
    },
    /// More than is taken at once.
    TooLarge,
    /// The body came too slowly.
    TooSlow,
    /// It was asked too often.
    TooManyRequests {
        /// How long to wait.
        retry_after_s: u64,
    },
    /// All places, or all of the memory for large requests, are taken by others.
    Full {
        /// How long to wait.
        retry_after_s: u64,
    },
}

/// What is answered: status, code, and what helps the client to go on.
struct Answer {
    status: StatusCode,
    code: ErrorCode,
    retry_after_s: Option<u64>,
    present: Option<u64>,
}

impl Answer {
    fn new(status: StatusCode, code: ErrorCode) -> Self {
        Self {
            status,
            code,
            retry_after_s: None,
            present: None,
        }
    }

    fn retry_after_s(self, seconds: u64) -> Self {
        Self {
            retry_after_s: Some(seconds),
            ..self
        }
    }
}

/// After this time a store that did not answer may do so again.
const STORE_RETRY_S: u64 = 5;

impl ApiError {
    fn answer(&self) -> Answer {
        match self {
            Self::Domain(error) => answer_to(error),
            Self::Malformed(_) => Answer::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest),
            Self::NoSuchPath => Answer::new(StatusCode::NOT_FOUND, ErrorCode::NotFound),
            Self::WrongMethod { .. } => Answer::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadRequest),
            Self::TooLarge => Answer::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge),
            Self::TooSlow => Answer::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::TooSlow),
            Self::TooManyRequests { retry_after_s } => {
                Answer::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooManyRequests)
                    .retry_after_s(*retry_after_s)
            }
            Self::Full { retry_after_s } => {
                Answer::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable)
                    .retry_after_s(*retry_after_s)
            }
        }
    }

    /// The body of the answer.
    pub(crate) fn told(&self) -> ErrorBody {
        self.body(&self.answer())
    }

    fn body(&self, answer: &Answer) -> ErrorBody {
        ErrorBody {
            error: ErrorDetail {
                code: answer.code,
                message: self.to_string(),
                retry_after_s: answer.retry_after_s,
                present: answer.present,
            },
        }
    }

    /// For the log: what only the server's operator can do something about.
    fn log(&self) {
        if let Self::Domain(Error::Store(cause)) = self {
            let mut text = cause.to_string();
            let mut source = std::error::Error::source(cause);
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            tracing::error!(cause = text, "a store failed");
        }
    }
}

fn answer_to(error: &Error) -> Answer {
    use ErrorCode as Code;
    use StatusCode as Status;
    match error {
        Error::Malformed(_)
        | Error::Bundle(_)
        | Error::Body(store::BodyError::Interrupted | store::BodyError::WrongLength) => {
            Answer::new(Status::BAD_REQUEST, Code::BadRequest)
        }
        Error::TooLarge(_) => Answer::new(Status::PAYLOAD_TOO_LARGE, Code::TooLarge),
        Error::NotSignedIn => Answer::new(Status::UNAUTHORIZED, Code::NotSignedIn),
        Error::LoginFailed => Answer::new(Status::UNAUTHORIZED, Code::LoginFailed),
        Error::NotFresh(_) => Answer::new(Status::FORBIDDEN, Code::NotFresh),
        Error::SignUpClosed => Answer::new(Status::FORBIDDEN, Code::SignUpClosed),
        Error::NotAdministrator => Answer::new(Status::FORBIDDEN, Code::NotAdministrator),
        Error::Address(AddressRefusal::Taken) => Answer::new(Status::CONFLICT, Code::AddressTaken),
        Error::Address(_) => Answer::new(Status::UNPROCESSABLE_ENTITY, Code::AddressRefused),
        Error::NameTaken => Answer::new(Status::CONFLICT, Code::NameTaken),
        Error::NotFound(_) => Answer::new(Status::NOT_FOUND, Code::NotFound),
        Error::LinkUnavailable => Answer::new(Status::NOT_FOUND, Code::LinkUnavailable),
        Error::LinkEnded(LinkEnd::Expired) => Answer::new(Status::GONE, Code::LinkExpired),
        Error::LinkEnded(LinkEnd::UsedUp) => Answer::new(Status::GONE, Code::LinkUsedUp),
        Error::LinkEnded(LinkEnd::Revoked) => Answer::new(Status::GONE, Code::LinkRevoked),
        Error::Conflict { present, .. } => Answer {
            present: *present,
            ..Answer::new(Status::CONFLICT, Code::Conflict)
        },
        Error::Refused(_) | Error::PartsMissing(_) => {
            Answer::new(Status::UNPROCESSABLE_ENTITY, Code::Unprocessable)
        }
        Error::RangeOutside { .. } => Answer::new(Status::RANGE_NOT_SATISFIABLE, Code::RangeOutside),
        Error::QuotaExceeded => Answer::new(Status::INSUFFICIENT_STORAGE, Code::QuotaExceeded),
        Error::Body(store::BodyError::WrongChecksum) => {
            Answer::new(Status::UNPROCESSABLE_ENTITY, Code::ChecksumMismatch)
        }
        Error::Store(StoreError::Full(_)) => Answer::new(Status::INSUFFICIENT_STORAGE, Code::StorageFull),
        Error::Store(StoreError::Unavailable(_)) => {
            Answer::new(Status::SERVICE_UNAVAILABLE, Code::Unavailable).retry_after_s(STORE_RETRY_S)
        }
        Error::Store(_) => Answer::new(Status::INTERNAL_SERVER_ERROR, Code::Internal),
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(error) => error.fmt(f),
            Self::Malformed(what) => f.write_str(what),
            Self::NoSuchPath => f.write_str("there is nothing at this path"),
            Self::WrongMethod { .. } => f.write_str("this path does not take this method"),
            Self::TooLarge => f.write_str("the body is larger than allowed here"),
            Self::TooSlow => f.write_str("the body came too slowly"),
            Self::TooManyRequests { retry_after_s } => {
                write!(f, "too many requests: wait for {retry_after_s} seconds")
            }
            Self::Full { retry_after_s } => {
                write!(f, "the server is full: wait for {retry_after_s} seconds")
            }
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.answer().status
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let answer = self.answer();
        let mut response = HttpResponse::build(answer.status).json(self.body(&answer));
        if let Some(seconds) = answer.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::WrongMethod { allow } = self {
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if let Self::Domain(Error::RangeOutside { size_bytes }) = self
            && let Ok(value) = HeaderValue::try_from(format!("bytes */{size_bytes}"))
        {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        response
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge,
            BodyError::TooSlow => Self::TooSlow,
            BodyError::Broken(_) => Self::Malformed(error.to_string()),
        }
    }
}
