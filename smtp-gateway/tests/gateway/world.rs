//! A gateway over stores in memory, people who have accounts, and those who bring mail.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use postern_crypto::mail::{Delivered, Delivery, Summary};
use postern_crypto::stream::ContentOpener;
use postern_domain::device::Device;
use postern_domain::store::{
    BlobKey, BlobPage, BlobStore, Body, Cause, ListFrom, Put, ReadStream, Result as StoreResult, StoreError,
    UploadHandle,
};
use postern_domain::{Postern, Rules, SignedIn, Silent, Stores};
use postern_protocol::mail::Message;
use postern_protocol::server::SignUpPolicy;
use postern_protocol::{AccountName, DomainName, TimeMs};
use postern_smtp_gateway::checks::{Checker, Dmarc};
use postern_smtp_gateway::filter::Filter;
use postern_smtp_gateway::identity::Identity;
use postern_smtp_gateway::pins::Pins;
use postern_smtp_gateway::spool::Spool;
use postern_smtp_gateway::{BlockLists, Gateway, Greylist, Limits, Listeners, Parts, Settings};
use postern_storage::{MemoryBlobs, MemoryRecords};
use rustls::ServerConfig;
use tempfile::TempDir;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) const NOW: TimeMs = TimeMs(1_795_000_000_000);
pub(crate) const QUOTA_BYTES: u64 = 64 << 20;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) postern: Postern,
    pub(crate) stores: Stores,
    pub(crate) blobs: Arc<MayBeAway>,
    pub(crate) folder: TempDir,
    pub(crate) gateway: Gateway,
    spool: Spool,
    pub(crate) address: SocketAddr,
    /// Where connections begin with TLS.
    pub(crate) address_tls: SocketAddr,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

/// How the gateway is set up, where that matters.
pub(crate) struct SetUp {
    pub(crate) limits: Limits,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) dmarc: Dmarc,
    pub(crate) checker: Option<Checker>,
    pub(crate) block_lists: Option<BlockLists>,
    pub(crate) greylist: Option<Greylist>,
    pub(crate) filter: Option<Filter>,
    pub(crate) clock: fn() -> TimeMs,
    pub(crate) postmaster: Option<AccountName>,
    pub(crate) listen: IpAddr,
}

impl Default for SetUp {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            tls: None,
            dmarc: Dmarc::default(),
            checker: None,
            block_lists: None,
            greylist: None,
            filter: None,
            clock: || NOW,
            postmaster: None,
            listen: Ipv4Addr::LOCALHOST.into(),
        }
    }
}

/// Somebody who has an account.
pub(crate) struct Person {
    pub(crate) device: Device,
    pub(crate) user: SignedIn,
}

/// A message, opened.
pub(crate) struct Opened {
    pub(crate) delivered: Delivered,
    pub(crate) summary: Summary,
    pub(crate) text: Vec<u8>,
    pub(crate) through_gateway: bool,
}

/// Somebody who brings mail.
pub(crate) struct Peer {
    line: BufReader<Box<dyn Line>>,
}

/// With TLS or without.
pub(crate) trait Line: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

