//! What a content filter that speaks rspamd's protocol thinks of a message.
//!
//! The filter reads the message while it comes, a few pieces behind; nothing is kept for it, so a large message takes no more
//! memory than a small one. It is the one program beside the gateway that ever sees the text, and is asked directly, never
//! through a proxy. A filter that is away, slow or broken holds up no mail: what it does not answer for comes in unfiltered.
//! Where it was there and hung up on a message, that is put off: whoever sends slowly enough could have it hang up.

mod address;

use std::error::Error as _;
use std::iter;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Body, Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use address::{FilterAddress, NoAddress};

/// How much of a message the filter sees. Spam is small, and what the filter sees it has in its memory.
pub const MOST_BYTES: usize = 20 << 20;

/// How many pieces may be on their way to the filter.
const PIECES: usize = 4;
/// How long the filter may take to be there.
const CONNECTING: Duration = Duration::from_secs(2);
/// How long a message may wait until the filter has read it, all pieces together, and then for its answer: rspamd itself gives
/// up after eight.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is said that there is something wrong with it.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// Asks the filter.
#[derive(Debug)]
pub struct Filter {
    client: Client,
    url: String,
    rejects: bool,
    patience: Duration,
    complained: Arc<Mutex<Option<Instant>>>,
}

/// What the filter is told about a message, beside its text.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) peer: IpAddr,
    pub(crate) hello: &'a str,
    pub(crate) host: &'a str,
    /// Empty for reports.
    pub(crate) sender: &'a str,
    pub(crate) recipients: Vec<&'a str>,
    /// By which its log and ours can be compared.
    pub(crate) id: &'a str,
}

/// A message that is being read to the filter. Dropped, the filter hears no more of it.
#[derive(Debug)]
pub(crate) struct Scan {
    asked: JoinSet<Result<Answer, NoAnswer>>,
    /// None when the filter has enough.
    pieces: Option<mpsc::Sender<Read>>,
    left_bytes: usize,
    rejects: bool,
    patience: Duration,
    /// How long the rest of the message may wait for the filter.
    left: Duration,
    complained: Arc<Mutex<Option<Instant>>>,
}

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opinion {
    /// Nothing speaks against it.
    Fine,
    /// It is marked.
    Spam,
    /// Whoever sends it may come again.
    Later,
    /// It is refused.
    Refuse,
    /// Nobody knows.
    Unknown,
}

/// What of rspamd's answer is used.
#[derive(Debug, Deserialize)]
struct Answer {
    action: String,
}

/// What the filter reads.
#[derive(Debug)]
enum Read {
    Piece(Bytes),
    /// All that it is to hear. Without it the message has broken off, and is not to be judged as if it were whole.
    End,
}

#[derive(Debug, thiserror::Error)]
#[error("the message has broken off")]
struct BrokenOff;

/// What stands in the body of the request next.
async fn next_piece(
    read: Option<mpsc::Receiver<Read>>,
) -> Option<(Result<Bytes, BrokenOff>, Option<mpsc::Receiver<Read>>)> {
    let mut read = read?;
    match read.recv().await {
        Some(Read::Piece(piece)) => Some((Ok(piece), Some(read))),
        Some(Read::End) => None,
        None => Some((Err(BrokenOff), None)),
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("it cannot be asked")]
    Http(#[from] reqwest::Error),
    #[error("it answers something else: {0}")]
    Nonsense(#[from] serde_json::Error),
    #[error("it takes too long")]
    TooSlow,
}

impl NoAnswer {
    /// Whether the filter was there and hung up, or says that it has waited for too long. What answers something else is no
    /// filter.
    fn is_hung_up(&self) -> bool {
        match self {
            Self::Http(error) => match error.status() {
                Some(status) => status == StatusCode::REQUEST_TIMEOUT,
                None => !error.is_connect() && !is_nonsense(error),
            },
            Self::Nonsense(_) | Self::TooSlow => false,
        }
    }
}

fn is_nonsense(error: &reqwest::Error) -> bool {
    let causes = iter::successors(error.source(), |cause| (*cause).source());
    let mut of_http = causes.filter_map(|cause| cause.downcast_ref::<hyper::Error>());
    of_http.any(hyper::Error::is_parse)
}

async fn ask(request: RequestBuilder) -> Result<Answer, NoAnswer> {
    let answer = request.send().await.and_then(Response::error_for_status)?;
    Ok(serde_json::from_slice(&answer.bytes().await?)?)
}

impl Filter {
    /// Asks the filter at `address`. Whether what it rejects is refused, or only marked.
    ///
    /// # Errors
    /// If the client cannot be made.
    pub fn new(address: &FilterAddress, rejects: bool) -> reqwest::Result<Self> {
        // Whoever was faster installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A connection for each message: one that the filter has just closed would cost the message its opinion, since what
        // was read to it once is not there to be read again.
        let client = Client::builder()
            .pool_max_idle_per_host(0)
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECTING);
        let client = match address.socket() {
            Some(path) => client.unix_socket(path),
            None => client,
        };
        Ok(Self {
            client: client.build()?,
            url: format!("{}/checkv2", address.url()),
            rejects,
            patience: PATIENCE,
            complained: Arc::default(),
        })
    }

    /// Waits only so long for the filter, whenever it is its turn.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Begins to read a message to the filter.
    pub(crate) fn begin(&self, envelope: &Envelope<'_>) -> Scan {
        let (pieces, read) = mpsc::channel(PIECES);
        let request = self.client.post(&self.url).headers(envelope.headers());
        let request = request.body(Body::wrap_stream(stream::unfold(Some(read), next_piece)));
        let mut asked = JoinSet::new();
        asked.spawn(ask(request));
        Scan {
            asked,
            pieces: Some(pieces),
            left_bytes: MOST_BYTES,
            rejects: self.rejects,
            patience: self.patience,
            left: self.patience,
            complained: Arc::clone(&self.complained),
        }
    }
}

impl Envelope<'_> {
    fn headers(&self) -> HeaderMap {
        let peer = self.peer.to_string();
        let sender = format!("<{}>", self.sender);
        let one = [
            ("ip", &*peer),
            ("helo", self.hello),
            ("hostname", self.host),
            ("from", &*sender),
            ("queue-id", self.id),
        ];
        let recipients = self.recipients.iter().map(|recipient| ("rcpt", *recipient));
        let mut headers = HeaderMap::new();
        for (name, value) in one.into_iter().chain(recipients) {
            // What no header can hold the filter has to do without.
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes())
                && !value.is_empty()
            {
                headers.append(name, value);
            }
        }
        headers
    }
}

