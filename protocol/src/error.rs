//! What a refusal looks like: a stable code for programs, a sentence for people.

use serde::{Deserialize, Serialize};

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorDetail {
    /// For programs: stays the same from release to release.
    pub code: ErrorCode,
    /// For people: one sentence.
    pub message: String,
    /// How many seconds to wait before another try, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// With `conflict`: the present counter of the volume, or version of the object or of the mail index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<u64>,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// 400: the request is not of the shape that this interface defines (405: nor of a method that the path has).
    BadRequest,
    /// 401: no session, or one that has ended.
    NotSignedIn,
    /// 401: the name or the password is wrong; which of them is not said.
    LoginFailed,
    /// 403: the password must be given again before this (a session stays fresh for ten minutes), or, after a
    /// recovery, set anew.
    NotFresh,
    /// 403: this server takes no new accounts, or not without an invitation.
    SignUpClosed,
    /// 403: only administrators may do this.
    NotAdministrator,
    /// 404: there is nothing of that name that you may see.
    NotFound,
    /// 404: there is no such link, or what was shown for it does not prove that you have it.
    LinkUnavailable,
    /// 408: the request came too slowly.
    TooSlow,
    /// 409: somebody else was faster; read again, then try again.
    Conflict,
    /// 409: that name belongs to another account.
    NameTaken,
    /// 409: that address belongs to another account.
    AddressTaken,
    /// 410: the link has ended: its time is over.
    LinkExpired,
    /// 410: the link has ended: all its downloads are used, or reserved by somebody who is downloading now.
    LinkUsedUp,
    /// 410: the link has ended: its owner took it back, or removed what it leads to.
    LinkRevoked,
    /// 413: more than this interface takes in one request.
    TooLarge,
    /// 416: the byte range lies outside the content.
    RangeOutside,
    /// 422: well-formed, but it would break a rule of the tree (the message says which).
    Unprocessable,
    /// 422: well-formed, but it would break a rule of domains and addresses (the message says which).
    AddressRefused,
    /// 422: the bytes that arrived are not those whose checksum was announced.
    ChecksumMismatch,
    /// 429: too many requests; the answer says how long to wait.
    TooManyRequests,
    /// 500: the server's own fault; its log knows more.
    Internal,
    /// 503: the server cannot do this now; try again.
    Unavailable,
    /// 507: the account's space is used.
    QuotaExceeded,
    /// 507: the server has no room left, for anybody.
    StorageFull,
    /// A code that this client does not know yet.
    #[serde(other)]
    Unknown,
}
