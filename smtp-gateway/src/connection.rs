//! One connection: bytes go between the line and the protocol, and what the protocol asks is answered.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use postern_smtp::{Event, Offer, Recipient, Sender, Session, SignIn};
use tokio::io::{self, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::gateway::Gateway;
use crate::intake::HeadTooLong;
use crate::log;
use crate::message::{Message, Visitor};
use crate::replies::{self, Refusal};

/// How much is read at once.
const READ_BYTES: usize = 16 << 10;
/// How long somebody may take to read what they are told, and to agree on keys.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection, and how far it has come.
pub(crate) struct Connection {
    gateway: Gateway,
    line: Line,
    peer: IpAddr,
    session: Session,
    message: Option<Message>,
}

enum Line {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Between the two.
    None,
}

/// An event without what it borrows.
enum Happened {
    SignIn,
    Sender(Sender),
    Recipient(Recipient),
    Text,
    Piece(Result<(), HeadTooLong>),
    End,
    Abandoned,
    StartTls,
    Close,
}

impl Connection {
    /// A connection that was just made.
    pub(crate) fn new(gateway: Gateway, stream: TcpStream, peer: IpAddr) -> Self {
        Self::over(gateway, Line::Plain(stream), peer)
    }

    /// A connection that was just made, and that begins with TLS (RFC 8314).
    pub(crate) async fn secure(gateway: Gateway, stream: TcpStream, peer: IpAddr) -> io::Result<Self> {
        let secured = begin_tls(&gateway, stream).await?;
        Ok(Self::over(gateway, Line::Tls(Box::new(secured)), peer))
    }

    fn over(gateway: Gateway, line: Line, peer: IpAddr) -> Self {
        let settings = gateway.settings();
        let offer = Offer {
            host: settings.host.clone(),
            start_tls: settings.tls.is_some(),
            sign_in: SignIn::Never,
            limits: settings.limits.clone(),
        };
        Self {
            session: Session::new(offer, matches!(line, Line::Tls(_)), Instant::now()),
            line,
            message: None,
            gateway,
            peer,
        }
    }

    /// Talks until one of both has had enough, or the gateway stops.
    pub(crate) async fn serve(mut self, mut stop: watch::Receiver<bool>) -> io::Result<()> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            if self.answer_all().await? {
                return self.line.close().await;
            }
            // What is under way may come to its end.
            let may_stop = self.message.is_none();
            let until = tokio::time::Instant::from_std(self.session.deadline());
            tokio::select! {
                read = self.line.read(&mut buffer) => match read? {
                    0 => return Ok(()),
                    count => self.session.receive(&buffer[..count], Instant::now()),
                },
                () = tokio::time::sleep_until(until) => self.session.expire(Instant::now()),
                _ = stop.wait_for(|stop| *stop), if may_stop => self.session.end(&replies::stopping()),
            }
        }
    }

    /// Answers what has happened, and says it. `true` if the connection is over.
    async fn answer_all(&mut self) -> io::Result<bool> {
        while let Some(happened) = self.next() {
            match happened {
                Happened::Close => {
                    self.say().await?;
                    return Ok(true);
                }
                Happened::StartTls => {
                    self.say().await?;
                    self.start_tls().await?;
                }
                happened => {
                    // An answer may take a while, and whoever waits for those before it has them now.
                    self.say().await?;
                    self.answer(happened).await;
                }
            }
            self.session.end_if_too_long(Instant::now());
        }
        self.say().await?;
        Ok(false)
    }

    fn next(&mut self) -> Option<Happened> {
        Some(match self.session.poll()? {
            Event::SignIn(_) => Happened::SignIn,
            Event::Sender(sender) => Happened::Sender(sender),
            Event::Recipient(recipient) => Happened::Recipient(recipient),
            Event::Text => Happened::Text,
            Event::Piece(piece) => {
                let taken = self.message.as_mut().map(|message| message.take(piece));
                Happened::Piece(taken.unwrap_or(Ok(())))
            }
            Event::End => Happened::End,
            Event::Abandoned => Happened::Abandoned,
            Event::StartTls => Happened::StartTls,
            Event::Close => Happened::Close,
        })
    }

    async fn answer(&mut self, happened: Happened) {
        match happened {
            Happened::SignIn => self.session.refuse(&replies::nobody_signs_in()),
            Happened::Sender(sender) => {
                let room = self.gateway.spool().has_room(sender.size_bytes.unwrap_or(0));
                let message = Message::new(self.gateway.clone(), sender, self.visitor());
                let id = message.id().to_owned();
                self.message = room.is_ok().then_some(message);
                self.say_whether(&id, room.map_err(|error| replies::not_kept(&error)));
            }
            Happened::Recipient(recipient) => {
                let added = match &mut self.message {
                    Some(message) => message.add_recipient(&recipient).await,
                    None => Err(replies::later()),
                };
                self.say_whether(&self.id(), added);
            }
            Happened::Text => {
                if let Some(message) = &mut self.message {
                    message.begin_text().await;
                }
                self.session.accept();
            }
            Happened::Piece(taken) => {
                if let Err(refusal) = self.write(taken).await {
                    log::refused(&self.id(), self.peer, &refusal);
                    // No more of it is wanted: what was written goes with the message.
                    self.message = None;
                    self.session.refuse_text(&refusal.reply);
                }
            }
            Happened::End => {
                let id = self.id();
                let kept = match self.message.take() {
                    Some(message) => message.finish().await,
                    None => Err(replies::later()),
                };
                match kept {
                    Ok(()) => self.session.accept_saying(&replies::taken(&id)),
                    refused => self.say_whether(&id, refused),
                }
            }
            Happened::Abandoned => {
                if let Some(reply) = self.session.text_refusal() {
                    log::text_refused(&self.id(), self.peer, reply);
                }
                self.message = None;
            }
            Happened::StartTls | Happened::Close => {}
        }
    }

    async fn write(&mut self, taken: Result<(), HeadTooLong>) -> Result<(), Refusal> {
        taken.map_err(|HeadTooLong| replies::head_too_long())?;
        match &mut self.message {
            Some(message) => message.write().await.map_err(|error| replies::not_kept(&error)),
            None => Ok(()),
        }
    }

    fn say_whether(&mut self, id: &str, done: Result<(), Refusal>) {
        match done {
            Ok(()) => self.session.accept(),
            Err(refusal) => {
                log::refused(id, self.peer, &refusal);
                self.session.refuse(&refusal.reply);
            }
        }
    }

    /// That of the message that is being sent.
    fn id(&self) -> String {
        let id = self.message.as_ref().map(|message| message.id().to_owned());
        id.unwrap_or_default()
    }

    fn visitor(&self) -> Visitor {
        let hello = self.session.peer().map(|hello| hello.name.clone());
        Visitor {
            address: self.peer,
            hello: hello.unwrap_or_default(),
            tls: self.line.protection(),
        }
    }

    async fn say(&mut self) -> io::Result<()> {
        let output = self.session.output();
        if output.is_empty() {
            return Ok(());
        }
        within(self.line.write_all(&output)).await
    }

    async fn start_tls(&mut self) -> io::Result<()> {
        let Line::Plain(stream) = std::mem::replace(&mut self.line, Line::None) else {
            return Err(io::Error::other("TLS begins once"));
        };
        let secured = begin_tls(&self.gateway, stream).await?;
        self.line = Line::Tls(Box::new(secured));
        self.session.secured(Instant::now());
        Ok(())
    }
}

impl Line {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer).await,
            Self::Tls(stream) => stream.read(buffer).await,
            Self::None => Ok(0),
        }
    }

    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Self::None => Ok(()),
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => within(stream.shutdown()).await,
            Self::Tls(stream) => within(stream.shutdown()).await,
            Self::None => Ok(()),
        }
    }

    /// How it is protected, in the words of `Received` fields.
    fn protection(&self) -> String {
        let Self::Tls(stream) = self else {
            return String::new();
        };
        let (_, connection) = stream.get_ref();
        let version = connection.protocol_version().and_then(|version| version.as_str());
        let suite = connection
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str());
        let words: Vec<_> = [version, suite].into_iter().flatten().collect();
        words.join(" ")
    }
}

async fn begin_tls(gateway: &Gateway, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let tls = gateway.settings().tls.clone();
    let tls = tls.ok_or_else(|| io::Error::other("there is no certificate"))?;
    within(TlsAcceptor::from(tls).accept(stream)).await
}

async fn within<T>(done: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, done)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
