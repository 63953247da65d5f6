//! Blobs as files of a folder.
//!
//! A blob is written under another name, made durable (`fdatasync`), given its name by one atomic step, and that step
//! is made durable too (`fsync` of the folder that holds the name): so a power cut at any moment leaves the whole blob
//! or none, and what was acknowledged is there. An upload is one file in which each part is written at its final
//! place, so that completing it moves no byte.

mod buffers;
mod files;
mod names;
mod reading;
mod together;
mod writing;

use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use postern_disk::{Flush, Room};
use postern_domain::store::{
    BlobKey, BlobPage, BlobStore, Body, ListFrom, Put, ReadStream, Result, UploadHandle,
};
use postern_protocol::parts;

use crate::answers::check_part;
use crate::error::{OpenError, damaged, from_io};
use crate::steps;
use buffers::Buffers;
use names::Names;

/// Blobs as files of a folder.
#[derive(Debug, Clone)]
pub struct FolderBlobs {
    names: Arc<Names>,
    buffers: Arc<Buffers>,
    room: Arc<Room>,
}

impl FolderBlobs {
    /// Uses `folder`, which is made if it is missing. No other process may use it at the same time.
    ///
    /// # Errors
    /// [`OpenError::Folder`] if it cannot be made, or not be written to.
    pub async fn open(folder: PathBuf) -> Result<Self, OpenError> {
        let names = Arc::new(Names::new(folder));
        let made = Arc::clone(&names);
        blocking(move || files::prepare(&made)).await?;
        Ok(Self {
            room: Arc::new(Room::under(names.root())),
            names,
            buffers: Arc::default(),
        })
    }

    async fn with_names<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Names) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let names = Arc::clone(&self.names);
        blocking(move || work(&names)).await.map_err(from_io)
    }
}

#[async_trait]
impl BlobStore for FolderBlobs {
    async fn put(&self, key: BlobKey, body: Body) -> Result<Put> {
        let (room, wanted_bytes) = (Arc::clone(&self.room), body.size_bytes());
        let (promise, file, temporary) = self
            .with_names(move |names| {
                let promise = room.promise(wanted_bytes)?;
                let (file, temporary) = files::create_temporary(names, key)?;
                Ok((promise, file, temporary))
            })
            .await?;
        writing::write(file, 0, body, self.buffers.share(), promise).await?;
        let puts = self
            .with_names(move |names| files::name_blobs(names, &[(key, temporary)], &Flush::Each))
            .await?;
        Ok(puts[0])
    }

    async fn put_all(&self, blobs: Vec<(BlobKey, Bytes)>) -> Result<Vec<Put>> {
        let room = Arc::clone(&self.room);
        self.with_names(move |names| {
            let wanted_bytes = blobs.iter().map(|(_, bytes)| bytes.len() as u64).sum();
            together::put(names, &blobs, room.promise(wanted_bytes)?)
        })
        .await
    }

    async fn begin(&self, key: BlobKey) -> Result<UploadHandle> {
        let room = Arc::clone(&self.room);
        self.with_names(move |names| {
            room.promise(0)?;
            files::create_upload(names, key)
        })
        .await?;
        Ok(UploadHandle::default())
    }

    async fn put_part(&self, key: BlobKey, _: &UploadHandle, part: u32, body: Body) -> Result<Option<()>> {
        check_part(part, &body)?;
        let start = parts::full_range(part).start;
        let (room, wanted_bytes) = (Arc::clone(&self.room), body.size_bytes());
        let (promise, file) = self
            .with_names(move |names| {
                let promise = room.promise(wanted_bytes)?;
                Ok((promise, files::open_upload(names, key)?))
            })
            .await?;
        match file {
            Some(file) => writing::write(file, start, body, self.buffers.share(), promise)
                .await
                .map(Some),
            None => Ok(None),
        }
    }

    async fn complete(&self, key: BlobKey, _: &UploadHandle, size_bytes: u64) -> Result<Option<()>> {
        self.with_names(move |names| files::complete(names, key, size_bytes))
            .await
    }

    async fn read(&self, key: BlobKey, range: Range<u64>) -> Result<Option<ReadStream>> {
        let start = range.start;
        let file = self
            .with_names(move |names| files::open_blob_at(names, key, start))
            .await?;
        Ok(file.map(|file| reading::read(file, range.end - range.start, self.buffers.share())))
    }

    async fn read_all(&self, blobs: &[(BlobKey, u64)]) -> Result<Option<Bytes>> {
        let blobs = blobs.to_vec();
        self.with_names(move |names| together::read(names, &blobs)).await
    }

    async fn size(&self, key: BlobKey) -> Result<Option<u64>> {
        self.with_names(move |names| {
            found(names.blob(key).metadata()).map(|file| file.map(|file| file.len()))
        })
        .await
    }

    async fn delete(&self, key: BlobKey, _: Option<&UploadHandle>) -> Result<()> {
        self.with_names(move |names| files::delete(names, key)).await
    }

    async fn list(&self, from: Option<ListFrom>) -> Result<BlobPage> {
        let at = match from {
            None => 0,
            Some(ListFrom(at)) => at
                .parse()
                .map_err(|_| damaged("a listing cannot go on from here"))?,
        };
        let entries = self
            .with_names(move |names| files::list(&names.folder(at)))
            .await?;
        let next = (at + 1 < names::FOLDERS).then(|| ListFrom((at + 1).to_string()));
        Ok(BlobPage { entries, next })
    }
}

/// Runs what the operating system may make wait, away from the threads that serve everybody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

/// What is not there is no error.
fn found<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes names in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    postern_disk::sync_names(folder)?;
    steps::reached();
    Ok(())
}
