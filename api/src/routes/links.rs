//! Links, as their owner makes them and as their holder opens them.

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use postern_domain::leases::Lease;
use postern_protocol::bundle::BundleRead;
use postern_protocol::link::{
    LEASE_HEADER, LeaseBody, LinkBody, LinkCreate, LinkEntry, LinkProof, LinkRecords, LinkRecordsRequest,
    Links,
};
use postern_protocol::{ContentId, ErrorBody, LinkId};

use crate::error::ApiError;
use crate::extract::{Json, Path, SMALL_JSON_BYTES, Stranger, User};
use crate::outgoing;
use crate::state::State;

/// All links that have not been taken back, newest first.
#[utoipa::path(
    get, path = "/links", tag = "links", security(("session" = [])),
    responses((status = 200, body = Links), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_links(User(user): User, state: Data<State>) -> Result<web::Json<Links>, ApiError> {
    Ok(web::Json(user.links(state.now()).await?))
}

/// Makes a link. Repeating it changes nothing.
#[utoipa::path(
    post, path = "/links", tag = "links", request_body = LinkCreate, security(("session" = [])),
    responses((status = 200, body = LinkEntry), (status = "default", body = ErrorBody))
)]
pub(crate) async fn create_link(
    User(user): User,
    state: Data<State>,
    Json(create): Json<LinkCreate, SMALL_JSON_BYTES>,
) -> Result<web::Json<LinkEntry>, ApiError> {
    Ok(web::Json(user.create_link(create, state.now()).await?))
}

/// Takes a link back.
#[utoipa::path(
    delete, path = "/links/{link}", tag = "links", security(("session" = [])), params(("link" = LinkId, Path)),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn revoke_link(
    User(user): User,
    Path(link): Path<LinkId>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    user.revoke_link(link, state.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Looks at what a link leads to. Counts nothing.
#[utoipa::path(
    post, path = "/links/{link}/open", tag = "links", params(("link" = LinkId, Path)), request_body = LinkProof,
    responses((status = 200, body = LinkBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn open_link(
    _: Stranger,
    Path(link): Path<LinkId>,
    state: Data<State>,
    Json(shown): Json<LinkProof, SMALL_JSON_BYTES>,
) -> Result<web::Json<LinkBody>, ApiError> {
    let link = state.postern.link(link, &shown.proof, state.now()).await?;
    Ok(web::Json(link.body()))
}

/// What lies below a shared folder, in pages. Counts nothing.
#[utoipa::path(
    post, path = "/links/{link}/records", tag = "links", params(("link" = LinkId, Path)),
    request_body = LinkRecordsRequest,
    responses((status = 200, body = LinkRecords), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_records(
    _: Stranger,
    Path(link): Path<LinkId>,
    state: Data<State>,
    Json(asked): Json<LinkRecordsRequest, SMALL_JSON_BYTES>,
) -> Result<web::Json<LinkRecords>, ApiError> {
    let link = state.postern.link(link, &asked.proof, state.now()).await?;
    Ok(web::Json(link.records(asked.after).await?))
}

/// Reserves one download for a day.
#[utoipa::path(
    post, path = "/links/{link}/leases", tag = "links", params(("link" = LinkId, Path)), request_body = LinkProof,
    responses((status = 200, body = LeaseBody), (status = "default", body = ErrorBody))
)]
pub(crate) async fn take_lease(
    _: Stranger,
    Path(link): Path<LinkId>,
    state: Data<State>,
    Json(shown): Json<LinkProof, SMALL_JSON_BYTES>,
) -> Result<web::Json<LeaseBody>, ApiError> {
    let link = state.postern.link(link, &shown.proof, state.now()).await?;
    Ok(web::Json(link.lease(state.now(), &mut rand::rng()).await?))
}

/// The sealed bytes of small contents that the link leads to, end to end in the order asked for, under a lease. The lease
/// counts once the last byte has been delivered.
#[utoipa::path(
    post, path = "/links/{link}/contents/read", tag = "links",
    params(
        ("link" = LinkId, Path),
        ("postern-lease" = String, Header, description = "the lease's token"),
    ),
    request_body = BundleRead,
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", body = ErrorBody),
    )
)]
pub(crate) async fn read_bundle(
    request: HttpRequest,
    Path(link): Path<LinkId>,
    state: Data<State>,
    Json(asked): Json<BundleRead, SMALL_JSON_BYTES>,
) -> Result<HttpResponse, ApiError> {
    let lease = lease(&request, link, &state).await?;
    outgoing::send_bundle(&request, &lease.bundle(&asked.contents).await?).await
}

/// The sealed bytes of a content that the link leads to, or one range of them, under a lease. The lease counts once the
/// last byte of any content has been delivered.
#[utoipa::path(
    get, path = "/links/{link}/contents/{content}", tag = "links",
    params(
        ("link" = LinkId, Path),
        ("content" = ContentId, Path),
        ("postern-lease" = String, Header, description = "the lease's token"),
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
    Path((link, content)): Path<(LinkId, ContentId)>,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let lease = lease(&request, link, &state).await?;
    outgoing::send(&request, &lease.content(content).await?).await
}

async fn lease(request: &HttpRequest, link: LinkId, state: &State) -> Result<Lease, ApiError> {
    let token = request
        .headers()
        .get(LEASE_HEADER)
        .and_then(|value| value.to_str().ok());
    let lease = state.postern.lease(link, token.unwrap_or_default(), state.now());
    Ok(lease.await?)
}
