//! Contents that are there.

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use postern_protocol::bundle::{BundleKept, BundleRead, MAX_BUNDLE_BYTES};
use postern_protocol::upload::ContentBody;
use postern_protocol::{Bytes, ContentId, ErrorBody};

use crate::error::ApiError;
use crate::extract::{Json, Path, SMALL_JSON_BYTES, User};
use crate::state::State;
use crate::{incoming, outgoing};

/// Takes a content of at most one part, whole.
#[utoipa::path(
    put, path = "/contents/{content}", tag = "contents", security(("session" = [])),
    params(
        ("content" = ContentId, Path),
        ("postern-checksum" = Bytes, Header, description = "the BLAKE3 of the body"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = ContentBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn put_content(
    request: HttpRequest,
    User(user): User,
    Path(content): Path<ContentId>,
    state: Data<State>,
    payload: Payload,
) -> Result<web::Json<ContentBody>, ApiError> {
    let (upload, now) = (user.upload(content), state.now());
    let kept = incoming::hand_over(&request, payload, |body| upload.put_whole(body, now)).await?;
    Ok(web::Json(kept))
}

/// Takes small contents, each whole. The body's entries are an id (16 bytes), a size (4 bytes, big-endian) and so many
/// bytes, to its end; at most 256, and 2 MiB in all.
#[utoipa::path(
    post, path = "/contents", tag = "contents", security(("session" = [])),
    params(("postern-checksum" = Bytes, Header, description = "the BLAKE3 of the body")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = BundleKept), (status = "default", body = ErrorBody))
)]
pub(crate) async fn put_bundle(
    request: HttpRequest,
    User(user): User,
    state: Data<State>,
    payload: Payload,
) -> Result<web::Json<BundleKept>, ApiError> {
    let (body, checksum, _reserved) = incoming::whole(&request, payload, MAX_BUNDLE_BYTES as u64).await?;
    Ok(web::Json(user.put_bundle(&body, checksum, state.now()).await?))
}

/// The sealed bytes of small contents, end to end in the order asked for.
#[utoipa::path(
    post, path = "/contents/read", tag = "contents", security(("session" = [])), request_body = BundleRead,
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", body = ErrorBody),
    )
)]
pub(crate) async fn read_bundle(
    request: HttpRequest,
    User(user): User,
    Json(asked): Json<BundleRead, SMALL_JSON_BYTES>,
) -> Result<HttpResponse, ApiError> {
    outgoing::send_bundle(&request, &user.bundle(&asked.contents).await?).await
}

/// The sealed bytes, or one range of them.
#[utoipa::path(
    get, path = "/contents/{content}", tag = "contents", security(("session" = [])),
    params(
        ("content" = ContentId, Path),
        ("range" = Option<String>, Header, description = "one range of bytes"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", body = ErrorBody),
    )
)]
pub(crate) async fn get_content(
    request: HttpRequest,
    User(user): User,
    Path(content): Path<ContentId>,
) -> Result<HttpResponse, ApiError> {
    outgoing::send(&request, &user.content(content).await?).await
}
