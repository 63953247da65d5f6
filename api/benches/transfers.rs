//! How fast parts go in and contents come out: the interface on loopback over a folder with SQLite.
//!
//! The limit, in the same run: the same bytes written by this process to the same disk, each part followed by
//! `fdatasync`, and read again. Figures count only as a ratio to that. `cargo bench -p postern-api`.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use postern_api::{Bells, Clock, Rate, Rates, Settings};
use postern_crypto::hash::hash;
use postern_domain::device::Device;
use postern_domain::{Postern, Rules, Stores};
use postern_protocol::server::SignUpPolicy;
use postern_protocol::session::SessionBody;
use postern_protocol::upload::{CHECKSUM_HEADER, UploadComplete, UploadStart};
use postern_protocol::{ContentId, DomainName, bytes, parts};
use postern_storage::{FolderBlobs, SqlRecords};

/// Parts of one content: 1 GiB in all.
const PARTS: u32 = 128;
const ROUNDS: usize = 5;
const MIB: f64 = 1024.0 * 1024.0;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let size_mib = parts::full_range(PARTS - 1).end as f64 / MIB;
    let mut measured: [Vec<f64>; 5] = Default::default();
    for _ in 0..ROUNDS {
        for (all, took_s) in measured.iter_mut().zip(round(&runtime)) {
            all.push(size_mib / took_s);
        }
    }
    let [limit, one, four, reading, down] = measured.map(median);
    println!("write and fdatasync {limit:.0} MiB/s");
    println!("upload, 1 connection {one:.0} MiB/s ({:.2})", one / limit);
    println!("upload, 4 connections {four:.0} MiB/s ({:.2})", four / limit);
    println!("read {reading:.0} MiB/s");
    println!("download, 1 connection {down:.0} MiB/s ({:.2})", down / reading);
}

/// Ours and the limit in turn, in a folder of their own.
fn round(runtime: &tokio::runtime::Runtime) -> [f64; 5] {
    let folder = tempfile::tempdir().expect("a folder");
    let host = runtime.block_on(serve(folder.path()));
    let (mut device, mut first) = (Device::new("alice"), Connection::open(&host));
    let session: SessionBody = first.json("POST", "/signup", "", &device.sign_up());
    let (body, limit) = (vec![7_u8; size(1)], folder.path().join("limit"));
    let ids: [ContentId; 2] = [device.id(), device.id()];
    let writing = timed(|| write_to_disk(&limit, &body));
    let one = timed(|| upload(&host, &session.token, ids[0], &body, 1));
    let four = timed(|| upload(&host, &session.token, ids[1], &body, 4));
    let reading = timed(|| read_from_disk(&limit));
    let down = timed(|| first.download(&session.token, ids[0]));
    [writing, one, four, reading, down]
}

async fn serve(folder: &Path) -> String {
    let records = SqlRecords::open_sqlite(&folder.join("records.sqlite"))
        .await
        .expect("a database");
    let blobs = FolderBlobs::open(folder.join("blobs")).await.expect("a folder");
    let stores = Stores {
        records: Arc::new(records),
        blobs: Arc::new(blobs),
    };
    let bells = Arc::new(Bells::default());
    let rules = Rules {
        sign_up: SignUpPolicy::Open,
        quota_bytes: 1 << 40,
        mail_domain: DomainName::parse("localhost").expect("a domain"),
        postmaster: None,
        administrators: Vec::new(),
        mail_host: DomainName::parse("mx.example.org").expect("a domain"),
        sts: Some(postern_domain::dns::StsMode::Testing),
    };
    let postern = Postern::open(stores, rules, bells.clone(), &mut rand::rng())
        .await
        .expect("it opens");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let host = listener.local_addr().expect("it listens").to_string();
    let many = 1_000_000.try_into().expect("not zero");
    let rate = Rate {
        burst: many,
        per_minute: many,
    };
    let rates = Rates {
        address: rate,
        stranger: rate,
        login: rate,
    };
    let settings = Settings {
        rates,
        ..Settings::default()
    };
    let running = postern_api::run(listener, postern, bells, Clock::system(), settings).expect("it runs");
    tokio::spawn(running.wait());
    host
}

