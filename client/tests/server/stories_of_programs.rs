//! What programs can do and browsers cannot.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use postern_client::Error;
use postern_client::transfer::{LocalLanes, StreamSource, Upload, upload};

use crate::world::{Server, noise};

cases!(a_pipe_needs_no_known_length, a_pipe_that_breaks_weighs_nothing);

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
