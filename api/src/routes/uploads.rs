//! Contents that arrive in parts.

use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use postern_protocol::upload::{ContentBody, UploadBody, UploadComplete, UploadStart};
use postern_protocol::{Bytes, ContentId, ErrorBody};

use crate::error::ApiError;
use crate::extract::{Json, Path, SMALL_JSON_BYTES, User};
use crate::incoming;
use crate::state::State;

/// Begins an upload; one that has begun goes on.
#[utoipa::path(
    post, path = "/uploads", tag = "uploads", request_body = UploadStart, security(("session" = [])),
    responses((status = 200, body = UploadBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn start_upload(
    User(user): User,
    state: Data<State>,
    Json(start): Json<UploadStart, SMALL_JSON_BYTES>,
) -> Result<web::Json<UploadBody>, ApiError> {
    Ok(web::Json(user.start_upload(&start, state.now()).await?))
}

/// The upload as it stands: which parts are there.
#[utoipa::path(
    get, path = "/uploads/{content}", tag = "uploads", security(("session" = [])),
    params(("content" = ContentId, Path)),
    responses((status = 200, body = UploadBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn get_upload(
    User(user): User,
    Path(content): Path<ContentId>,
) -> Result<web::Json<UploadBody>, ApiError> {
    Ok(web::Json(user.upload(content).body().await?))
}

/// Takes a part: in any order, several at once. When this answers, the part is on disk.
#[utoipa::path(
    put, path = "/uploads/{content}/parts/{part}", tag = "uploads", security(("session" = [])),
    params(
        ("content" = ContentId, Path),
        ("part" = u32, Path, description = "from 0"),
        ("postern-checksum" = Bytes, Header, description = "the BLAKE3 of the body"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn put_part(
    request: HttpRequest,
    User(user): User,
    Path((content, part)): Path<(ContentId, u32)>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let upload = user.upload(content);
    incoming::hand_over(&request, payload, |body| upload.put_part(part, body)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Makes the parts a content. Repeating it changes nothing.
#[utoipa::path(
    post, path = "/uploads/{content}/complete", tag = "uploads", security(("session" = [])),
    params(("content" = ContentId, Path)), request_body = UploadComplete,
    responses((status = 200, body = ContentBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn complete_upload(
    User(user): User,
    Path(content): Path<ContentId>,
    state: Data<State>,
    Json(complete): Json<UploadComplete, SMALL_JSON_BYTES>,
) -> Result<web::Json<ContentBody>, ApiError> {
    Ok(web::Json(
        user.upload(content).complete(&complete, state.now()).await?,
    ))
}

/// Gives the upload up.
#[utoipa::path(
    delete, path = "/uploads/{content}", tag = "uploads", security(("session" = [])),
    params(("content" = ContentId, Path)),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn abort_upload(
    User(user): User,
    Path(content): Path<ContentId>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    user.upload(content).abort(state.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