/// A client of few words, so that what is measured is the server.
struct Connection(TcpStream);

impl Connection {
    fn open(host: &str) -> Self {
        let socket = TcpStream::connect(host).expect("it listens");
        socket.set_nodelay(true).expect("it can");
        Self(socket)
    }

    fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
        let length = body.len();
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n"
        );
        self.0.write_all(head.as_bytes()).expect("it reads");
        self.0.write_all(body).expect("it reads");
        self.read_head()
    }

    /// The head of an answer, and what of the body came with it.
    fn read_head(&mut self) -> (String, Vec<u8>) {
        let (mut answer, mut piece) = (Vec::new(), vec![0; 64 << 10]);
        loop {
            let read = self.0.read(&mut piece).expect("it answers");
            answer.extend_from_slice(&piece[..read]);
            if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
                let body = answer.split_off(end + 4);
                let head = String::from_utf8(answer).expect("text");
                assert!(head.starts_with("HTTP/1.1 20"), "{head}");
                return (head, body);
            }
        }
    }

    fn json<T: serde::de::DeserializeOwned>(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &impl serde::Serialize,
    ) -> T {
        let json = serde_json::to_vec(body).expect("a plain structure");
        let headers = format!("{}content-type: application/json\r\n", authorization(token));
        let (head, mut body) = self.send(method, path, &headers, &json);
        let rest = length(&head) - body.len();
        let start = body.len();
        body.resize(start + rest, 0);
        self.0
            .read_exact(&mut body[start..])
            .expect("the answer is whole");
        serde_json::from_slice(&body).expect("it has the promised shape")
    }

    fn download(&mut self, token: &str, id: ContentId) {
        let (head, body) = self.send("GET", &format!("/contents/{id}"), &authorization(token), &[]);
        let (mut left, mut piece) = (length(&head) - body.len(), vec![0; 1 << 20]);
        while left > 0 {
            left -= self.0.read(&mut piece).expect("it sends");
        }
    }
}

fn upload(host: &str, token: &str, id: ContentId, body: &[u8], connections: u32) {
    let start = UploadStart {
        content: id,
        size_bytes: None,
    };
    let mut first = Connection::open(host);
    first.json::<serde_json::Value>("POST", "/uploads", token, &start);
    std::thread::scope(|scope| {
        for lane in 0..connections {
            scope.spawn(move || {
                let mut connection = Connection::open(host);
                for part in (lane..PARTS).step_by(connections as usize) {
                    put_part(&mut connection, token, id, part, body);
                }
            });
        }
    });
    let complete = UploadComplete {
        size_bytes: parts::full_range(PARTS - 1).end,
    };
    first.json::<serde_json::Value>("POST", &format!("/uploads/{id}/complete"), token, &complete);
}

fn put_part(connection: &mut Connection, token: &str, id: ContentId, part: u32, body: &[u8]) {
    let whole;
    let body = if part == 0 {
        whole = vec![7; size(0)];
        &whole
    } else {
        body
    };
    let checksum = bytes::encode(&hash(body));
    let headers = format!("{}{CHECKSUM_HEADER}: {checksum}\r\n", authorization(token));
    connection.send("PUT", &format!("/uploads/{id}/parts/{part}"), &headers, body);
}

fn write_to_disk(path: &Path, body: &[u8]) {
    let mut file = File::create(path).expect("writable");
    for _ in 0..PARTS {
        // The client of an upload hashes too: what it costs is on both sides.
        std::hint::black_box(hash(body));
        file.write_all(body).expect("there is room");
        file.sync_data().expect("it is durable");
    }
}

fn read_from_disk(path: &Path) {
    let (mut file, mut piece) = (File::open(path).expect("readable"), vec![0; 1 << 20]);
    while file.read(&mut piece).expect("readable") > 0 {}
}

fn size(part: u32) -> usize {
    let range = parts::full_range(part);
    usize::try_from(range.end - range.start).expect("parts fit into memory")
}

fn authorization(token: &str) -> String {
    if token.is_empty() {
        String::new()
    } else {
        format!("authorization: Bearer {token}\r\n")
    }
}

fn length(head: &str) -> usize {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    line.and_then(|length| length.trim().parse().ok())
        .expect("the length is told")
}

fn timed(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
