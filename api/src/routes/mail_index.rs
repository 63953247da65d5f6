//! The index that an account's devices keep of its mail.

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use postern_protocol::mail::{MailIndex, PutMailIndex};
use postern_protocol::{ContentId, ErrorBody};

use crate::error::ApiError;
use crate::extract::{Json, Path, User};
use crate::outgoing;
use crate::state::State;

/// The mail index, or that there never was one.
#[utoipa::path(
    get, path = "/mail/index", tag = "mail", security(("session" = [])),
    responses((status = 200, body = MailIndex), (status = "default", body = ErrorBody))
)]
pub(crate) async fn get_index(User(user): User) -> Result<web::Json<MailIndex>, ApiError> {
    Ok(web::Json(user.mail_index().await?))
}

/// Replaces the mail index, if it has the version before. Its contents were uploaded before, and nothing else uses them.
#[utoipa::path(
    put, path = "/mail/index", tag = "mail", security(("session" = [])), request_body = PutMailIndex,
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn put_index(
    User(user): User,
    state: Data<State>,
    Json(put): Json<PutMailIndex>,
) -> Result<HttpResponse, ApiError> {
    user.put_mail_index(&put, state.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The sealed bytes of a content that the mail index names, or one range of them.
#[utoipa::path(
    get, path = "/mail/index/{content}", tag = "mail", security(("session" = [])),
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
    outgoing::send(&request, &user.mail_index_content(content).await?).await
}
