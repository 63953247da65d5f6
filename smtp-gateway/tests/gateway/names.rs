//! A DNS server that knows what a test tells it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use postern_smtp_gateway::Resolver;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// What there is of a name.
#[derive(Clone, Copy)]
pub(crate) enum Record {
    A([u8; 4]),
    Txt(&'static str),
    Mx(u16, &'static str),
    Ptr(&'static str),
    /// The server says that it has failed.
    Failure,
    /// The server says nothing.
    Silence,
}

/// Answers as long as it is not dropped.
pub(crate) struct Names {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _answering: JoinSet<()>,
}

const A: u16 = 1;
const PTR: u16 = 12;
const MX: u16 = 15;
const TXT: u16 = 16;
const SERVER_FAILED: u8 = 2;
const NO_SUCH_NAME: u8 = 3;

impl Names {
    pub(crate) async fn of(records: &[(&str, Record)]) -> Self {
        let mut known: HashMap<String, Vec<Record>> = HashMap::new();
        for (name, record) in records {
            known.entry((*name).to_owned()).or_default().push(*record);
        }
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("it has one");
        let (asked, mut answering) = (Arc::<AtomicUsize>::default(), JoinSet::new());
        let counted = Arc::clone(&asked);
        answering.spawn(async move {
            let mut question = [0; 1_500];
            while let Ok((len, from)) = socket.recv_from(&mut question).await {
                counted.fetch_add(1, Ordering::SeqCst);
                if let Some(answer) = answer(&question[..len], &known) {
                    socket.send_to(&answer, from).await.expect("it listens");
                }
            }
        });
        Self {
            address,
            asked,
            _answering: answering,
        }
    }

    pub(crate) fn resolver(&self) -> Resolver {
        Resolver::asking(self.address).expect("there is a network")
    }

    /// As who asks anew each time asks it.
    pub(crate) fn forgetful(&self) -> Resolver {
        Resolver::without_memory(Some(self.address)).expect("there is a network")
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// RFC 1035, 4.1. `None` if nothing is said.
fn answer(question: &[u8], records: &HashMap<String, Vec<Record>>) -> Option<Vec<u8>> {
    let (name, end) = name(&question[12..]);
    let asked = &question[12..12 + end + 4];
    let kind = u16::from_be_bytes([asked[end], asked[end + 1]]);
    let known = records.get(&name);
    let code = match known.and_then(|records| records.first()) {
        Some(Record::Silence) => return None,
        Some(Record::Failure) => SERVER_FAILED,
        Some(_) => 0,
        None => NO_SUCH_NAME,
    };
    let found: Vec<_> = known
        .into_iter()
        .flatten()
        .filter_map(|record| data(record, kind))
        .collect();
    let count = u8::try_from(found.len()).expect("a few");
    let head = [
        question[0],
        question[1],
        0x81,
        0x80 | code,
        0,
        1,
        0,
        count,
        0,
        0,
        0,
        0,
    ];
    let mut answer = [&head[..], asked].concat();
    for data in found {
        let len = u16::try_from(data.len()).expect("short data").to_be_bytes();
        // The name of the question, its kind, a minute.
        let record = [&[0xc0, 12][..], &asked[end..], &[0, 0, 0, 60], &len, &data].concat();
        answer.extend(record);
    }
    Some(answer)
}

/// What there is of that kind.
fn data(record: &Record, kind: u16) -> Option<Vec<u8>> {
    match (record, kind) {
        (Record::A(address), A) => Some(address.to_vec()),
        (Record::Txt(text), TXT) => {
            let piece = |piece: &[u8]| {
                let len = u8::try_from(piece.len()).expect("at most 255");
                [&[len][..], piece].concat()
            };
            Some(text.as_bytes().chunks(255).flat_map(piece).collect())
        }
        (Record::Mx(preference, name), MX) => Some([&preference.to_be_bytes()[..], &written(name)].concat()),
        (Record::Ptr(name), PTR) => Some(written(name)),
        _ => None,
    }
}

fn written(name: &str) -> Vec<u8> {
    let label = |label: &str| {
        let len = u8::try_from(label.len()).expect("a short label");
        [&[len][..], label.as_bytes()].concat()
    };
    let labels = name.split('.').flat_map(label);
    labels.chain([0]).collect()
}

/// A name in small letters, and how long it is written.
fn name(mut bytes: &[u8]) -> (String, usize) {
    let (mut labels, mut end) = (Vec::new(), 1);
    while bytes[0] > 0 {
        let (label, rest) = bytes[1..].split_at(usize::from(bytes[0]));
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        (bytes, end) = (rest, end + 1 + label.len());
    }
    (labels.join("."), end)
}
