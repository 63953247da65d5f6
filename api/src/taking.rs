//! A connection whose peer has to take what it asked for, and to ask in time.
//!
//! The system's own timer (`TCP_USER_TIMEOUT`) ends who takes nothing at all; who takes a byte now and then would keep
//! a connection, an open file and a buffer for as long as it likes.

use std::future::Future as _;
use std::io;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::attending::Attending;
use crate::door::Guest;
use crate::settings::Pace;

/// How long a connection may be idle between two questions. Our own client uses none that was idle for half as long.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// So much is read in a turn, before what has come is looked at: else all that the system holds for a thousand
/// connections would be taken into memory first. Alone, one reads more at once, which costs less.
const TURN_BYTES: RangeInclusive<usize> = 32 << 10..=128 << 10;
/// All together, unless even the least for each is more.
const TURNS_BYTES: usize = 8 << 20;

/// A connection. It ends when its peer takes too little while something waits for it, or does not ask in time.
pub(crate) struct Taking<S> {
    stream: S,
    window: Duration,
    /// Taken within a window, it is enough.
    enough_bytes: u64,
    waiting: Option<Waiting>,
    head: Duration,
    attending: Attending,
    idle: Option<Idle>,
    /// What may still be read in this turn.
    turn_bytes: usize,
    /// Goes when the connection does.
    guest: Option<Guest>,
}

/// Something waits for the peer.
struct Waiting {
    until: Pin<Box<Sleep>>,
    taken_bytes: u64,
}

/// No question is under way, since there have been so many.
struct Idle {
    since: u64,
    until: Pin<Box<Sleep>>,
}

impl<S> Taking<S> {
    pub(crate) fn new(stream: S, pace: Pace, guest: Guest) -> Self {
        Self::with(stream, pace, Some(guest))
    }

    fn with(stream: S, pace: Pace, guest: Option<Guest>) -> Self {
        Self {
            stream,
            window: pace.stall,
            enough_bytes: pace.stall.as_secs() * u64::from(pace.body_bytes_per_s),
            waiting: None,
            head: KEEP_ALIVE + pace.head,
            attending: Attending::default(),
            idle: None,
            turn_bytes: *TURN_BYTES.start(),
            guest,
        }
    }

    fn next_turn(&mut self) {
        let present = self.guest.as_ref().map_or(1, Guest::present);
        self.turn_bytes = (TURNS_BYTES / present).clamp(*TURN_BYTES.start(), *TURN_BYTES.end());
    }

    /// What is to be told of its questions.
    pub(crate) fn attending(&self) -> Attending {
        self.attending.clone()
    }

    /// Ready with an error when the next question has not come in time.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        // The end of an answer that waits for its taker belongs to its question.
        let idle_since = self.attending.idle_since().filter(|_| self.waiting.is_none());
        let Some(since) = idle_since else {
            self.idle = None;
            return Poll::Pending;
        };
        if self.idle.as_ref().is_none_or(|idle| idle.since != since) {
            let until = Box::pin(sleep_until(Instant::now() + self.head));
            self.idle = Some(Idle { since, until });
        }
        match &mut self.idle {
            Some(idle) => idle
                .until
                .as_mut()
                .poll(cx)
                .map(|()| io::ErrorKind::TimedOut.into()),
            None => Poll::Pending,
        }
    }

    fn took(&mut self, bytes: usize, offered: usize) {
        if bytes == offered {
            self.waiting = None;
        } else if let Some(waiting) = &mut self.waiting {
            waiting.taken_bytes += bytes as u64;
        }
    }

    /// Ready with an error once a window has passed in which too little was taken.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let window = self.window;
        let waiting = self.waiting.get_or_insert_with(|| Waiting {
            until: Box::pin(sleep_until(Instant::now() + window)),
            taken_bytes: 0,
        });
        loop {
            ready!(waiting.until.as_mut().poll(cx));
            if waiting.taken_bytes < self.enough_bytes {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            waiting.taken_bytes = 0;
            waiting.until.as_mut().reset(Instant::now() + window);
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taking<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(cx, bytes) {
            Poll::Ready(Ok(taken)) => {
                this.took(taken, bytes.len());
                Poll::Ready(Ok(taken))
            }
            Poll::Pending => this.poll_wait(cx).map(Err),
            failed => failed,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taking<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.turn_bytes == 0 {
            this.next_turn();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Pending => {
                this.next_turn();
                this.poll_idle(cx).map(Err)
            }
            came => {
                let came_bytes = buffer.filled().len() - before;
                this.turn_bytes = this.turn_bytes.saturating_sub(came_bytes);
                came
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    const PACE: Pace = Pace {
        head: Duration::from_secs(1),
        body_grace: Duration::from_secs(1),
        body_bytes_per_s: 10,
        stall: Duration::from_secs(10),
    };

    /// What comes of writing 1,000 bytes to somebody who takes `bytes` each second.
    async fn write_to_one_who_takes(bytes: usize) -> (io::Result<()>, u64) {
        let (ours, mut theirs): (_, DuplexStream) = duplex(16);
        let mut taking = Taking::with(ours, PACE, None);
        let peer = tokio::spawn(async move {
            let mut piece = vec![0; bytes];
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if theirs.read(&mut piece).await.is_err() {
                    return;
                }
            }
        });
        let started = Instant::now();
        let written = taking.write_all(&[7; 1_000]).await;
        peer.abort();
        (written, started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_now_and_then_is_cut_off() {
        let (written, seconds) = write_to_one_who_takes(1).await;
        assert_eq!(written.expect_err("too slow").kind(), io::ErrorKind::TimedOut);
        assert_eq!(seconds, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_ask_in_time_is_let_go() {
        let (ours, mut theirs) = duplex(16);
        let mut taking = Taking::with(ours, PACE, None);
        theirs.write_all(b"GET /").await.expect("there is room");
        let started = Instant::now();
        let heard = taking.read_to_end(&mut Vec::new()).await;
        assert_eq!(heard.expect_err("too slow").kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed(), KEEP_ALIVE + PACE.head);
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_up_may_take_as_long_as_it_needs() {
        let (written, seconds) = write_to_one_who_takes(12).await;
        written.expect("fast enough");
        assert!(seconds > 60, "{seconds}");
    }
}
