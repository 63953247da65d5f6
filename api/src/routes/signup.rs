//! Making an account.

use actix_web::web::{self, Data};
use postern_protocol::ErrorBody;
use postern_protocol::account::{RegistrationAnswer, SignUp, SignUpStart};
use postern_protocol::session::SessionBody;

use crate::error::ApiError;
use crate::extract::{Json, SIGN_UP_JSON_BYTES, SMALL_JSON_BYTES, Stranger};
use crate::state::State;

/// Begins a sign-up.
#[utoipa::path(
    post, path = "/signup/start", tag = "account", request_body = SignUpStart,
    responses((status = 200, body = RegistrationAnswer), (status = "default", body = ErrorBody))
)]
pub(crate) async fn start_sign_up(
    _: Stranger,
    state: Data<State>,
    Json(start): Json<SignUpStart, SMALL_JSON_BYTES>,
) -> Result<web::Json<RegistrationAnswer>, ApiError> {
    Ok(web::Json(state.postern.start_sign_up(&start).await?))
}

/// Makes the account, whole or not at all.
#[utoipa::path(
    post, path = "/signup", tag = "account", request_body = SignUp,
    responses((status = 200, body = SessionBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn sign_up(
    _: Stranger,
    state: Data<State>,
    Json(sign_up): Json<SignUp, SIGN_UP_JSON_BYTES>,
) -> Result<web::Json<SessionBody>, ApiError> {
    let session = state
        .postern
        .sign_up(sign_up, state.now(), &mut rand::rng())
        .await?;
    Ok(web::Json(session))
}
