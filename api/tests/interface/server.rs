//! A server that is up, and somebody to talk to it.

use std::cell::Cell;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use postern_api::{Bells, Clock, Rate, Rates, Settings};
use postern_crypto::hash::hash;
use postern_domain::device::Device;
use postern_domain::{Postern, Rules, Stores};
use postern_protocol::error::{ErrorBody, ErrorCode, ErrorDetail};
use postern_protocol::server::SignUpPolicy;
use postern_protocol::session::SessionBody;
use postern_protocol::upload::CHECKSUM_HEADER;
use postern_protocol::volume::Record;
use postern_protocol::{API_ROOT, ContentId, DomainName, TimeMs, bytes};
use postern_storage::{FolderBlobs, MemoryBlobs, MemoryRecords, SqlRecords};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How much an account may keep here.
pub(crate) const QUOTA_BYTES: u64 = 64 << 20;

/// A server that is up.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) stopper: postern_api::Stopper,
    clock: Arc<AtomicI64>,
    _folder: Option<tempfile::TempDir>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A request that is about to be sent.
pub(crate) struct Request {
    request: awc::ClientRequest,
    body: Vec<u8>,
}

/// Somebody with an account.
pub(crate) struct User {
    pub(crate) device: Device,
    pub(crate) session: SessionBody,
}

/// Limits that no test meets by accident.
pub(crate) fn generous() -> Settings {
    let rate = |number| NonZeroU32::new(number).expect("not zero");
    let rate = Rate {
        burst: rate(100_000),
        per_minute: rate(100_000),
    };
    Settings {
        rates: Rates {
            address: rate,
            stranger: rate,
            login: rate,
        },
        workers: 2,
        ..Settings::default()
    }
}

impl Server {
    /// Over stores in memory.
    pub(crate) async fn start() -> Self {
        Self::with(generous()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let stores = Stores {
            records: Arc::new(MemoryRecords::default()),
            blobs: Arc::new(MemoryBlobs::default()),
        };
        Self::over(stores, rules(), settings, None).await
    }

    /// Over a folder with SQLite.
    pub(crate) async fn on_disk() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let records = SqlRecords::open_sqlite(&folder.path().join("records.sqlite"))
            .await
            .expect("a database");
        let blobs = FolderBlobs::open(folder.path().join("blobs"))
            .await
            .expect("a folder");
        let stores = Stores {
            records: Arc::new(records),
            blobs: Arc::new(blobs),
        };
        Self::over(stores, rules(), generous(), Some(folder)).await
    }

    /// Over stores in memory, with somebody who administers it.
    pub(crate) async fn administered(settings: Settings) -> (Self, User) {
        let stores = Stores {
            records: Arc::new(MemoryRecords::default()),
            blobs: Arc::new(MemoryBlobs::default()),
        };
        // Nobody becomes an administrator by signing up.
        let before = Self::over(stores.clone(), rules(), generous(), None).await;
        let ada = before.user("ada").await;
        before.stopper.stop_now().await;
        let rules = Rules {
            administrators: vec!["ada".parse().expect("a name")],
            ..rules()
        };
        (Self::over(stores, rules, settings, None).await, ada)
    }

    /// One of each kind.
    pub(crate) async fn both() -> [Self; 2] {
        [Self::start().await, Self::on_disk().await]
    }

    async fn over(
        stores: Stores,
        rules: Rules,
        settings: Settings,
        folder: Option<tempfile::TempDir>,
    ) -> Self {
        let bells = Arc::new(Bells::default());
        let postern = Postern::open(stores, rules, bells.clone(), &mut rand::rng())
            .await
            .expect("it opens");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let host = listener.local_addr().expect("it listens").to_string();
        let clock = Arc::new(AtomicI64::new(1_700_000_000_000));
        let shown = clock.clone();
        let clock_of_server = Clock::new(move || TimeMs(shown.load(Ordering::Relaxed)));
        let running = postern_api::run(listener, postern, bells, clock_of_server, settings).expect("it runs");
        let stopper = running.stopper();
        actix_web::rt::spawn(running.wait());
        Self {
            host,
            stopper,
            clock,
            _folder: folder,
        }
    }

