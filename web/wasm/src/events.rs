//! What is told unasked: `EngineEvent` of `api.ts`, from the server's WebSocket and the feed behind it.
//!
//! The WebSocket says only that there is more; the feed says what. So a push that is lost loses nothing.

use std::rc::{Rc, Weak};

use futures::StreamExt as _;
use futures::channel::mpsc;
use postern_client::feed::News;
use postern_client::protocol::changes::{Event, EventsHello};
use postern_client::{Account, Error, Result};
use serde::Serialize;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, WebSocket};

use crate::client::{Inner, SignedIn};
use crate::clock::sleep_ms;
use crate::host::Host;
use crate::values::to_js;

const FIRST_PAUSE_MS: u64 = 1_000;
const LONGEST_PAUSE_MS: u64 = 30_000;

/// `EngineEvent`, as far as it comes from here.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Told {
    DriveChanged { folders: Option<Vec<String>> },
    SharesChanged,
    SignedOut,
    ReachabilityChanged { reachable: bool },
}

/// What a WebSocket says.
enum Heard {
    Opened,
    Event(Event),
    Closed,
}

/// Everything may look different.
pub(crate) fn drive_changed(host: &Host) {
    tell(host, &Told::DriveChanged { folders: None });
}

/// Links, and the marks on what is shared.
pub(crate) fn shares_changed(host: &Host) {
    tell(host, &Told::SharesChanged);
    drive_changed(host);
}

/// Listens until the person signs out.
pub(crate) fn watch(inner: &Rc<Inner>, signed_in: &Rc<SignedIn>) {
    let watcher = Watcher {
        inner: Rc::downgrade(inner),
        signed_in: Rc::downgrade(signed_in),
    };
    spawn_local(watcher.run());
}

/// Holds nobody back: when the person signs out, what is watched is gone.
struct Watcher {
    inner: Weak<Inner>,
    signed_in: Weak<SignedIn>,
}

impl Watcher {
    async fn run(self) {
        let mut pause_ms = FIRST_PAUSE_MS;
        let mut since = None;
        while let Some(account) = self.account() {
            if since.is_none() {
                since = account.latest_change().await.ok();
            }
            if self.listen(&account, &mut since).await {
                pause_ms = FIRST_PAUSE_MS;
            }
            drop(account);
            sleep_ms(pause_ms).await;
            pause_ms = LONGEST_PAUSE_MS.min(2 * pause_ms);
        }
    }

    fn account(&self) -> Option<Rc<Account>> {
        self.signed_in
            .upgrade()
            .map(|signed_in| Rc::clone(signed_in.drive.account()))
    }

    /// One connection's life. Answers whether it ever opened.
    async fn listen(&self, account: &Account, since: &mut Option<u64>) -> bool {
        let Some((socket, mut heard)) = self.connect() else {
            return false;
        };
        let mut opened = false;
        while let Some(what) = heard.next().await {
            // Signed out meanwhile: the socket is closed by being dropped.
            if self.signed_in.strong_count() == 0 {
                break;
            }
            opened |= matches!(what, Heard::Opened);
            let goes_on = match what {
                Heard::Opened => self.greet(&socket, account, since).await,
                Heard::Event(Event::More) => self.look(account, since).await,
                Heard::Event(Event::SignedOut) => self.leave(),
                Heard::Closed => false,
            };
            if !goes_on {
                break;
            }
        }
        self.tell(&Told::ReachabilityChanged { reachable: false });
        opened
    }

    /// What happened while nobody listened is in the feed.
    async fn greet(&self, socket: &Socket, account: &Account, since: &mut Option<u64>) -> bool {
        self.tell(&Told::ReachabilityChanged { reachable: true });
        let Some(token) = account.api().token() else {
            return false;
        };
        let hello = EventsHello {
            token: token.to_string(),
        };
        let hello = serde_json::to_string(&hello).expect("plain structures serialise");
        socket.socket.send_with_str(&hello).is_ok() && self.look(account, since).await
    }

    async fn look(&self, account: &Account, since: &mut Option<u64>) -> bool {
        let news = match since {
            Some(seq) => account.news(*seq).await,
            None => account.latest_change().await.map(|latest| News {
                latest,
                drive: true,
                links: true,
                ..News::default()
            }),
        };
        match news {
            Ok(news) => {
                *since = Some(news.latest);
                self.act_on(&news).await.is_ok()
            }
            Err(Error::SignedOut) => self.leave(),
            Err(_) => false,
        }
    }

    async fn act_on(&self, news: &News) -> Result<()> {
        let (Some(inner), Some(signed_in)) = (self.inner.upgrade(), self.signed_in.upgrade()) else {
            return Ok(());
        };
        if news.drive {
            let refreshed = signed_in.drive.refresh().await;
            // Also if that failed: whoever looks at the drive next is told why.
            drive_changed(&inner.host);
            refreshed?;
        }
        if news.links {
            signed_in.refresh_shared().await?;
            shares_changed(&inner.host);
        }
        Ok(())
    }

    fn leave(&self) -> bool {
        self.tell(&Told::SignedOut);
        false
    }

    fn tell(&self, told: &Told) {
        if let Some(inner) = self.inner.upgrade() {
            tell(&inner.host, told);
        }
    }

    fn connect(&self) -> Option<(Socket, mpsc::UnboundedReceiver<Heard>)> {
        let origin = self.inner.upgrade()?.host.origin();
        // "https" becomes "wss", "http" becomes "ws".
        let url = format!("ws{}/api/v1/events", origin.strip_prefix("http")?);
        let (hear, heard) = mpsc::unbounded();
        Socket::open(&url, &hear).map(|socket| (socket, heard))
    }
}

/// A WebSocket that closes when it is dropped.
struct Socket {
    socket: WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_open: Closure<dyn FnMut()>,
    _on_close: Closure<dyn FnMut()>,
}

impl Socket {
    fn open(url: &str, hear: &mpsc::UnboundedSender<Heard>) -> Option<Self> {
        let socket = WebSocket::new(url).ok()?;
        let on_message = on_message(hear.clone());
        let on_open = say(hear.clone(), || Heard::Opened);
        let on_close = say(hear.clone(), || Heard::Closed);
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self {
            socket,
            _on_message: on_message,
            _on_open: on_open,
            _on_close: on_close,
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
