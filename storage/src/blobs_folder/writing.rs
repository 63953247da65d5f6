//! From a body to a file, with two buffers: one is written while the other fills.

use std::fs::File;
use std::io;

use bytes::Bytes;
use futures::future::{BoxFuture, ready};
use futures::{FutureExt, StreamExt};
use postern_disk::{Bulk, Promise};
use postern_domain::store::{Body, Result, StoreError};

use super::blocking;
use super::buffers::Share;
use crate::error::from_io;
use crate::steps;

/// Pieces come as the network yields them, a few KiB each; a hop to another thread for each would cost more than
/// writing it. Of those that come byte by byte, so many.
const MOST_PIECES: usize = 1 << 10;
/// So much is worth going past the cache.
const BULK_BYTES: u64 = 1 << 20;

/// Writes all of `body` into `file` from `place` on, and returns when it is durable. A body that fails leaves bytes behind
/// that nobody has noted.
pub(super) async fn write(file: File, place: u64, body: Body, share: Share, promise: Promise) -> Result<()> {
    let is_bulk = body.size_bytes() >= BULK_BYTES && share.is_large();
    let file = if is_bulk {
        Bulk::direct(file, place)
    } else {
        Bulk::cached(file, place)
    };
    let mut writer = Writer::new(file, share, promise);
    let mut pieces = body.into_stream();
    while let Some(piece) = pieces.next().await {
        writer
            .take(piece.map_err(StoreError::Body)?)
            .await
            .map_err(from_io)?;
    }
    writer.finish().await.map_err(from_io)
}

struct Writer {
    /// Comes back with the file when the buffer before is written.
    writing: BoxFuture<'static, io::Result<Bulk>>,
    writing_bytes: usize,
    pieces: Vec<Bytes>,
    bytes: usize,
    share: Share,
    promise: Promise,
}

impl Writer {
    fn new(file: Bulk, share: Share, promise: Promise) -> Self {
        Self {
            writing: ready(Ok(file)).boxed(),
            writing_bytes: 0,
            pieces: Vec::new(),
            bytes: 0,
            share,
            promise,
        }
    }

    async fn take(&mut self, piece: Bytes) -> io::Result<()> {
        self.bytes += piece.len();
        self.pieces.push(piece);
        if self.bytes >= self.share.bytes() || self.pieces.len() >= MOST_PIECES {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        let mut file = (&mut self.writing).await?;
        self.promise.written(self.writing_bytes);
        let pieces = std::mem::take(&mut self.pieces);
        self.writing_bytes = std::mem::take(&mut self.bytes);
        let written = tokio::task::spawn_blocking(move || {
            for piece in pieces {
                file.write(&piece)?;
            }
            steps::reached();
            Ok(file)
        });
        self.writing = written.map(|file| file.map_err(io::Error::other)?).boxed();
        Ok(())
    }

    async fn finish(mut self) -> io::Result<()> {
        self.flush().await?;
        let mut file = self.writing.await?;
        blocking(move || {
            file.flush()?;
            file.file().sync_data()
        })
        .await?;
        steps::reached();
        Ok(())
    }
}
