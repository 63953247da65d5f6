//! For whoever watches over the server.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::error::ApiError;
use crate::state::State;

/// The process answers.
pub(crate) async fn get_health() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// The process answers, and so do its stores.
pub(crate) async fn get_readiness(state: Data<State>) -> Result<HttpResponse, ApiError> {
    state.postern.check().await?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ready\n"))
}
