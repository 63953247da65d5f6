//! A server over stores in memory, a clock that stands still until it is moved, and somebody who has an account.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use postern_crypto::hash::hash;
use postern_domain::device::Device;
use postern_domain::store::BodyError;
use postern_domain::uploads::Announced;
use postern_domain::{Bell, Error, Postern, Rules, SignedIn, Stores};
use postern_protocol::server::SignUpPolicy;
use postern_protocol::session::SessionBody;
use postern_protocol::volume::Record;
use postern_protocol::{AccountId, ContentId, DomainName, TimeMs};
use postern_storage::{MemoryBlobs, MemoryRecords};

/// When all tests begin.
pub(crate) const START: TimeMs = TimeMs(1_700_000_000_000);
/// How much an account may keep here.
pub(crate) const QUOTA_BYTES: u64 = 1 << 20;

/// A server.
pub(crate) struct World {
    pub(crate) postern: Postern,
    pub(crate) stores: Stores,
    pub(crate) now: TimeMs,
    rules: Rules,
    rings: Arc<Rings>,
}

#[derive(Default)]
struct Rings(AtomicU64);

impl Bell for Rings {
    fn ring(&self, _: AccountId) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(SignUpPolicy::Open).await
    }

    pub(crate) async fn with(sign_up: SignUpPolicy) -> Self {
        let stores = Stores {
            records: Arc::new(MemoryRecords::default()),
            blobs: Arc::new(MemoryBlobs::default()),
        };
        let rules = Rules {
            sign_up,
            quota_bytes: QUOTA_BYTES,
            mail_domain: DomainName::parse("localhost").expect("a domain"),
            postmaster: None,
            administrators: Vec::new(),
            mail_host: DomainName::parse("mx.example.org").expect("a domain"),
            sts: Some(postern_domain::dns::StsMode::Testing),
        };
        let rings = Arc::new(Rings::default());
        let postern = open(&stores, &rules, &rings).await;
        Self {
            postern,
            stores,
            now: START,
            rules,
            rings,
        }
    }

    /// Starts the server once more, with other settings.
    pub(crate) async fn start_again(&mut self, set: impl FnOnce(&mut Rules)) {
        set(&mut self.rules);
        self.postern = open(&self.stores, &self.rules, &self.rings).await;
    }

    /// How often the bell rang.
    pub(crate) fn rings(&self) -> u64 {
        self.rings.0.load(Ordering::Relaxed)
    }

    pub(crate) fn wait(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    /// Makes an account to which nobody will log in.
    pub(crate) async fn account(&self, name: &str) -> (Device, SignedIn) {
        let mut device = Device::new(name);
        let sign_up = device.sign_up();
        let session = self.postern.sign_up(sign_up, self.now, &mut device.rng).await;
        let user = self.signed_in(&session.expect("the name is free")).await;
        (device, user)
    }

    pub(crate) async fn signed_in(&self, session: &SessionBody) -> SignedIn {
        self.try_signed_in(session)
            .await
            .expect("the session is in force")
    }

    pub(crate) async fn try_signed_in(&self, session: &SessionBody) -> Result<SignedIn, Error> {
        self.postern.session(&session.token, self.now).await?.signed_in()
    }

    /// Puts a file with a content of its own into the root folder.
    pub(crate) async fn file(&self, device: &mut Device, user: &SignedIn, content: &[u8]) -> Record {
        let id: ContentId = device.id();
        user.upload(id)
            .put_whole(body(content), self.now)
            .await
            .expect("there is room");
        let record = device.file(device.root, id);
        let batch = device.batch(vec![record.clone()], vec![]);
        let volume = user.volume(device.volume).await.expect("the drive is there");
        volume.apply(batch, self.now).await.expect("the batch follows");
        record
    }
}

async fn open(stores: &Stores, rules: &Rules, rings: &Arc<Rings>) -> Postern {
    let (stores, rules, rings) = (stores.clone(), rules.clone(), rings.clone());
    let mut rng = Device::new("server").rng;
    let opened = Postern::open(stores, rules, rings, &mut rng).await;
    opened.expect("memory is always there")
}

/// A body as it should be.
pub(crate) fn body(bytes: &[u8]) -> Announced {
    Announced {
        size_bytes: bytes.len() as u64,
        checksum: hash(bytes),
        pieces: pieces(
            bytes
                .chunks(1_000)
                .map(|piece| Ok(Bytes::copy_from_slice(piece)))
                .collect(),
        ),
    }
}

pub(crate) fn pieces(pieces: Vec<Result<Bytes, BodyError>>) -> postern_domain::store::BodyStream {
    stream::iter(pieces).boxed()
}

pub(crate) async fn read_all(pieces: postern_domain::store::ReadStream) -> Vec<u8> {
    pieces
        .map_ok(|piece| piece.to_vec())
        .try_concat()
        .await
        .expect("memory is always there")
}

/// What makes a thing wrong, and how.
pub(crate) type Spoiled<T> = (&'static str, fn(&mut T));

/// What is left of a result that must be an error.
pub(crate) fn refusal<T>(result: Result<T, Error>) -> Error {
    result.err().expect("this must be refused")
}
