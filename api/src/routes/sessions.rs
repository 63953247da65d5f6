//! The devices that are signed in.

use actix_web::HttpResponse;
use actix_web::web::{self, Data};
use postern_protocol::session::Sessions;
use postern_protocol::{ErrorBody, SessionId};

use crate::error::ApiError;
use crate::extract::{AnySession, Path, User};
use crate::state::State;

/// All of them.
#[utoipa::path(
    get, path = "/sessions", tag = "sessions", security(("session" = [])),
    responses((status = 200, body = Sessions), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_sessions(
    User(user): User,
    state: Data<State>,
) -> Result<web::Json<Sessions>, ApiError> {
    Ok(web::Json(user.sessions(state.now()).await?))
}

/// Signs this device out.
#[utoipa::path(
    delete, path = "/sessions/current", tag = "sessions", security(("session" = [])),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn end_current_session(AnySession(session): AnySession) -> Result<HttpResponse, ApiError> {
    session.end().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Signs a device out.
#[utoipa::path(
    delete, path = "/sessions/{session}", tag = "sessions", security(("session" = [])),
    params(("session" = SessionId, Path)),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn end_session(
    User(user): User,
    Path(session): Path<SessionId>,
) -> Result<HttpResponse, ApiError> {
    user.end_session(session).await?;
    Ok(HttpResponse::NoContent().finish())
}
