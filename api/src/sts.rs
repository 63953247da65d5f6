//! The policy that other mail servers fetch before they bring mail (MTA-STS, RFC 8461): at `mta-sts.` before each domain.

use actix_web::http::header::HOST;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::error::ApiError;
use crate::state::State;

/// Where RFC 8461, 3.2, has it.
pub(crate) const PATH: &str = "/.well-known/mta-sts.txt";

/// The policy of the domain in whose name it is asked for.
pub(crate) async fn get_policy(request: HttpRequest, state: Data<State>) -> Result<HttpResponse, ApiError> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let policy = state.postern.sts_policy_at(host.unwrap_or_default()).await?;
    let policy = policy.ok_or(ApiError::NoSuchPath)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(policy))
}