impl Scan {
    /// Whether the filter has not heard all that it is to hear.
    pub(crate) fn wants_more(&self) -> bool {
        self.pieces.is_some()
    }

    /// Reads the next piece to the filter, as fast as that reads.
    pub(crate) async fn read(&mut self, mut piece: Bytes) {
        piece.truncate(self.left_bytes);
        self.left_bytes -= piece.len();
        self.send(Read::Piece(piece)).await;
        if self.left_bytes == 0 {
            self.end().await;
        }
    }

    /// The message is whole.
    pub(crate) async fn opinion(mut self) -> Opinion {
        self.end().await;
        let opinion = match timeout(self.patience, self.asked.join_next()).await {
            Ok(Some(Ok(Ok(answer)))) => of_action(&answer.action, self.rejects),
            Ok(Some(Ok(Err(error)))) => self.without(&error),
            _ => self.without(&NoAnswer::TooSlow),
        };
        crate::figures::filtered(opinion.word());
        opinion
    }

    async fn end(&mut self) {
        self.send(Read::End).await;
        self.pieces = None;
    }

    async fn send(&mut self, read: Read) {
        let Some(pieces) = &self.pieces else { return };
        let began = Instant::now();
        let sent = timeout(self.left, pieces.send(read)).await;
        self.left = self.left.saturating_sub(began.elapsed());
        if sent.is_err() {
            self.asked.abort_all();
        }
        // Of what has been answered before its end no more is read.
        if !matches!(sent, Ok(Ok(()))) {
            self.pieces = None;
        }
    }

    fn without(&self, error: &NoAnswer) -> Opinion {
        let mut complained = self
            .complained
            .lock()
            .expect("nothing panics while it holds this");
        if is_due(&mut complained, Instant::now()) {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "the content filter does not answer: mail comes in unfiltered, or is put off where it hung up"
            );
        }
        if error.is_hung_up() {
            Opinion::Later
        } else {
            Opinion::Unknown
        }
    }
}

impl Opinion {
    fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Spam => "spam",
            Self::Later => "later",
            Self::Refuse => "refuse",
            Self::Unknown => "unknown",
        }
    }
}

/// A filter that is away while a thousand messages come is one thing to complain of.
fn is_due(complained: &mut Option<Instant>, now: Instant) -> bool {
    let is_due = complained.is_none_or(|last| now.saturating_duration_since(last) >= COMPLAIN_EVERY);
    if is_due {
        *complained = Some(now);
    }
    is_due
}

/// What rspamd calls its actions. What is to be discarded is marked: nothing that is acknowledged vanishes here.
fn of_action(action: &str, rejects: bool) -> Opinion {
    match action {
        "reject" if rejects => Opinion::Refuse,
        "reject" | "discard" | "quarantine" | "add header" | "rewrite subject" => Opinion::Spam,
        "soft reject" | "greylist" => Opinion::Later,
        _ => Opinion::Fine,
    }
}

#[cfg(test)]
mod tests;
