//! The account: what its devices load, its password, its keys.

use actix_web::HttpResponse;
use actix_web::web::{self, Data};
use postern_protocol::ErrorBody;
use postern_protocol::account::{
    AccountBody, PasswordChange, PasswordChanged, PasswordStart, PutObject, RegistrationAnswer, Rotation,
};

use crate::error::ApiError;
use crate::extract::{AnySession, Json, PasswordSetter, SMALL_JSON_BYTES, User};
use crate::state::State;

/// All that a device loads to unlock the account.
#[utoipa::path(
    get, path = "/account", tag = "account", security(("session" = [])),
    responses((status = 200, body = AccountBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn get_account(AnySession(session): AnySession) -> Result<web::Json<AccountBody>, ApiError> {
    Ok(web::Json(session.account_body().await?))
}

/// Begins a new password: within ten minutes of a login, or after a recovery.
#[utoipa::path(
    post, path = "/account/password/start", tag = "account", request_body = PasswordStart,
    security(("session" = [])),
    responses((status = 200, body = RegistrationAnswer), (status = "default", body = ErrorBody))
)]
pub(crate) async fn start_password(
    PasswordSetter(fresh): PasswordSetter,
    Json(start): Json<PasswordStart, SMALL_JSON_BYTES>,
) -> Result<web::Json<RegistrationAnswer>, ApiError> {
    Ok(web::Json(fresh.start_password(&start)?))
}

/// Sets a new password for the same account key. Ends all other sessions.
#[utoipa::path(
    put, path = "/account/password", tag = "account", request_body = PasswordChange, security(("session" = [])),
    responses((status = 200, body = PasswordChanged), (status = "default", body = ErrorBody))
)]
pub(crate) async fn put_password(
    PasswordSetter(fresh): PasswordSetter,
    state: Data<State>,
    Json(change): Json<PasswordChange, SMALL_JSON_BYTES>,
) -> Result<web::Json<PasswordChanged>, ApiError> {
    let changed = fresh
        .change_password(change, state.now(), &mut rand::rng())
        .await?;
    Ok(web::Json(changed))
}

/// Puts a new account key in force. Ends all other sessions.
#[utoipa::path(
    post, path = "/account/rotation", tag = "account", request_body = Rotation, security(("session" = [])),
    responses((status = 200, body = PasswordChanged), (status = "default", body = ErrorBody))
)]
pub(crate) async fn rotate(
    PasswordSetter(fresh): PasswordSetter,
    state: Data<State>,
    Json(rotation): Json<Rotation>,
) -> Result<web::Json<PasswordChanged>, ApiError> {
    let changed = fresh.rotate(rotation, state.now(), &mut rand::rng()).await?;
    Ok(web::Json(changed))
}

/// Replaces a small sealed object, if it has the version before.
#[utoipa::path(
    put, path = "/account/objects", tag = "account", request_body = PutObject, security(("session" = [])),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn put_object(
    User(user): User,
    Json(object): Json<PutObject>,
) -> Result<HttpResponse, ApiError> {
    user.put_object(&object).await?;
    Ok(HttpResponse::NoContent().finish())
}
