//! Downloads that break off or are stopped, wherever that is, and go on.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::{Either, select};
use postern_client::transfer::{Checkpoint, Sink};
use postern_client::{Content, Drive, Error, Result};

use crate::platform::pause;
use crate::threats_content::asks_for;
use crate::world::{Buffer, Phone, Server, noise, put, put_together};

cases!(
    what_has_come_is_written_before_a_broken_line_is_told,
    a_sink_that_fails_ends_a_download_at_once,
    a_download_that_is_stopped_in_the_middle_of_a_segment_loses_and_doubles_nothing,
    a_download_that_was_stopped_is_compared_with_its_digest,
    a_download_never_goes_on_with_another_content,
    a_download_that_is_whole_asks_for_nothing_more,
);

const SIZE: usize = 20_000_000;
const SEGMENT: usize = 8 << 20;
const PIECE: usize = 1 << 20;

/// A sink that writes no second segment before it is told to.
struct Hesitant {
    written: Buffer,
    may_go_on: Rc<Cell<bool>>,
}

#[async_trait(?Send)]
impl Sink for Hesitant {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        if !self.written.0.borrow().is_empty() {
            until(|| self.may_go_on.get()).await;
        }
        self.written.write(bytes).await
    }
}

/// A sink that takes one segment.
struct Full {
    written_bytes: usize,
}

#[async_trait(?Send)]
impl Sink for Full {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.written_bytes += bytes.len();
        if self.written_bytes > SEGMENT {
            return Err(Error::CannotSave("the disk is full".to_owned()));
        }
        Ok(())
    }
}

/// A sink like a browser's: a write that was begun goes to its end, whether or not somebody waits for it.
#[derive(Default)]
struct Unstoppable {
    written: Buffer,
    under_way: bool,
}

#[async_trait(?Send)]
impl Sink for Unstoppable {
    fn piece_bytes(&self) -> usize {
        PIECE
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        if !std::mem::replace(&mut self.under_way, true) {
            self.written.write(bytes).await?;
        }
        pause().await;
        self.under_way = false;
        Ok(())
    }
}

/// Returns when `is_so`, at the next turn after that.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        pause().await;
    }
    pause().await;
}

async fn film(server: &Server) -> (Phone, Drive, Content) {
    let (phone, drive) = server.sign_up("alice").await;
    let node = put(&drive, drive.account().root(), "film", &noise(SIZE)).await;
    let content = drive.content(node.expect("put")).await.expect("a file");
    (phone, drive, content)
}

async fn what_has_come_is_written_before_a_broken_line_is_told() {
    let (phone, drive, content) = film(&Server::start()).await;
    let broken = Rc::new(Cell::new(false));
    let tell = Rc::clone(&broken);
    phone.evil.tells(move |request, response| {
        if asks_for(request, 2) {
            response.status = 503;
            tell.set(true);
        }
    });
    let mut sink = Hesitant {
        written: Buffer::default(),
        may_go_on: broken,
    };
    let mut checkpoint = Checkpoint::start();
    let outcome = drive
        .download(&content, &mut checkpoint, &mut sink, &|_| {})
        .await;
    assert_eq!(outcome, Err(Error::Unavailable));
    assert_eq!(checkpoint.written_bytes(), 2 * SEGMENT as u64);

    phone.evil.tells_the_truth();
    let outcome = drive.download(&content, &mut checkpoint, &mut sink, &|_| {});
    outcome.await.expect("the rest");
    assert!(sink.written.take() == noise(SIZE));
}

async fn a_sink_that_fails_ends_a_download_at_once() {
    let (phone, drive, content) = film(&Server::start()).await;
    phone.evil.never_answers(|request| asks_for(request, 2));
    let mut sink = Full { written_bytes: 0 };
    let outcome = drive
        .download(&content, &mut Checkpoint::start(), &mut sink, &|_| {})
        .await;
    assert_eq!(outcome, Err(Error::CannotSave("the disk is full".to_owned())));
}

/// Downloads, and stops wherever the sink has got another of `stops`.
async fn stop_and_go(
    drive: &Drive,
    content: &Content,
    sink: &mut Unstoppable,
    stops: &[usize],
) -> Result<()> {
    let (mut checkpoint, written) = (Checkpoint::start(), sink.written.clone());
    for stop in stops {
        let download = pin!(drive.download(content, &mut checkpoint, sink, &|_| {}));
        let stopped = pin!(until(|| written.0.borrow().len() >= *stop));
        match select(stopped, download).await {
            Either::Left(_) => {}
            Either::Right((outcome, _)) => panic!("it came to its end: {outcome:?}"),
        }
    }
    drive.download(content, &mut checkpoint, sink, &|_| {}).await
}

async fn a_download_that_is_stopped_in_the_middle_of_a_segment_loses_and_doubles_nothing() {
    let (_, drive, content) = film(&Server::start()).await;
    let mut sink = Unstoppable::default();
    let stops = [
        PIECE,
        3 * PIECE,
        SEGMENT,
        SEGMENT + PIECE,
        2 * SEGMENT - PIECE,
        2 * SEGMENT + 2 * PIECE,
    ];
    let outcome = stop_and_go(&drive, &content, &mut sink, &stops).await;
    assert_eq!(outcome, Ok(()));
    assert!(sink.written.take() == noise(SIZE));
}

async fn a_download_that_was_stopped_is_compared_with_its_digest() {
    let (_, drive, mut content) = film(&Server::start()).await;
    content.digest[0] ^= 1;
    let mut sink = Unstoppable::default();
    let outcome = stop_and_go(&drive, &content, &mut sink, &[3 * PIECE, SEGMENT + PIECE]).await;
    assert_eq!(outcome, Err(Error::NotAuthentic));
}

async fn a_download_never_goes_on_with_another_content() {
    let (phone, drive, content) = film(&Server::start()).await;
    phone.evil.tells(|request, response| {
        if asks_for(request, 1) {
            response.status = 503;
        }
    });
    let (mut checkpoint, mut sink) = (Checkpoint::start(), Buffer::default());
    let outcome = drive.download(&content, &mut checkpoint, &mut sink, &|_| {});
    assert_eq!(outcome.await, Err(Error::Unavailable));
    phone.evil.tells_the_truth();
    put_together(&drive, drive.account().root(), &[("film", noise(5))])
        .await
        .expect("replaced");
    let outcome = drive.download(&content, &mut checkpoint, &mut sink, &|_| {});
    // The old one went when its file got the new one.
    assert_eq!(outcome.await, Err(Error::NotFound));
    assert!(sink.take() == noise(SIZE)[..SEGMENT]);
}

async fn a_download_that_is_whole_asks_for_nothing_more() {
    let (phone, drive, content) = film(&Server::start()).await;
    let (mut checkpoint, mut sink) = (Checkpoint::start(), Buffer::default());
    for segments in [3, 0] {
        phone.evil.asked();
        let outcome = drive.download(&content, &mut checkpoint, &mut sink, &|_| {});
        outcome.await.expect("whole");
        assert_eq!(phone.evil.asked().len(), segments);
    }
    assert_eq!(sink.take().len(), SIZE);
}
