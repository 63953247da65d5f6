//! What programs can do and browsers cannot.

use std::cell::Cell;
use std::future::pending;
use std::io::{self, Cursor, Read};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::{Either, select};
use postern_client::transfer::{Checkpoint, LocalLanes, Sink, StreamSource, Upload, upload};
use postern_client::{Error, Result};

use crate::platform::{pause, sleep};
use crate::world::{Server, noise, put};

cases!(
    a_pipe_needs_no_known_length,
    a_pipe_that_breaks_weighs_nothing,
    what_a_slow_disk_cannot_take_yet_is_not_fetched,
);

async fn a_pipe_needs_no_known_length() {
    let (_, drive) = Server::start().sign_up("alice").await;
    for size in [0, 5, 8 << 20, (16 << 20) + 7] {
        let bytes = noise(size);
        let source = Rc::new(StreamSource::new(Cursor::new(bytes.clone())));
        let lanes = LocalLanes::new(drive.account().api().clone(), source, 4);
        let what = Upload {
            size_bytes: None,
            journal: None,
        };
        let content = upload(drive.account(), what, &lanes, &|_| {})
            .await
            .expect("uploaded");
        assert_eq!(content.size, size as u64);
    }
}

/// Ends in an error.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

async fn a_pipe_that_breaks_weighs_nothing() {
    let (_, drive) = Server::start().sign_up("alice").await;
    let pipe = Cursor::new(noise(20 << 20)).chain(Broken);
    let source = Rc::new(StreamSource::new(pipe));
    let lanes = LocalLanes::new(drive.account().api().clone(), source, 1);
    let what = Upload {
        size_bytes: None,
        journal: None,
    };
    let reached = Cell::new(0);
    let broken = upload(drive.account(), what, &lanes, &|bytes| reached.set(bytes)).await;
    assert!(matches!(broken, Err(Error::Unreadable(_))), "{broken:?}");
    assert!(reached.get() > 0, "some of it has arrived");
    let usage = drive.account().usage().await.expect("told");
    assert_eq!(usage.used_bytes, 0);
}

/// Takes one segment, and nothing more, ever.
#[derive(Default)]
struct Stuck {
    is_full: bool,
}

#[async_trait(?Send)]
impl Sink for Stuck {
    async fn write(&mut self, _: Bytes) -> Result<()> {
        if std::mem::replace(&mut self.is_full, true) {
            pending::<()>().await;
        }
        Ok(())
    }
}

/// Besides the one that was taken, eight may be there: what is opened is in memory.
async fn what_a_slow_disk_cannot_take_yet_is_not_fetched() {
    const SEGMENTS: usize = 12;
    let (phone, drive) = Server::start().sign_up("alice").await;
    let root = drive.account().root();
    let film = put(&drive, root, "film", &vec![7; SEGMENTS * (8 << 20) - 1]).await;
    let content = drive.content(film.expect("put")).await.expect("a file");
    phone.evil.asked();
    let (mut checkpoint, mut sink) = (Checkpoint::start(), Stuck::default());
    let download = pin!(drive.download(&content, &mut checkpoint, &mut sink, &|_| {}));
    let asked = pin!(async {
        let mut asked = 0;
        while asked < 9 {
            pause().await;
            asked += phone.evil.asked().len();
        }
        sleep(Duration::from_millis(300)).await;
        asked + phone.evil.asked().len()
    });
    match select(asked, download).await {
        Either::Left((asked, _)) => assert_eq!(asked, 9),
        Either::Right((outcome, _)) => panic!("it came to its end: {outcome:?}"),
    }
}
