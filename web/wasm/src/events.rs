//! What is told unasked: `EngineEvent` of `api.ts`, and the server's WebSocket, on which the client hears when to look.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures::channel::mpsc;
use futures::future::RemoteHandle;
use futures::stream::LocalBoxStream;
use futures::{FutureExt as _, Stream, StreamExt as _};
use postern_client::feed::{Follower, Happening, Line};
use postern_client::protocol::API_ROOT;
use postern_client::protocol::changes::{Event, EventsHello};
use postern_client::{Drive, Error, Result};
use serde::Serialize;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, WebSocket};

use crate::client::Inner;
use crate::host::Host;
use crate::values::to_js;

/// `EngineEvent`, as far as it comes from here.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Told {
    DriveChanged,
    SharesChanged,
    MailChanged,
    MailArrived { count: usize },
    SignedOut,
    ReachabilityChanged { reachable: bool },
}

/// Everything may look different.
pub(crate) fn drive_changed(host: &Host) {
    tell(host, &Told::DriveChanged);
}

/// Every list of messages may look different.
pub(crate) fn mail_changed(host: &Host) {
    tell(host, &Told::MailChanged);
}

/// So many messages came into the inbox that nobody has read.
pub(crate) fn mail_arrived(host: &Host, count: usize) {
    tell(host, &Told::MailArrived { count });
}

/// Links, and the marks on what is shared.
pub(crate) fn shares_changed(host: &Host) {
    tell(host, &Told::SharesChanged);
    drive_changed(host);
}

/// Follows what happens to `drive` until its session ends, or until the answer is dropped.
pub(crate) fn follow(inner: &Rc<Inner>, drive: &Rc<Drive>) -> RemoteHandle<()> {
    let line = WebSocketLine::to(&inner.host.origin());
    let inner = Rc::downgrade(inner);
    let follower = Follower::new(Rc::clone(drive), line);
    let (following, handle) = follower
        .run(move |happening| {
            if let Some(inner) = inner.upgrade() {
                hear(&inner, happening);
            }
        })
        .remote_handle();
    spawn_local(following);
    handle
}

fn hear(inner: &Rc<Inner>, happening: Happening) {
    let reachability = |reachable| tell(&inner.host, &Told::ReachabilityChanged { reachable });
    match happening {
        Happening::Reached => reachability(true),
        Happening::Lost => reachability(false),
        Happening::DriveChanged => drive_changed(&inner.host),
        Happening::LinksChanged => {
            inner.forget_shared();
            shares_changed(&inner.host);
        }
        Happening::MailChanged => {
            let inner = Rc::clone(inner);
            spawn_local(async move { inner.look_for_mail().await });
        }
        Happening::SignedOut => {
            inner.leave();
            tell(&inner.host, &Told::SignedOut);
        }
    }
}

/// [`Line`] over the server's WebSocket.
struct WebSocketLine {
    url: String,
}

impl WebSocketLine {
    fn to(origin: &str) -> Self {
        // "https" becomes "wss", "http" becomes "ws".
        let url = format!("{origin}{API_ROOT}/events").replacen("http", "ws", 1);
        Self { url }
    }
}

#[async_trait(?Send)]
impl Line for WebSocketLine {
    async fn connect(&self, hello: EventsHello) -> Result<LocalBoxStream<'static, Event>> {
        let mut socket = Socket::open(&self.url).ok_or(Error::Offline)?;
        let Some(Heard::Opened) = socket.heard.next().await else {
            return Err(Error::Offline);
        };
        let hello = serde_json::to_string(&hello).expect("plain structures serialise");
        socket.socket.send_with_str(&hello).map_err(|_| Error::Offline)?;
        Ok(socket.boxed_local())
    }
}

/// What a WebSocket says.
enum Heard {
    Opened,
    Event(Event),
    Closed,
}

/// A WebSocket and what it says once it is open. It closes when it is dropped.
struct Socket {
    socket: WebSocket,
    heard: mpsc::UnboundedReceiver<Heard>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_open: Closure<dyn FnMut()>,
    _on_close: Closure<dyn FnMut()>,
}

impl Socket {
    fn open(url: &str) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        let (hear, heard) = mpsc::unbounded();
        let on_message = on_message(hear.clone());
        let on_open = say(hear.clone(), || Heard::Opened);
        let on_close = say(hear, || Heard::Closed);
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self {
            socket,
            heard,
            _on_message: on_message,
            _on_open: on_open,
            _on_close: on_close,
        })
    }
}

impl Stream for Socket {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        self.heard.poll_next_unpin(context).map(|heard| match heard {
            Some(Heard::Event(event)) => Some(event),
            _ => None,
        })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
        // Closing a socket that is closed already is no failure.
        let _ = self.socket.close();
    }
}

fn on_message(hear: mpsc::UnboundedSender<Heard>) -> Closure<dyn FnMut(MessageEvent)> {
    Closure::new(move |message: MessageEvent| {
        let event = message
            .data()
            .as_string()
            .and_then(|text| serde_json::from_str(&text).ok());
        if let Some(event) = event {
            // Nobody listens any more: then nobody needs it.
            let _ = hear.unbounded_send(Heard::Event(event));
        }
    })
}

fn say(hear: mpsc::UnboundedSender<Heard>, what: fn() -> Heard) -> Closure<dyn FnMut()> {
    Closure::new(move || {
        // As above.
        let _ = hear.unbounded_send(what());
    })
}

fn tell(host: &Host, told: &Told) {
    host.emit(&to_js(told));
}