    pub(crate) fn wait(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> TimeMs {
        TimeMs(self.clock.load(Ordering::Relaxed))
    }

    /// A request to a path of the interface.
    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        self.page(method, &format!("{API_ROOT}{path}"))
    }

    /// A request to a path of the host.
    pub(crate) fn page(&self, method: Method, path: &str) -> Request {
        let client = awc::Client::builder().timeout(Duration::from_secs(30)).finish();
        Request {
            request: client.request(method, format!("http://{}{path}", self.host)),
            body: Vec::new(),
        }
    }

    pub(crate) async fn get(&self, path: &str, user: &User) -> Answer {
        self.request(Method::GET, path).by(user).send().await
    }

    pub(crate) async fn post(&self, path: &str, user: &User, body: &impl Serialize) -> Answer {
        self.request(Method::POST, path).by(user).json(body).send().await
    }

    /// Makes an account to which nobody will log in.
    pub(crate) async fn user(&self, name: &str) -> User {
        let mut device = Device::new(name);
        let made = self
            .request(Method::POST, "/signup")
            .json(&device.sign_up())
            .send()
            .await;
        User {
            device,
            session: made.json(),
        }
    }

    /// Puts a file with a content of its own into the root folder.
    pub(crate) async fn file(&self, user: &mut User, content: &[u8]) -> Record {
        let id: ContentId = user.device.id();
        let put = self
            .request(Method::PUT, &format!("/contents/{id}"))
            .by(user)
            .sealed(content)
            .send()
            .await;
        assert_eq!(put.status, 200, "{put:?}");
        let record = user.device.file(user.device.root, id);
        let batch = user.device.batch(vec![record.clone()], vec![]);
        let path = format!("/volumes/{}/batches", user.device.volume);
        assert_eq!(self.post(&path, user, &batch).await.status, 200);
        record
    }
}

fn rules() -> Rules {
    Rules {
        sign_up: SignUpPolicy::Open,
        quota_bytes: QUOTA_BYTES,
        mail_domain: DomainName::parse("localhost").expect("a domain"),
        postmaster: None,
        administrators: Vec::new(),
        mail_host: DomainName::parse("mx.example.org").expect("a domain"),
        sts: Some(postern_domain::dns::StsMode::Testing),
    }
}

impl Request {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.insert_header((name, value));
        self
    }

    pub(crate) fn by(self, user: &User) -> Self {
        self.header("authorization", &format!("Bearer {}", user.session.token))
    }

    pub(crate) fn json(self, body: &impl Serialize) -> Self {
        let json = serde_json::to_vec(body).expect("a plain structure");
        self.header("content-type", "application/json").body(&json)
    }

    /// Bulk bytes with their checksum.
    pub(crate) fn sealed(self, body: &[u8]) -> Self {
        self.header(CHECKSUM_HEADER, &bytes::encode(&hash(body)))
            .body(body)
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let mut response = self
            .request
            .no_decompress()
            .send_body(self.body)
            .await
            .expect("the server answers");
        let body = response
            .body()
            .limit(64 << 20)
            .await
            .expect("the answer is whole")
            .to_vec();
        Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body,
        }
    }
}

impl Answer {
    /// What is in it, which must be a success.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        assert!(
            self.status.is_success(),
            "{} {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        serde_json::from_slice(&self.body).expect("it has the promised shape")
    }

    pub(crate) fn error(&self) -> ErrorDetail {
        serde_json::from_slice::<ErrorBody>(&self.body)
            .unwrap_or_else(|_| panic!("{} {}", self.status, String::from_utf8_lossy(&self.body)))
            .error
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// It is a refusal of this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: ErrorCode) {
        let error = self.error();
        assert_eq!(
            (self.status.as_u16(), error.code),
            (status, code),
            "{}",
            error.message
        );
    }
}

/// Asks until it is so: for what happens just after an answer.
pub(crate) async fn eventually<F: Future<Output = bool>>(is_so: impl Fn() -> F) {
    let tries = Cell::new(0);
    while !is_so().await {
        tries.set(tries.get() + 1);
        assert!(tries.get() < 200, "it never came to be so");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}
