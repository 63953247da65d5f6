//! The web client's files, compiled into the server.
//!
//! Files below `assets/` carry a hash of their contents in their name and never change; all others are asked for
//! again each time and answered from the ETag. What is no file but looks like a place in the app is answered with the
//! first page, which finds its way from there.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::ApiError;
use crate::headers::reader_policy;

const FIRST_PAGE: &str = "index.html";
const READER: &str = "reader.html";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Postern</title>\
    <p>This server was built without its web client. The command line works.</p></html>";

#[derive(RustEmbed)]
#[folder = "../web/dist"]
struct Files;

/// How a file may be encoded, best first, and the ending of a file that is already encoded so.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// A file of the web client, or its first page.
pub(crate) async fn get_file(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(ApiError::WrongMethod { allow: "GET, HEAD" });
    }
    let path = request.path().trim_start_matches('/');
    if let Some(file) = Files::get(path).filter(|_| !path.is_empty()) {
        return Ok(answer(&request, path, &file));
    }
    if !is_place_in_the_app(path) {
        return Err(ApiError::NoSuchPath);
    }
    Ok(match Files::get(FIRST_PAGE) {
        Some(page) => answer(&request, FIRST_PAGE, &page),
        None => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .body(NOT_BUILT),
    })
}

/// Places have no dot in their last segment; `save/` belongs to the service worker and `api/` to the interface.
fn is_place_in_the_app(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    !matches!(first, "api" | "assets" | "save") && !last.contains('.')
}

fn answer(request: &HttpRequest, path: &str, file: &EmbeddedFile) -> HttpResponse {
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, cache_rule(path)))
        .insert_header((header::ETAG, etag.clone()))
        .insert_header((header::VARY, "Accept-Encoding"));
    if path == READER {
        let with_pictures = request.query_string() == "pictures";
        response.insert_header((header::CONTENT_SECURITY_POLICY, reader_policy(with_pictures)));
    }
    if is_known(request.headers(), &etag) {
        return response
            .status(actix_web::http::StatusCode::NOT_MODIFIED)
            .finish();
    }
    response.content_type(media_type(path));
    match encoded(request.headers(), path) {
        Some((encoding, body)) => response
            .insert_header((header::CONTENT_ENCODING, encoding))
            .body(body),
        None => response.body(contents(file)),
    }
}

fn encoded(headers: &HeaderMap, path: &str) -> Option<(&'static str, Bytes)> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    let (encoding, ending) = ENCODINGS.into_iter().find(|(encoding, ending)| {
        accepts(accepted, encoding) && Files::get(&format!("{path}{ending}")).is_some()
    })?;
    Files::get(&format!("{path}{ending}")).map(|file| (encoding, contents(&file)))
}

fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        parts.next() == Some(encoding) && !parts.any(|part| part == "q=0")
    })
}

fn contents(file: &EmbeddedFile) -> Bytes {
    match &file.data {
        std::borrow::Cow::Borrowed(data) => Bytes::from_static(data),
        std::borrow::Cow::Owned(data) => Bytes::copy_from_slice(data),
    }
}

fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| {
            known
                .split(',')
                .any(|tag| tag.trim().trim_start_matches("W/") == etag)
        })
}

fn cache_rule(path: &str) -> &'static str {
    if path.starts_with("assets/") {
        IMMUTABLE
    } else {
        REVALIDATE
    }
}

/// `nosniff` is set on everything, so each type must be told, and a streamed WASM must be told exactly.
fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_from_files_that_are_missing() {
        for place in ["", "drive", "drive/AAAA", "s/AAAAAAAAAAAAAAAAAAAAAA", "signup"] {
            assert!(is_place_in_the_app(place), "{place}");
        }
        for missing in [
            "api/v1/nothing",
            "assets/index-1234",
            "save/file",
            "favicon.ico",
            "robots.txt",
        ] {
            assert!(!is_place_in_the_app(missing), "{missing}");
        }
    }

    #[test]
    fn an_encoding_that_is_refused_is_not_used() {
        assert!(accepts("gzip, br;q=0.9", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("gzip", "br"));
    }
}
