//! What happened to the account.

use actix_web::web;
use postern_protocol::ErrorBody;
use postern_protocol::changes::Changes;
use postern_protocol::limits::MAX_PAGE;
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::{Query, User};

/// Where to go on, and how far.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Since {
    #[serde(default)]
    since: u64,
    #[serde(default = "whole_page")]
    limit: u32,
}

/// The change feed from a number on.
#[utoipa::path(
    get, path = "/changes", tag = "changes", security(("session" = [])),
    params(
        ("since" = Option<u64>, Query, description = "the last entry that is known"),
        ("limit" = Option<u32>, Query, description = "at most so many entries"),
    ),
    responses((status = 200, body = Changes), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_changes(
    User(user): User,
    Query(query): Query<Since>,
) -> Result<web::Json<Changes>, ApiError> {
    Ok(web::Json(user.changes(query.since, query.limit).await?))
}

pub(crate) const fn whole_page() -> u32 {
    MAX_PAGE
}
