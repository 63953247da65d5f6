//! Getting back into an account with its recovery words.

use actix_web::web::{self, Data};
use postern_protocol::ErrorBody;
use postern_protocol::account::{RecoveryChallenge, RecoveryFinish, RecoveryStart};
use postern_protocol::session::SessionBody;

use crate::error::ApiError;
use crate::extract::{Json, SMALL_JSON_BYTES, Stranger};
use crate::state::State;

/// What has to be signed.
#[utoipa::path(
    post, path = "/recovery/start", tag = "login", request_body = RecoveryStart,
    responses((status = 200, body = RecoveryChallenge), (status = "default", body = ErrorBody))
)]
pub(crate) async fn start_recovery(
    _: Stranger,
    state: Data<State>,
    Json(start): Json<RecoveryStart, SMALL_JSON_BYTES>,
) -> Result<web::Json<RecoveryChallenge>, ApiError> {
    state.limits.count_login(&start.name)?;
    let challenge = state
        .postern
        .start_recovery(&start, state.now(), &mut rand::rng())
        .await?;
    Ok(web::Json(challenge))
}

/// A session in which a new password can be set.
#[utoipa::path(
    post, path = "/recovery/finish", tag = "login", request_body = RecoveryFinish,
    responses((status = 200, body = SessionBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn finish_recovery(
    _: Stranger,
    state: Data<State>,
    Json(finish): Json<RecoveryFinish, SMALL_JSON_BYTES>,
) -> Result<web::Json<SessionBody>, ApiError> {
    let session = state
        .postern
        .finish_recovery(&finish, state.now(), &mut rand::rng())
        .await?;
    Ok(web::Json(session))
}
