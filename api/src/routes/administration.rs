//! Administration of domains and addresses.

use actix_web::HttpResponse;
use actix_web::web::{self, Data};
use postern_protocol::administration::{
    AddDomain, Addresses, DnsCheck, DomainEntry, DomainRemoved, Domains, GiveAddress, SetCatchAll,
};
use postern_protocol::limits::MAX_ADDRESS_PAGE;
use postern_protocol::{AccountName, DomainName, ErrorBody};
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::{Admin, Json, Path, Query, SMALL_JSON_BYTES};
use crate::state::State;

/// All domains, the server's own first.
#[utoipa::path(
    get, path = "/administration/domains", tag = "administration", security(("session" = [])),
    responses((status = 200, body = Domains), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_domains(Admin(admin): Admin) -> Result<web::Json<Domains>, ApiError> {
    Ok(web::Json(admin.domains().await?))
}

/// Takes mail for a domain from now on.
#[utoipa::path(
    post, path = "/administration/domains", tag = "administration", request_body = AddDomain,
    security(("session" = [])),
    responses((status = 200, body = DomainEntry), (status = "default", body = ErrorBody))
)]
pub(crate) async fn add_domain(
    Admin(admin): Admin,
    state: Data<State>,
    Json(add): Json<AddDomain, SMALL_JSON_BYTES>,
) -> Result<web::Json<DomainEntry>, ApiError> {
    Ok(web::Json(admin.add_domain(&add.name, state.now()).await?))
}

/// Takes no mail for a domain any more, and forgets all addresses at it.
#[utoipa::path(
    delete, path = "/administration/domains/{domain}", tag = "administration", security(("session" = [])),
    params(("domain" = DomainName, Path)),
    responses((status = 200, body = DomainRemoved), (status = "default", body = ErrorBody))
)]
pub(crate) async fn remove_domain(
    Admin(admin): Admin,
    Path(domain): Path<DomainName>,
) -> Result<web::Json<DomainRemoved>, ApiError> {
    Ok(web::Json(admin.remove_domain(&domain).await?))
}

/// Says who gets what is written to addresses of a domain that nobody has.
#[utoipa::path(
    put, path = "/administration/domains/{domain}/catch-all", tag = "administration", request_body = SetCatchAll,
    security(("session" = [])), params(("domain" = DomainName, Path)),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn set_catch_all(
    Admin(admin): Admin,
    Path(domain): Path<DomainName>,
    Json(set): Json<SetCatchAll, SMALL_JSON_BYTES>,
) -> Result<HttpResponse, ApiError> {
    admin.set_catch_all(&domain, set.account.as_ref()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What DNS should say of a domain, and what it says now.
#[utoipa::path(
    get, path = "/administration/domains/{domain}/dns", tag = "administration", security(("session" = [])),
    params(("domain" = DomainName, Path)),
    responses((status = 200, body = DnsCheck), (status = "default", body = ErrorBody))
)]
pub(crate) async fn check_domain(
    Admin(admin): Admin,
    state: Data<State>,
    Path(domain): Path<DomainName>,
) -> Result<web::Json<DnsCheck>, ApiError> {
    let dns = state.settings.dns.as_deref().ok_or(ApiError::NoSuchPath)?;
    Ok(web::Json(admin.check_domain(&domain, dns).await?))
}

/// Where to go on in the list, and how far.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    after: Option<AccountName>,
    #[serde(default = "whole_page")]
    limit: u32,
}

/// Addresses of a domain, by name.
#[utoipa::path(
    get, path = "/administration/domains/{domain}/addresses", tag = "administration", security(("session" = [])),
    params(
        ("domain" = DomainName, Path),
        ("after" = Option<AccountName>, Query, description = "the last address that is known"),
        ("limit" = Option<u32>, Query, description = "at most so many addresses"),
    ),
    responses((status = 200, body = Addresses), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_addresses(
    Admin(admin): Admin,
    Path(domain): Path<DomainName>,
    Query(list): Query<List>,
) -> Result<web::Json<Addresses>, ApiError> {
    let page = admin.addresses(&domain, list.after.as_ref(), list.limit).await?;
    Ok(web::Json(page))
}

/// Gives an address that nobody has to an account.
#[utoipa::path(
    put, path = "/administration/domains/{domain}/addresses/{local}", tag = "administration",
    request_body = GiveAddress, security(("session" = [])),
    params(("domain" = DomainName, Path), ("local" = AccountName, Path)),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn give_address(
    Admin(admin): Admin,
    state: Data<State>,
    Path((domain, local)): Path<(DomainName, AccountName)>,
    Json(give): Json<GiveAddress, SMALL_JSON_BYTES>,
) -> Result<HttpResponse, ApiError> {
    admin
        .give_address(&domain, &local, &give.account, state.now())
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes an address from whoever has it.
#[utoipa::path(
    delete, path = "/administration/domains/{domain}/addresses/{local}", tag = "administration",
    security(("session" = [])), params(("domain" = DomainName, Path), ("local" = AccountName, Path)),
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn take_address(
    Admin(admin): Admin,
    Path((domain, local)): Path<(DomainName, AccountName)>,
) -> Result<HttpResponse, ApiError> {
    admin.take_address(&domain, &local).await?;
    Ok(HttpResponse::NoContent().finish())
}

const fn whole_page() -> u32 {
    MAX_ADDRESS_PAGE
}
