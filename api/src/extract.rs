//! What handlers ask for: who is signed in, a body of JSON, a path, a query. Each is refused in our own words.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use futures::future::LocalBoxFuture;
use postern_domain::{Administrator, Fresh, Session, SignedIn};
use postern_protocol::limits::MAX_JSON_BYTES;
use serde::de::DeserializeOwned;

use crate::address::origin_of;
use crate::body::{GuardedBody, read_whole};
use crate::error::ApiError;
use crate::state::State;

/// The largest body where nobody is signed in yet: login messages and proofs.
pub(crate) const SMALL_JSON_BYTES: usize = 16 << 10;
/// The largest sign-up: slots, objects, statement and head at their largest, as base64.
pub(crate) const SIGN_UP_JSON_BYTES: usize = 2 << 20;

/// Somebody with a session of whatever scope.
pub(crate) struct AnySession(pub(crate) Session);
/// Somebody with a full session.
pub(crate) struct User(pub(crate) SignedIn);
/// Somebody who administers domains and addresses.
pub(crate) struct Admin(pub(crate) Administrator);
/// Somebody who may set a password.
pub(crate) struct PasswordSetter(pub(crate) Fresh);
/// Somebody without a session, who has not asked too often.
pub(crate) struct Stranger;

/// A body of JSON of at most `LIMIT` bytes.
pub(crate) struct Json<T, const LIMIT: usize = MAX_JSON_BYTES>(pub(crate) T);
/// What the path names.
pub(crate) struct Path<T>(pub(crate) T);
/// What the query says.
pub(crate) struct Query<T>(pub(crate) T);

type Extracted<T> = LocalBoxFuture<'static, Result<T, ApiError>>;

pub(crate) fn state(request: &HttpRequest) -> &web::Data<State> {
    request
        .app_data::<web::Data<State>>()
        .expect("the state is handed to the app when it is built")
}

async fn session(request: &HttpRequest) -> Result<Session, ApiError> {
    let state = state(request);
    let token = bearer_token(request).ok_or(postern_domain::Error::NotSignedIn)?;
    Ok(state.postern.session(token, state.now()).await?)
}

fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl FromRequest for AnySession {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { session(&request).await.map(Self) })
    }
}

impl FromRequest for User {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self(session(&request).await?.signed_in()?)) })
    }
}

impl FromRequest for Admin {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let user = session(&request).await?.signed_in()?;
            Ok(Self(user.administrator().await?))
        })
    }
}

impl FromRequest for PasswordSetter {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let now = state(&request).now();
            Ok(Self(session(&request).await?.fresh(now)?))
        })
    }
}

impl FromRequest for Stranger {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = state(request);
        let origin = origin_of(request, &state.settings.trusted_proxies);
        std::future::ready(state.limits.count_stranger(origin).map(|()| Self))
    }
}

impl<T: DeserializeOwned + 'static, const LIMIT: usize> FromRequest for Json<T, LIMIT> {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let state = state(request);
        let body = GuardedBody::new(payload.take(), LIMIT as u64, state.settings.pace);
        let mut reserved = state
            .room
            .reserve(origin_of(request, &state.settings.trusted_proxies));
        let request = request.clone();
        Box::pin(async move {
            if !is_json {
                return Err(ApiError::Malformed(
                    "the body must be application/json".to_owned(),
                ));
            }
            let parsed = parse_json(&read_whole(body, &mut reserved).await?).map(Self)?;
            // What was understood is there until the request is answered.
            request.extensions_mut().insert(reserved);
            Ok(parsed)
        })
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let value = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next());
    media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

fn parse_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(json)
        .map_err(|error| ApiError::Malformed(format!("the body cannot be understood: {error}")))
}

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parsed = web::Path::<T>::from_request(request, payload).into_inner();
        std::future::ready(
            parsed
                .map(|path| Self(path.into_inner()))
                .map_err(|error| ApiError::Malformed(format!("the path cannot be understood: {error}"))),
        )
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parsed = web::Query::from_query(request.query_string());
        std::future::ready(
            parsed
                .map(|query: web::Query<T>| Self(query.into_inner()))
                .map_err(|error| ApiError::Malformed(format!("the query cannot be understood: {error}"))),
        )
    }
}
