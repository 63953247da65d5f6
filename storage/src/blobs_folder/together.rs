//! Many small blobs at once.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};

use bytes::Bytes;
use postern_disk::{Flush, Promise};
use postern_domain::store::{BlobKey, Put};

use super::files::{self, Temporary};
use super::found;
use super::names::Names;
use crate::steps;

/// Stores each of `blobs`: all are written, all are made durable, all get their names, all names are made durable.
pub(super) fn put(names: &Names, blobs: &[(BlobKey, Bytes)], mut promise: Promise) -> io::Result<Vec<Put>> {
    let flush = Flush::begin([&*names.arriving_folder(), &*names.blobs_folder()])?;
    let mut written = Vec::with_capacity(blobs.len());
    let mut temporaries = Vec::with_capacity(blobs.len());
    for (key, bytes) in blobs {
        let (file, temporary) = write(names, *key, bytes)?;
        written.push(file);
        temporaries.push((*key, temporary));
        promise.written(bytes.len());
    }
    flush.files(written.iter())?;
    steps::reached();
    files::name_blobs(names, &temporaries, &flush)
}

/// The bytes of blobs of these sizes, end to end.
pub(super) fn read(names: &Names, blobs: &[(BlobKey, u64)]) -> io::Result<Option<Bytes>> {
    let all = blobs.iter().map(|(_, size_bytes)| size_bytes).sum::<u64>();
    let mut bytes = Vec::with_capacity(usize::try_from(all).unwrap_or_default());
    for (key, size_bytes) in blobs {
        let Some(file) = found(File::open(names.blob(*key)))? else {
            return Ok(None);
        };
        let read = file.take(*size_bytes).read_to_end(&mut bytes)?;
        if read as u64 != *size_bytes {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(Some(bytes.into()))
}

fn write(names: &Names, key: BlobKey, bytes: &[u8]) -> io::Result<(File, Temporary)> {
    let (mut file, temporary) = files::create_temporary(names, key)?;
    file.write_all(bytes)?;
    steps::reached();
    Ok((file, temporary))
}
