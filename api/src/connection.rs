//! A connection whose peer has to take what it asked for, and to ask in time.
//!
//! The system's own timer (`TCP_USER_TIMEOUT`) ends who takes nothing at all; who takes a byte now and then would keep
//! a connection, an open file and a buffer for as long as it likes.

mod asking;
pub(crate) mod attending;
mod turn;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::door::Guest;
use crate::settings::Pace;
use crate::span::Span;
use asking::Asking;
use attending::Attending;
use turn::Turn;

/// How long a connection may be idle between two questions. Our own client uses none that was idle for half as long.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A connection. It ends when its peer takes too little while something waits for it, or does not ask in time.
pub(crate) struct Connection<S> {
    stream: S,
    pace: Pace,
    /// Something waits for the peer.
    taking: Option<Span>,
    asking: Asking,
    turn: Turn,
    /// Goes when the connection does.
    guest: Option<Guest>,
}

impl<S> Connection<S> {
    pub(crate) fn new(stream: S, pace: Pace, guest: Guest) -> Self {
        Self::with(stream, pace, Some(guest))
    }

    fn with(stream: S, pace: Pace, guest: Option<Guest>) -> Self {
        Self {
            stream,
            pace,
            taking: None,
            asking: Asking::within(KEEP_ALIVE + pace.head),
            turn: next_turn(guest.as_ref()),
            guest,
        }
    }

    /// What is to be told of its questions.
    pub(crate) fn attending(&self) -> Attending {
        self.asking.attending()
    }

    fn took(&mut self, bytes: usize, offered: usize) {
        if bytes == offered {
            self.taking = None;
        } else if let Some(taking) = &mut self.taking {
            taking.passed(bytes);
        }
    }

    /// Ready when too little has been taken of what waits.
    fn poll_not_taken(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Pace {
            stall,
            body_bytes_per_s,
            ..
        } = self.pace;
        let taking = self
            .taking
            .get_or_insert_with(|| Span::begin(stall, body_bytes_per_s));
        taking.poll_late(cx)
    }
}

fn next_turn(guest: Option<&Guest>) -> Turn {
    Turn::among(guest.map_or(1, Guest::present))
}

fn timed_out(late: Poll<()>) -> Poll<io::Error> {
    late.map(|()| io::ErrorKind::TimedOut.into())
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(cx, bytes) {
            Poll::Ready(Ok(taken)) => {
                this.took(taken, bytes.len());
                Poll::Ready(Ok(taken))
            }
            Poll::Pending => timed_out(this.poll_not_taken(cx)).map(Err),
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

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.turn.is_over() {
            this.turn = next_turn(this.guest.as_ref());
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Pending => {
                this.turn = next_turn(this.guest.as_ref());
                timed_out(this.asking.poll_late(this.taking.is_some(), cx)).map(Err)
            }
            came => {
                this.turn.has_read(buffer.filled().len() - before);
                came
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::Instant;

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
        let mut connection = Connection::with(ours, PACE, None);
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
        let written = connection.write_all(&[7; 1_000]).await;
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
        let mut connection = Connection::with(ours, PACE, None);
        theirs.write_all(b"GET /").await.expect("there is room");
        let started = Instant::now();
        let heard = connection.read_to_end(&mut Vec::new()).await;
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
