//! The mailbox.

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use postern_protocol::limits::MAX_MAIL_PAGE;
use postern_protocol::mail::{
    Before, DeleteMessages, MailChanges, MailCursor, MailHome, MarksPut, MessagePage, Messages, MessagesPut,
    PutMarks, PutMessages, ReadMessages,
};
use postern_protocol::{ErrorBody, MessageId, TimeMs};
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::{Json, Path, Query, User};
use crate::outgoing;
use crate::state::State;

/// Where to go on in the list, and how far.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    received: Option<TimeMs>,
    message: Option<MessageId>,
    #[serde(default = "whole_page")]
    limit: u32,
}

impl List {
    fn before(&self) -> Result<Option<Before>, ApiError> {
        match (self.received, self.message) {
            (Some(received), Some(message)) => Ok(Some(Before { received, message })),
            (None, None) => Ok(None),
            _ => Err(ApiError::Malformed(
                "a moment needs its message, and a message its moment".to_owned(),
            )),
        }
    }
}

/// What a device has to know before it reads mail.
#[utoipa::path(
    get, path = "/mail/home", tag = "mail", security(("session" = [])),
    responses((status = 200, body = MailHome), (status = "default", body = ErrorBody))
)]
pub(crate) async fn get_home(User(user): User) -> Result<web::Json<MailHome>, ApiError> {
    Ok(web::Json(user.mail_home().await?))
}

/// Messages, newest first.
#[utoipa::path(
    get, path = "/mail", tag = "mail", security(("session" = [])),
    params(
        ("received" = Option<TimeMs>, Query, description = "of the last message that is known"),
        ("message" = Option<MessageId>, Query, description = "the last message that is known"),
        ("limit" = Option<u32>, Query, description = "at most so many messages"),
    ),
    responses((status = 200, body = MessagePage), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_messages(
    User(user): User,
    Query(list): Query<List>,
) -> Result<web::Json<MessagePage>, ApiError> {
    Ok(web::Json(user.newest_messages(list.before()?, list.limit).await?))
}

/// Where to go on in the changes, and how far.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    change: u64,
    message: Option<MessageId>,
    #[serde(default = "whole_page")]
    limit: u32,
}

/// What happened to the mailbox after a cursor.
#[utoipa::path(
    get, path = "/mail/changes", tag = "mail", security(("session" = [])),
    params(
        ("change" = u64, Query, description = "of the cursor"),
        ("message" = Option<MessageId>, Query, description = "of the cursor"),
        ("limit" = Option<u32>, Query, description = "at most so many changes"),
    ),
    responses((status = 200, body = MailChanges), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_changes(
    User(user): User,
    Query(after): Query<After>,
) -> Result<web::Json<MailChanges>, ApiError> {
    let cursor = MailCursor {
        change: after.change,
        message: after.message,
    };
    Ok(web::Json(user.mail_changes(cursor, after.limit).await?))
}

/// Some messages by name.
#[utoipa::path(
    post, path = "/mail/read", tag = "mail", security(("session" = [])), request_body = ReadMessages,
    responses((status = 200, body = Messages), (status = "default", body = ErrorBody))
)]
pub(crate) async fn read_messages(
    User(user): User,
    Json(asked): Json<ReadMessages>,
) -> Result<web::Json<Messages>, ApiError> {
    Ok(web::Json(user.read_messages(&asked).await?))
}

/// The sealed body of a message, or one range of it.
#[utoipa::path(
    get, path = "/mail/{message}", tag = "mail", security(("session" = [])),
    params(
        ("message" = MessageId, Path),
        ("range" = Option<String>, Header, description = "one range of bytes"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "default", body = ErrorBody),
    )
)]
pub(crate) async fn get_body(
    request: HttpRequest,
    User(user): User,
    Path(message): Path<MessageId>,
) -> Result<HttpResponse, ApiError> {
    outgoing::send(&request, &user.message_body(message).await?).await
}

/// Puts messages into the mailbox whose bodies were uploaded before, each as the content of the message's id.
#[utoipa::path(
    post, path = "/mail", tag = "mail", security(("session" = [])), request_body = PutMessages,
    responses((status = 200, body = MessagesPut), (status = "default", body = ErrorBody))
)]
pub(crate) async fn put_messages(
    User(user): User,
    Json(put): Json<PutMessages>,
) -> Result<web::Json<MessagesPut>, ApiError> {
    Ok(web::Json(user.put_messages(&put).await?))
}

/// Notes something on messages, on each alone.
#[utoipa::path(
    post, path = "/mail/marks", tag = "mail", security(("session" = [])), request_body = PutMarks,
    responses((status = 200, body = MarksPut), (status = "default", body = ErrorBody))
)]
pub(crate) async fn mark_messages(
    User(user): User,
    Json(put): Json<PutMarks>,
) -> Result<web::Json<MarksPut>, ApiError> {
    Ok(web::Json(user.mark_messages(&put).await?))
}

/// Deletes messages for good.
#[utoipa::path(
    post, path = "/mail/delete", tag = "mail", security(("session" = [])), request_body = DeleteMessages,
    responses((status = 204), (status = "default", body = ErrorBody))
)]
pub(crate) async fn delete_messages(
    User(user): User,
    state: Data<State>,
    Json(delete): Json<DeleteMessages>,
) -> Result<HttpResponse, ApiError> {
    user.delete_messages(&delete, state.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

const fn whole_page() -> u32 {
    MAX_MAIL_PAGE
}
