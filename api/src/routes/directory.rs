//! Who has which public keys.

use actix_web::web;
use postern_protocol::directory::DirectoryLog;
use postern_protocol::{AccountName, ErrorBody};

use crate::error::ApiError;
use crate::extract::{Path, User};

/// The signed statements of an account, oldest first.
#[utoipa::path(
    get, path = "/directory/{name}", tag = "directory", security(("session" = [])),
    params(("name" = AccountName, Path)),
    responses((status = 200, body = DirectoryLog), (status = "default", body = ErrorBody))
)]
pub(crate) async fn get_log(
    User(user): User,
    Path(name): Path<AccountName>,
) -> Result<web::Json<DirectoryLog>, ApiError> {
    Ok(web::Json(user.directory(name).await?))
}
