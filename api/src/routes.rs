//! The table of paths. One file below for each group of endpoints; each handler is: extract, one call, map.

use std::future::ready;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource};

use crate::error::ApiError;
use crate::openapi;

pub(crate) mod account;
pub(crate) mod administration;
pub(crate) mod changes;
pub(crate) mod contents;
pub(crate) mod directory;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod links;
pub(crate) mod login;
pub(crate) mod mail;
pub(crate) mod mail_index;
pub(crate) mod recovery;
pub(crate) mod server;
pub(crate) mod sessions;
pub(crate) mod signup;
pub(crate) mod uploads;
pub(crate) mod volumes;

/// Everything below `/api/v1`.
pub(crate) fn interface(config: &mut ServiceConfig) {
    let resources = [
        at("/openapi.json", "GET").route(web::get().to(openapi::get_document)),
        at("/server", "GET").route(web::get().to(server::get_server)),
        at("/signup/start", "POST").route(web::post().to(signup::start_sign_up)),
        at("/signup", "POST").route(web::post().to(signup::sign_up)),
        at("/login/start", "POST").route(web::post().to(login::start_login)),
        at("/login/finish", "POST").route(web::post().to(login::finish_login)),
        at("/recovery/start", "POST").route(web::post().to(recovery::start_recovery)),
        at("/recovery/finish", "POST").route(web::post().to(recovery::finish_recovery)),
        at("/account", "GET").route(web::get().to(account::get_account)),
        at("/account/password/start", "POST").route(web::post().to(account::start_password)),
        at("/account/password", "PUT").route(web::put().to(account::put_password)),
        at("/account/rotation", "POST").route(web::post().to(account::rotate)),
        at("/account/objects", "PUT").route(web::put().to(account::put_object)),
        at("/sessions", "GET").route(web::get().to(sessions::list_sessions)),
        at("/sessions/current", "DELETE").route(web::delete().to(sessions::end_current_session)),
        at("/sessions/{session}", "DELETE").route(web::delete().to(sessions::end_session)),
        at("/directory/{name}", "GET").route(web::get().to(directory::get_log)),
        at("/changes", "GET").route(web::get().to(changes::list_changes)),
        at("/events", "GET").route(web::get().to(events::listen)),
        at("/volumes/{volume}/changes", "GET").route(web::get().to(volumes::list_changes)),
        at("/volumes/{volume}/batches", "POST").route(web::post().to(volumes::apply_batch)),
        at("/uploads", "POST").route(web::post().to(uploads::start_upload)),
        at("/uploads/{content}", "GET, DELETE")
            .route(web::get().to(uploads::get_upload))
            .route(web::delete().to(uploads::abort_upload)),
        at("/uploads/{content}/parts/{part}", "PUT").route(web::put().to(uploads::put_part)),
        at("/uploads/{content}/complete", "POST").route(web::post().to(uploads::complete_upload)),
        at("/contents", "POST").route(web::post().to(contents::put_bundle)),
        at("/contents/read", "POST").route(web::post().to(contents::read_bundle)),
        at("/contents/{content}", "PUT, GET, HEAD")
            .route(web::put().to(contents::put_content))
            .route(web::get().to(contents::get_content))
            .route(web::head().to(contents::get_content)),
        at("/links", "GET, POST")
            .route(web::get().to(links::list_links))
            .route(web::post().to(links::create_link)),
        at("/links/{link}", "DELETE").route(web::delete().to(links::revoke_link)),
        at("/links/{link}/open", "POST").route(web::post().to(links::open_link)),
        at("/links/{link}/records", "POST").route(web::post().to(links::list_records)),
        at("/links/{link}/leases", "POST").route(web::post().to(links::take_lease)),
        at("/links/{link}/contents/read", "POST").route(web::post().to(links::read_bundle)),
        at("/links/{link}/contents/{content}", "GET, HEAD")
            .route(web::get().to(links::get_content))
            .route(web::head().to(links::get_content)),
        at("/mail", "GET, POST")
            .route(web::get().to(mail::list_messages))
            .route(web::post().to(mail::put_messages)),
        at("/mail/home", "GET").route(web::get().to(mail::get_home)),
        at("/mail/changes", "GET").route(web::get().to(mail::list_changes)),
        at("/mail/read", "POST").route(web::post().to(mail::read_messages)),
        at("/mail/marks", "POST").route(web::post().to(mail::mark_messages)),
        at("/mail/delete", "POST").route(web::post().to(mail::delete_messages)),
        // Before the messages, one of which it would be otherwise.
        at("/mail/index", "GET, PUT")
            .route(web::get().to(mail_index::get_index))
            .route(web::put().to(mail_index::put_index)),
        at("/mail/index/{content}", "GET, HEAD")
            .route(web::get().to(mail_index::get_content))
            .route(web::head().to(mail_index::get_content)),
        at("/mail/{message}", "GET, HEAD")
            .route(web::get().to(mail::get_body))
            .route(web::head().to(mail::get_body)),
        at("/administration/domains", "GET, POST")
            .route(web::get().to(administration::list_domains))
            .route(web::post().to(administration::add_domain)),
        at("/administration/domains/{domain}", "DELETE")
            .route(web::delete().to(administration::remove_domain)),
        at("/administration/domains/{domain}/catch-all", "PUT")
            .route(web::put().to(administration::set_catch_all)),
        at("/administration/domains/{domain}/dns", "GET").route(web::get().to(administration::check_domain)),
        at("/administration/domains/{domain}/addresses", "GET")
            .route(web::get().to(administration::list_addresses)),
        at(
            "/administration/domains/{domain}/addresses/{local}",
            "PUT, DELETE",
        )
        .route(web::put().to(administration::give_address))
        .route(web::delete().to(administration::take_address)),
    ];
    for resource in resources {
        config.service(resource);
    }
}

/// A path that answers in our words to methods that it does not take.
fn at(path: &str, allow: &'static str) -> Resource {
    let wrong_method = move || ready(Err::<HttpResponse, _>(ApiError::WrongMethod { allow }));
    web::resource(path).default_service(web::to(wrong_method))
}

/// The answer to what is no path of the interface.
pub(crate) async fn no_such_path() -> Result<HttpResponse, ApiError> {
    Err(ApiError::NoSuchPath)
}