impl World {
    pub(crate) async fn new() -> Self {
        Self::set_up(SetUp::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let set_up = SetUp {
            limits,
            ..SetUp::default()
        };
        Self::set_up(set_up).await
    }

    pub(crate) async fn set_up(set_up: SetUp) -> Self {
        let blobs = Arc::new(MayBeAway::default());
        let stores = Stores {
            records: Arc::new(MemoryRecords::default()),
            blobs: blobs.clone(),
        };
        let folder = tempfile::tempdir().expect("a folder");
        Self::over(stores, blobs, folder, set_up).await
    }

    /// The same stores and the same spool, after the gateway has stopped.
    pub(crate) async fn again(self) -> Self {
        self.again_after(|_| {}).await
    }

    /// And after something was done with its files.
    pub(crate) async fn again_after(self, change: impl FnOnce(&Path)) -> Self {
        // It may have been told before.
        let _ = self.stop.send(true);
        timeout(PATIENCE, self.running)
            .await
            .expect("it stops")
            .expect("it does not panic");
        drop((self.gateway, self.spool));
        drop(open_spool(&self.folder).await);
        change(self.folder.path());
        Self::over(self.stores, self.blobs, self.folder, SetUp::default()).await
    }

    async fn over(stores: Stores, blobs: Arc<MayBeAway>, folder: TempDir, set_up: SetUp) -> Self {
        let mut rng = Device::new("server").rng;
        let rules = Rules {
            sign_up: SignUpPolicy::Open,
            quota_bytes: QUOTA_BYTES,
            mail_domain: DomainName::parse("example.org").expect("a domain"),
            postmaster: set_up.postmaster,
            administrators: Vec::new(),
            mail_host: DomainName::parse("mx.example.org").expect("a domain"),
            sts: Some(postern_domain::dns::StsMode::Testing),
        };
        let postern = Postern::open(stores.clone(), rules, Arc::new(Silent), &mut rng)
            .await
            .expect("memory is always there");
        let identity = Identity::open(&folder.path().join("key"), NOW, &mut rng).expect("a key");
        postern
            .gateway()
            .announce(identity.statement())
            .await
            .expect("the first");
        let spool = open_spool(&folder).await;
        let gateway = Gateway::new(Parts {
            settings: Settings {
                host: "mx.example.org".to_owned(),
                limits: set_up.limits,
                tls: set_up.tls,
                dmarc: set_up.dmarc,
            },
            postern: postern.clone(),
            spool: spool.clone(),
            pins: Pins::new(folder.path().join("pins")),
            identity,
            checker: set_up.checker,
            block_lists: set_up.block_lists,
            greylist: set_up.greylist,
            filter: set_up.filter,
            clock: set_up.clock,
        });
        let listen = async || TcpListener::bind((set_up.listen, 0)).await.expect("a port");
        let (plain, tls) = (listen().await, listen().await);
        let address = |listener: &TcpListener| listener.local_addr().expect("it has one");
        let (address, address_tls) = (address(&plain), address(&tls));
        let listeners = Listeners {
            plain,
            tls: Some(tls),
        };
        let (stop, told) = watch::channel(false);
        let running = tokio::spawn(postern_smtp_gateway::run(gateway.clone(), listeners, told));
        Self {
            gateway,
            spool,
            address_tls,
            postern,
            stores,
            blobs,
            folder,
            address,
            stop,
            running,
        }
    }

    /// Makes an account.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let mut device = Device::new(name);
        let sign_up = device.sign_up();
        let session = self.postern.sign_up(sign_up, NOW, &mut device.rng).await;
        let session = self
            .postern
            .session(&session.expect("the name is free").token, NOW)
            .await;
        let user = session.expect("it has begun").signed_in().expect("a full one");
        Person { device, user }
    }

    /// Somebody who said hello.
    pub(crate) async fn peer(&self) -> Peer {
        self.peer_at(self.address).await
    }

    /// Somebody who came to this address of the gateway, and said hello.
    pub(crate) async fn peer_at(&self, address: SocketAddr) -> Peer {
        let mut peer = Peer::over(TcpStream::connect(address).await.expect("it listens"));
        peer.reply("220").await;
        peer.expect("EHLO sender.example", "250").await;
        peer
    }

    /// Somebody who was greeted.
    pub(crate) async fn stranger(&self) -> Peer {
        let mut peer = self.connect().await;
        peer.reply("220").await;
        peer
    }

    /// Somebody who has not heard anything yet.
    pub(crate) async fn connect(&self) -> Peer {
        Peer::over(TcpStream::connect(self.address).await.expect("it listens"))
    }

    /// How many messages have not been handed on.
    pub(crate) fn waiting(&self) -> usize {
        self.spool.load().messages
    }

    pub(crate) fn tell_to_stop(&self) {
        self.stop.send(true).expect("it runs");
    }

    pub(crate) async fn stopped(self) {
        timeout(PATIENCE, self.running)
            .await
            .expect("it stops")
            .expect("it does not panic");
    }

