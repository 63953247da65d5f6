//! From a file to a stream, one buffer at a time, as it is asked for.

use std::fs::File;
use std::io::{self, Read};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use postern_domain::store::ReadStream;

use super::blocking;
use super::buffers::Share;
use crate::error::from_io;

const MOST_BYTES: usize = 256 << 10;

/// The next `bytes` bytes of `file`.
pub(super) fn read(file: File, bytes: u64, share: Share) -> ReadStream {
    futures::stream::try_unfold((file, bytes, share), |(file, left, share)| async move {
        if left == 0 {
            return Ok(None);
        }
        let most = share.bytes().min(MOST_BYTES) as u64;
        let (file, piece) = blocking(move || piece(file, left.min(most))).await?;
        let left = left - piece.len() as u64;
        Ok(Some((piece, (file, left, share))))
    })
    .map_err(from_io)
    .boxed()
}

fn piece(file: File, bytes: u64) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
    (&file).take(bytes).read_to_end(&mut piece)?;
    if piece.len() as u64 == bytes {
        Ok((file, piece.into()))
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
