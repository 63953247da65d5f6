//! Signing in.

use actix_web::web::{self, Data};
use postern_protocol::ErrorBody;
use postern_protocol::session::{LoginAnswer, LoginFinish, LoginStart, SessionBody};

use crate::error::ApiError;
use crate::extract::{Json, SMALL_JSON_BYTES, Stranger};
use crate::state::State;

/// The first message of a login. Each lets its sender try one password, so this is what is counted.
#[utoipa::path(
    post, path = "/login/start", tag = "login", request_body = LoginStart,
    responses((status = 200, body = LoginAnswer), (status = "default", body = ErrorBody))
)]
pub(crate) async fn start_login(
    _: Stranger,
    state: Data<State>,
    Json(start): Json<LoginStart, SMALL_JSON_BYTES>,
) -> Result<web::Json<LoginAnswer>, ApiError> {
    state.limits.count_login(&start.name)?;
    let answer = state
        .postern
        .start_login(&start, state.now(), &mut rand::rng())
        .await?;
    Ok(web::Json(answer))
}

/// The last message of a login.
#[utoipa::path(
    post, path = "/login/finish", tag = "login", request_body = LoginFinish,
    responses((status = 200, body = SessionBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn finish_login(
    _: Stranger,
    state: Data<State>,
    Json(finish): Json<LoginFinish, SMALL_JSON_BYTES>,
) -> Result<web::Json<SessionBody>, ApiError> {
    let session = state
        .postern
        .finish_login(&finish, state.now(), &mut rand::rng())
        .await?;
    Ok(web::Json(session))
}
