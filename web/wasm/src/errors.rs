//! Errors on their way to JavaScript and, from pool workers, back: `EngineError` of `api.ts`.

use js_sys::Reflect;
use postern_client::Error;
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::values::to_js;

/// `EngineError`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EngineError {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u64>,
    leaves_open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What JavaScript is told.
pub(crate) fn to_js_error(error: &Error) -> JsValue {
    let retry_after_s = match error {
        Error::RateLimited { retry_after_s } => Some(*retry_after_s),
        _ => None,
    };
    let detail = match error {
        Error::Internal(what) | Error::WrongKind(what) => Some((*what).to_owned()),
        Error::Query(mistake) => Some(mistake.to_string()),
        _ => None,
    };
    to_js(&EngineError {
        kind: kind_of(error),
        retry_after_s,
        leaves_open: error.leaves_open(),
        detail,
    })
}

/// What a pool worker, or another piece of JavaScript that we called, has thrown.
pub(crate) fn from_js_error(thrown: &JsValue) -> Error {
    let field = |name: &str| Reflect::get(thrown, &name.into()).ok();
    let kind = field("kind")
        .and_then(|kind| kind.as_string())
        .unwrap_or_default();
    match kind.as_str() {
        "file-differs" => Error::FileDiffers,
        "file-unreadable" => Error::Unreadable(String::new()),
        "save-failed" => Error::CannotSave(String::new()),
        "not-found" => Error::NotFound,
        "quota-exceeded" => Error::QuotaExceeded,
        "storage-full" => Error::StorageFull,
        "too-large" => Error::TooLarge,
        "rate-limited" => Error::RateLimited {
            retry_after_s: seconds(field("retryAfterS")),
        },
        "offline" => Error::Offline,
        "unavailable" => Error::Unavailable,
        "signed-out" => Error::SignedOut,
        "cancelled" => Error::Cancelled,
        "busy" => Error::Busy,
        "not-authentic" => Error::NotAuthentic,
        _ => Error::Internal("a piece of JavaScript threw"),
    }
}

/// The device's store threw.
pub(crate) fn device_failed(thrown: &JsValue) -> Error {
    let name = Reflect::get(thrown, &"name".into())
        .ok()
        .and_then(|name| name.as_string());
    Error::Device(name.unwrap_or_else(|| "unknown".to_owned()))
}

fn kind_of(error: &Error) -> &'static str {
    match error {
        Error::WrongPassword => "wrong-password",
        Error::NameTaken => "name-taken",
        Error::NameInvalid => "name-invalid",
        Error::PasswordEmpty => "password-empty",
        Error::SignUpClosed => "sign-up-closed",
        Error::NotAdministrator => "not-administrator",
        Error::DomainInvalid => "domain-invalid",
        Error::AddressTaken => "address-taken",
        Error::AddressRefused => "address-refused",
        Error::WordsMangled(_) => "words-mangled",
        Error::WordsWrong => "words-wrong",
        Error::PasswordOpensNothing => "password-opens-nothing",
        Error::FreshSignInNeeded => "fresh-sign-in-needed",
        Error::EntryName(_) => "entry-name-invalid",
        Error::TagName => "tag-name-invalid",
        Error::Query(_) => "query-mistaken",
        Error::EntryExists => "entry-name-taken",
        Error::IntoItself => "into-itself",
        Error::FileDiffers => "file-differs",
        Error::UploadLost => "upload-lost",
        Error::Unreadable(_) => "file-unreadable",
        Error::CannotSave(_) => "save-failed",
        Error::LinkMangled(_) => "link-mangled",
        Error::LinkRefused => "link-refused",
        Error::LinkExpired => "link-expired",
        Error::LinkUsedUp => "link-used-up",
        Error::LinkRevoked => "link-revoked",
        Error::NotFound => "not-found",
        Error::QuotaExceeded => "quota-exceeded",
        Error::StorageFull => "storage-full",
        Error::TooLarge => "too-large",
        Error::RateLimited { .. } => "rate-limited",
        Error::Offline => "offline",
        Error::Unavailable => "unavailable",
        Error::SignedOut => "signed-out",
        Error::Cancelled => "cancelled",
        Error::Busy => "busy",
        Error::NotAuthentic => "not-authentic",
        Error::WrongKind(_) | Error::Device(_) | Error::Internal(_) => "internal",
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates; a few minutes at most"
)]
fn seconds(value: Option<JsValue>) -> u64 {
    value.and_then(|value| value.as_f64()).unwrap_or(60.0) as u64
}