    /// Every message in the mailbox, as soon as there are so many.
    pub(crate) async fn mailbox(&self, person: &Person, count: usize) -> Vec<Message> {
        let there = async || {
            let page = person
                .user
                .newest_messages(None, 100)
                .await
                .expect("memory is always there");
            page.messages
        };
        let waiting = async {
            loop {
                let messages = there().await;
                if messages.len() >= count {
                    return messages;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let messages = timeout(PATIENCE, waiting).await.expect("it is handed on");
        assert_eq!(messages.len(), count);
        messages
    }

    /// As its owner's device opens it.
    pub(crate) async fn open(&self, person: &Person, message: &Message) -> Opened {
        let sealing = person.device.sealing().public();
        assert_eq!(
            message.sealed_to.as_ref().expect("from outside").as_slice(),
            sealing.id()
        );
        let delivery = Delivery {
            message: &message.message.0,
            account: &person.device.account.0,
            sealing,
        };
        let delivered = delivery
            .open(person.device.sealing(), message.envelope.as_slice())
            .expect("it is for this person");
        let summary = Summary::open(&delivered.key, &message.message.0, message.summary.as_slice());
        let body = person.user.message_body(message.message).await.expect("is there");
        let reading = body.read(0..body.size_bytes()).await.expect("is there");
        let pieces: Vec<bytes::Bytes> = reading
            .pieces
            .try_collect()
            .await
            .expect("memory is always there");
        let mut opener = ContentOpener::new(&delivered.key, &message.message.0);
        let mut text = Vec::new();
        for piece in pieces {
            opener.push(&piece, &mut text).expect("it was sealed so");
        }
        opener.finish(&mut text).expect("all of it");
        Opened {
            through_gateway: delivered.came_through(&self.gateway_key(), message.summary.as_slice()),
            summary: summary.expect("it is this message's"),
            delivered,
            text,
        }
    }

    fn gateway_key(&self) -> postern_crypto::identity::IdentityPublic {
        let mut rng = Device::new("nobody").rng;
        let identity = Identity::open(&self.folder.path().join("key"), NOW, &mut rng);
        identity.expect("it is there").key().public()
    }
}

/// By which address others know this machine; nothing is sent to find out.
pub(crate) fn own_address() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(address) if !address.is_loopback() => Some(address),
        _ => None,
    }
}

/// The one before may still be writing its last.
async fn open_spool(folder: &TempDir) -> Spool {
    let opening = async {
        loop {
            match Spool::open(&folder.path().join("spool"), 1 << 20) {
                Ok(spool) => return spool,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    timeout(PATIENCE, opening).await.expect("the spool opens")
}

impl Peer {
    pub(crate) fn over(line: impl Line + 'static) -> Self {
        Self {
            line: BufReader::new(Box::new(line)),
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.line.get_mut().write_all(bytes).await.expect("it reads");
    }

    /// Reads a whole reply.
    pub(crate) async fn read(&mut self) -> String {
        let reading = async {
            let mut all = String::new();
            loop {
                let mut line = String::new();
                self.line.read_line(&mut line).await.expect("it answers");
                let is_last = line.as_bytes().get(3) != Some(&b'-');
                all.push_str(&line);
                if is_last {
                    return all;
                }
            }
        };
        timeout(PATIENCE, reading).await.expect("it answers")
    }

    pub(crate) async fn reply(&mut self, begins: &str) -> String {
        let reply = self.read().await;
        assert!(reply.starts_with(begins), "{reply:?} instead of {begins}");
        reply
    }

    pub(crate) async fn expect(&mut self, command: &str, begins: &str) -> String {
        self.send(format!("{command}\r\n").as_bytes()).await;
        self.reply(begins).await
    }

    /// Says for whom a message is, up to its text.
    pub(crate) async fn envelope(&mut self, recipients: &[&str]) {
        self.expect("MAIL FROM:<bob@sender.example>", "250").await;
        for recipient in recipients {
            self.expect(&format!("RCPT TO:<{recipient}>"), "250").await;
        }
        self.expect("DATA", "354").await;
    }

    /// Brings a message, whose lines end with CR LF and of which none begins with a dot.
    pub(crate) async fn bring(&mut self, recipients: &[&str], text: &[u8]) -> String {
        self.envelope(recipients).await;
        self.send(text).await;
        self.expect(".", "").await
    }

    /// Waits until the other side has closed.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        let read = timeout(PATIENCE, self.line.read_to_end(&mut rest)).await;
        read.expect("it closes").expect("in order");
        assert_eq!(rest, b"");
    }
}

/// Blobs in memory, which do not answer while they are away.
#[derive(Default)]
pub(crate) struct MayBeAway {
    blobs: MemoryBlobs,
    away: AtomicBool,
    /// Blobs of this size are not taken, for no reason that passes.
    refused_bytes: AtomicU64,
}

impl MayBeAway {
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    pub(crate) fn refuse(&self, size_bytes: u64) {
        self.refused_bytes.store(size_bytes, Ordering::SeqCst);
    }

    fn there(&self) -> StoreResult<&MemoryBlobs> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(Cause::from("away")));
        }
        Ok(&self.blobs)
    }
}

#[async_trait]
impl BlobStore for MayBeAway {
    async fn put(&self, key: BlobKey, body: Body) -> StoreResult<Put> {
        if body.size_bytes() == self.refused_bytes.load(Ordering::SeqCst) {
            return Err(StoreError::Failed(Cause::from("not this one")));
        }
        self.there()?.put(key, body).await
    }

    async fn begin(&self, key: BlobKey) -> StoreResult<UploadHandle> {
        self.there()?.begin(key).await
    }

    async fn put_part(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        part: u32,
        body: Body,
    ) -> StoreResult<Option<()>> {
        self.there()?.put_part(key, upload, part, body).await
    }

    async fn complete(
        &self,
        key: BlobKey,
        upload: &UploadHandle,
        size_bytes: u64,
    ) -> StoreResult<Option<()>> {
        self.there()?.complete(key, upload, size_bytes).await
    }

    async fn read(&self, key: BlobKey, range: std::ops::Range<u64>) -> StoreResult<Option<ReadStream>> {
        self.there()?.read(key, range).await
    }

    async fn size(&self, key: BlobKey) -> StoreResult<Option<u64>> {
        self.there()?.size(key).await
    }

    async fn delete(&self, key: BlobKey, upload: Option<&UploadHandle>) -> StoreResult<()> {
        self.there()?.delete(key, upload).await
    }

    async fn list(&self, from: Option<ListFrom>) -> StoreResult<BlobPage> {
        self.there()?.list(from).await
    }
}
