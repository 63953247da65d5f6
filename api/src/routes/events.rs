//! The WebSocket that says "there is more".
//!
//! A browser cannot set a header on a WebSocket, and what stands in an address ends in logs: so the token comes as the
//! first message. News themselves are in the change feed; what is said here is only when to look.

use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason};
use futures::StreamExt as _;
use postern_domain::SignedIn;
use postern_protocol::changes::{Event, EventsHello};
use tokio::time::{Instant, interval_at, timeout};

use crate::bells::Listener;
use crate::error::ApiError;
use crate::state::State;

/// The largest message that a client may send.
const MAX_MESSAGE_BYTES: usize = 1 << 10;
/// Within this time the token must have come.
const HELLO: Duration = Duration::from_secs(10);
/// How often the server looks whether the client is still there: proxies cut idle connections after a minute.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// Without a sign of life for this long, it is not.
const SILENCE: Duration = Duration::from_secs(60);

/// A WebSocket. The client says who it is; the server says when there is more.
#[utoipa::path(
    get, path = "/events", tag = "changes",
    responses((status = 101, description = "a WebSocket: `EventsHello` from the client, then `Event`s from the server"))
)]
pub(crate) async fn listen(
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> Result<HttpResponse, ApiError> {
    let (response, socket, messages) = actix_ws::handle(&request, payload)
        .map_err(|_| ApiError::Malformed("this path is a WebSocket".to_owned()))?;
    let messages = messages
        .max_frame_size(MAX_MESSAGE_BYTES)
        .aggregate_continuations();
    let messages = messages.max_continuation_size(MAX_MESSAGE_BYTES);
    actix_web::rt::spawn(async move {
        let reason = Conversation {
            socket: socket.clone(),
            messages,
            state,
        }
        .hold()
        .await;
        let _ = socket.close(Some(reason)).await;
    });
    Ok(response)
}

struct Conversation {
    socket: actix_ws::Session,
    messages: AggregatedMessageStream,
    state: Data<State>,
}

/// Why a conversation is over.
type End = CloseReason;

impl Conversation {
    async fn hold(mut self) -> End {
        let Some(token) = self.hear_hello().await else {
            return end(CloseCode::Policy, "say who you are first");
        };
        let Ok(user) = self.recognise(&token).await else {
            self.say(&Event::SignedOut).await;
            return end(CloseCode::Normal, "sign in first");
        };
        let Some(bell) = self.state.bells.listen(user.account()) else {
            return end(CloseCode::Again, "too many listeners");
        };
        self.tell(bell, &token).await
    }

    async fn hear_hello(&mut self) -> Option<String> {
        let first = timeout(HELLO, self.messages.next()).await.ok()??.ok()?;
        let AggregatedMessage::Text(text) = first else {
            return None;
        };
        serde_json::from_str::<EventsHello>(&text)
            .ok()
            .map(|hello| hello.token)
    }

    async fn recognise(&self, token: &str) -> postern_domain::Result<SignedIn> {
        self.state
            .postern
            .session(token, self.state.now())
            .await?
            .signed_in()
    }

    /// Tells of each ring until one side has enough.
    async fn tell(&mut self, mut bell: Listener, token: &str) -> End {
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let mut last_sign = Instant::now();
        // Whatever happened between the client's last look and now.
        self.say(&Event::More).await;
        loop {
            tokio::select! {
                message = self.messages.next() => match message {
                    Some(Ok(AggregatedMessage::Ping(bytes))) => {
                        last_sign = Instant::now();
                        let _ = self.socket.pong(&bytes).await;
                    }
                    Some(Ok(AggregatedMessage::Pong(_))) => last_sign = Instant::now(),
                    Some(Ok(AggregatedMessage::Close(_))) | None => return end(CloseCode::Normal, ""),
                    Some(_) => return end(CloseCode::Policy, "nothing more is expected"),
                },
                rang = bell.heard() => {
                    if !rang {
                        return end(CloseCode::Restart, "the server ends");
                    }
                    if !self.tell_of_ring(token).await {
                        return end(CloseCode::Normal, "signed out");
                    }
                }
                _ = heartbeat.tick() => {
                    let is_gone = last_sign.elapsed() > SILENCE || self.socket.ping(b"").await.is_err();
                    if is_gone || !self.is_still_signed_in(token).await {
                        return end(CloseCode::Away, "");
                    }
                }
            }
        }
    }

    /// Says that there is more, or that the session has ended. False if it has.
    async fn tell_of_ring(&mut self, token: &str) -> bool {
        let signed_in = self.is_still_signed_in(token).await;
        self.say(if signed_in {
            &Event::More
        } else {
            &Event::SignedOut
        })
        .await;
        signed_in
    }

    /// A store that does not answer is no reason to tell somebody that they are signed out.
    async fn is_still_signed_in(&self, token: &str) -> bool {
        !matches!(
            self.recognise(token).await,
            Err(postern_domain::Error::NotSignedIn | postern_domain::Error::NotFresh(_))
        )
    }

    async fn say(&mut self, event: &Event) {
        let text = serde_json::to_string(event).expect("an event is a plain structure");
        // Who is gone is noticed when the next message is awaited.
        let _ = self.socket.text(text).await;
    }
}

fn end(code: CloseCode, description: &str) -> End {
    CloseReason {
        code,
        description: Some(description.to_owned()).filter(|text| !text.is_empty()),
    }
}
