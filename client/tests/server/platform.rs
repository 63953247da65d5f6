//! What differs between these suites as a native program and in a browser: here the server runs in this process.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::time::Duration;

use postern_api::{Bells, Clock as ServerClock, Rate, Rates, Settings};
use postern_client::Entropy;
pub(crate) use postern_client::http::Network;
use postern_client::protocol::TimeMs;
use postern_client::protocol::server::SignUpPolicy;
use postern_domain::sweeper::Grace;
use postern_domain::{Postern, Rules, Stores};
use postern_storage::{MemoryBlobs, MemoryRecords};
pub(crate) use postern_tests::is_long;

use crate::world::Server;

/// Of the changes that a native run tries, one in so many.
pub(crate) const ONE_IN: usize = 1;

pub(crate) fn say(text: &str) {
    println!("{text}");
}

pub(crate) fn now() -> TimeMs {
    ServerClock::system().now()
}

pub(crate) fn entropy() -> impl Entropy {
    RefCell::new(rand::rng())
}

/// Lets others go on.
pub(crate) async fn pause() {
    tokio::task::yield_now().await;
}

pub(crate) async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}

pub(crate) fn network(origin: &str) -> Network {
    Network::new(origin).expect("an origin")
}

/// Starts a server that runs until the test ends, and answers its origin.
pub(crate) fn start_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (opened, waits) = mpsc::channel();
    std::thread::spawn(move || serve(listener, &opened));
    let postern = waits.recv().expect("it starts");
    SERVERS
        .lock()
        .expect("no test panics here")
        .insert(origin.clone(), postern);
    origin
}

/// The rules of a server that was started here: what a mail gateway brings does not come by HTTP.
pub(crate) fn postern(server: &Server) -> Postern {
    SERVERS.lock().expect("no test panics here")[&server.origin].clone()
}

/// Removes what a server that was started here keeps for nobody any more: thousands of uploads fill any memory.
pub(crate) async fn sweep(server: &Server) {
    let grace = Grace {
        upload_ms: 0,
        unattached_ms: 0,
        removed_ms: 0,
    };
    let swept = postern(server).sweep(&grace, now()).await;
    swept.expect("stores in memory");
}

static SERVERS: LazyLock<Mutex<HashMap<String, Postern>>> = LazyLock::new(Mutex::default);

#[tokio::main(flavor = "current_thread")]
async fn serve(listener: TcpListener, opened: &mpsc::Sender<Postern>) {
    let stores = Stores {
        records: Arc::new(MemoryRecords::default()),
        blobs: Arc::new(MemoryBlobs::default()),
    };
    let rules = Rules {
        sign_up: SignUpPolicy::Open,
        quota_bytes: 1 << 40,
        mail_domain: postern_protocol::DomainName::parse("localhost").expect("a domain"),
        postmaster: None,
        administrators: Vec::new(),
        mail_host: postern_protocol::DomainName::parse("mx.example.org").expect("a domain"),
        sts: Some(postern_domain::dns::StsMode::Testing),
    };
    let bells = Arc::new(Bells::default());
    let postern = Postern::open(stores, rules, bells.clone(), &mut rand::rng())
        .await
        .expect("stores in memory");
    opened.send(postern.clone()).expect("who started it waits");
    let settings = Settings {
        rates: without_limits(),
        workers: 1,
        ..Settings::default()
    };
    let running =
        postern_api::run(listener, postern, bells, ServerClock::system(), settings).expect("it listens");
    running.wait().await.expect("it serves until the test ends");
}

fn without_limits() -> Rates {
    let rate = Rate {
        burst: NonZeroU32::MAX,
        per_minute: NonZeroU32::MAX,
    };
    Rates {
        address: rate,
        stranger: rate,
        login: rate,
    }
}
