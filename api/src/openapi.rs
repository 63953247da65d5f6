//! The machine-readable description of the interface, made from the handlers and the shapes themselves.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use bytes::Bytes;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::routes::{
    account, administration, changes, contents, directory, events, links, login, mail, mail_index, recovery,
    server, sessions, signup, uploads, volumes,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Postern", description = "Encrypted files, handed over in private. See docs/api.md."),
    servers((url = "/api/v1")),
    paths(
        server::get_server,
        signup::start_sign_up, signup::sign_up,
        login::start_login, login::finish_login,
        recovery::start_recovery, recovery::finish_recovery,
        account::get_account, account::start_password, account::put_password, account::rotate, account::put_object,
        sessions::list_sessions, sessions::end_current_session, sessions::end_session,
        directory::get_log,
        changes::list_changes, events::listen,
        volumes::list_changes, volumes::apply_batch,
        uploads::start_upload, uploads::get_upload, uploads::put_part, uploads::complete_upload,
        uploads::abort_upload,
        contents::put_content, contents::get_content, contents::put_bundle, contents::read_bundle,
        links::list_links, links::create_link, links::revoke_link, links::open_link, links::list_records,
        links::take_lease, links::get_content, links::read_bundle,
        mail::get_home, mail::list_messages, mail::list_changes, mail::read_messages, mail::get_body, mail::put_messages,
        mail::mark_messages, mail::delete_messages,
        mail_index::get_index, mail_index::put_index, mail_index::get_content,
        administration::list_domains, administration::add_domain, administration::remove_domain,
        administration::set_catch_all, administration::check_domain, administration::list_addresses,
        administration::give_address, administration::take_address,
    ),
    components(schemas(
        postern_protocol::ErrorBody,
        postern_protocol::changes::Event,
        postern_protocol::changes::EventsHello,
    )),
    modifiers(&Sessions)
)]
struct Interface;

struct Sessions;

impl Modify for Sessions {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("session", SecurityScheme::Http(bearer));
    }
}

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(document()));

/// The document, as `docs/openapi.json` holds it.
#[must_use]
pub fn document() -> String {
    let mut text = Interface::openapi()
        .to_pretty_json()
        .expect("the document is a plain structure");
    text.push('\n');
    text
}

/// The document.
pub(crate) async fn get_document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(DOCUMENT.clone())
}
