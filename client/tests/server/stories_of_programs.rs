//! What programs can do and browsers cannot.

use std::io::Cursor;
use std::rc::Rc;

use postern_client::transfer::{LocalLanes, StreamSource, Upload, upload};

use crate::world::{Server, noise};

cases!(a_pipe_needs_no_known_length);

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
