//! Many connections at once, of people who mean no good.
//!
//! Loopback has sixteen million addresses: a crowd comes from as many as the story wants, while the well-behaved client
//! beside it comes from another one.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Nothing here waits longer than this for a server.
const PATIENCE: Duration = Duration::from_secs(120);
/// So many connect at the same moment, and no more: loopback itself would drop them.
const AT_ONCE: usize = 200;

/// People who mean no good, and the server that they went to.
pub struct Crowd {
    runtime: Runtime,
    server: SocketAddr,
}

/// One connection of a crowd.
pub struct Visitor {
    stream: TcpStream,
    heard: Vec<u8>,
}

/// An answer as it came over the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The head, in small letters.
    pub head: String,
    /// What followed it.
    pub body: Vec<u8>,
}

impl Crowd {
    /// A crowd before `server`.
    pub fn before(server: SocketAddr) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        Self { runtime, server }
    }

    /// Does `work` to its end.
    pub fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A connection from address number `address` of the crowd's.
    pub async fn visit(server: SocketAddr, address: usize) -> io::Result<Visitor> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((loopback(address), 0).into())?;
        let stream = timeout(PATIENCE, socket.connect(server)).await??;
        stream.set_nodelay(true)?;
        Ok(Visitor {
            stream,
            heard: Vec::new(),
        })
    }

    /// `count` connections, spread over `addresses` addresses, each of which has the first words of `says` said.
    pub fn come(&self, count: usize, addresses: usize, says: impl Fn(usize) -> Vec<u8>) -> Vec<Visitor> {
        let mut visitors = Vec::with_capacity(count);
        for first in (0..count).step_by(AT_ONCE) {
            let mut coming = JoinSet::new();
            for number in first..count.min(first + AT_ONCE) {
                let (server, words) = (self.server, says(number));
                coming.spawn_on(
                    async move {
                        let mut visitor = Self::visit(server, number % addresses).await?;
                        visitor.say(&words).await?;
                        io::Result::Ok(visitor)
                    },
                    self.runtime.handle(),
                );
            }
            // Who is turned away at once may notice it before having said anything.
            visitors.extend(self.wait_for(coming.join_all()).into_iter().flatten());
        }
        visitors
    }

    /// Does the same with each of `visitors` at the same time; what comes of it, in no order.
    pub fn each<V, T, F>(&self, visitors: Vec<V>, work: impl Fn(V) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let mut working = JoinSet::new();
        for visitor in visitors {
            working.spawn_on(work(visitor), self.runtime.handle());
        }
        self.wait_for(working.join_all())
    }

    /// What each of `visitors` is told, until the server has nothing more to say to any of them.
    pub fn hear_all(&self, visitors: Vec<Visitor>) -> Vec<Option<Heard>> {
        self.each(visitors, |mut visitor| async move { visitor.hear().await })
    }
}

impl Visitor {
    /// Says something.
    pub async fn say(&mut self, words: &[u8]) -> io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(words)).await?
    }

    /// Says `word` again and again, with a pause before each, until the server does not listen any more or answers.
    pub async fn trickle(&mut self, word: &[u8], pause: Duration) -> Option<Heard> {
        loop {
            if let Ok(heard) = timeout(pause, self.hear()).await {
                return heard;
            }
            if self.say(word).await.is_err() {
                return self.hear().await;
            }
        }
    }

    /// The next answer; nothing if the server closes without one.
    pub async fn hear(&mut self) -> Option<Heard> {
        timeout(PATIENCE, self.hear_on())
            .await
            .expect("the server answers or closes")
    }

    /// Takes up to `bytes` of whatever comes; how many there were. None at the end.
    pub async fn take(&mut self, bytes: usize) -> usize {
        let mut piece = vec![0; bytes];
        let taken = timeout(PATIENCE, self.stream.read(&mut piece)).await;
        taken.expect("the server sends or closes").unwrap_or(0)
    }

    /// True once the server has closed, or does so soon.
    pub async fn is_let_go(mut self) -> bool {
        while self.take(1 << 16).await > 0 {}
        true
    }

    async fn hear_on(&mut self) -> Option<Heard> {
        loop {
            if let Some((heard, rest)) = split(&self.heard) {
                self.heard = rest;
                return Some(heard);
            }
            let mut piece = [0; 16 << 10];
            match self.stream.read(&mut piece).await {
                Ok(length @ 1..) => self.heard.extend_from_slice(&piece[..length]),
                Ok(0) | Err(_) => return None,
            }
        }
    }
}

impl Heard {
    /// The status.
    pub fn status(&self) -> u16 {
        let word = self.head.split(' ').nth(1).unwrap_or_default();
        word.parse()
            .unwrap_or_else(|_| panic!("no status: {}", self.head))
    }

    /// A header's value; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(found, _)| *found == name)
            .map_or("", |(_, value)| value)
    }

    /// The head without what differs from one moment to the next, and in one order: that of headers differs from one
    /// thread of the server to another.
    pub fn timeless_head(&self) -> String {
        let lines = self.head.lines().filter(|line| !line.starts_with("date: "));
        let mut lines: Vec<_> = lines.collect();
        lines.sort_unstable();
        lines.join("\n")
    }

    /// What stands in the body of JSON as the text `name`; empty if there is none.
    pub fn text(&self, name: &str) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let (_, rest) = body.split_once(&format!("\"{name}\":\"")).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }
}

/// The first whole answer, and what comes after it.
fn split(heard: &[u8]) -> Option<(Heard, Vec<u8>)> {
    let end = memchr::memmem::find(heard, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&heard[..end])
        .to_lowercase()
        .replace("\r\n", "\n");
    let mut answer = Heard {
        head,
        body: Vec::new(),
    };
    let length: usize = answer.header("content-length").parse().unwrap_or(0);
    let body = heard.get(end + 4..end + 4 + length)?;
    answer.body = body.to_vec();
    Some((answer, heard[end + 4 + length..].to_vec()))
}

/// 127.0.0.1 is everybody's; the crowd's begin elsewhere.
fn loopback(address: usize) -> Ipv4Addr {
    let number = u32::try_from(address).expect("a few") + 1;
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        let line =
            b"HTTP/1.1 429 Too Many\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 204 \r\n\r\n";
        let (first, rest) = split(line).expect("it is whole");
        assert_eq!((first.status(), first.header("retry-after")), (429, "3"));
        assert_eq!(first.body, b"no");
        let (second, rest) = split(&rest).expect("it is whole");
        assert_eq!((second.status(), rest.len()), (204, 0));
        assert!(split(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nn").is_none());
    }
}
