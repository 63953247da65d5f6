//! Sources and sinks of a machine with files.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::lock::Mutex;
use tokio::sync::Notify;

use super::download::Sink;
use super::source::Source;
use crate::compute::compute;
use crate::{Error, Lent, Result};

/// A file, read at any place.
pub struct FileSource {
    file: Arc<File>,
    size_bytes: u64,
}

/// A pipe, read from its beginning to its end. Lanes that are ahead wait for those before them.
pub struct StreamSource {
    state: Mutex<Stream>,
    moved: Notify,
}

struct Stream {
    reader: Option<Box<dyn Read + Send>>,
    position: u64,
    end: Option<u64>,
}

/// Anything that bytes can be written to.
pub struct WriteSink<W> {
    writer: Option<W>,
}

impl FileSource {
    /// Reads `file` as it is now.
    ///
    /// # Errors
    /// [`Error::Unreadable`].
    pub fn new(file: File) -> Result<Self> {
        let size_bytes = file.metadata().map_err(|error| unreadable(&error))?.len();
        Ok(Self {
            file: Arc::new(file),
            size_bytes,
        })
    }

    /// How long it is.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

#[async_trait(?Send)]
impl Source for FileSource {
    async fn read(&self, offset: u64, len: usize, mut buffer: Lent) -> Result<Option<Lent>> {
        let Some(rest) = self.size_bytes.checked_sub(offset) else {
            return Ok(None);
        };
        let len = usize::try_from(rest).map_or(len, |rest| rest.min(len));
        let file = Arc::clone(&self.file);
        let read = compute(move || {
            buffer.set_len(len);
            file.read_exact_at(&mut buffer, offset).map(|()| buffer)
        });
        read.await.map(Some).map_err(|error| unreadable(&error))
    }
}

impl StreamSource {
    /// Reads `reader` to its end.
    pub fn new(reader: impl Read + Send + 'static) -> Self {
        let state = Stream {
            reader: Some(Box::new(reader)),
            position: 0,
            end: None,
        };
        Self {
            state: Mutex::new(state),
            moved: Notify::new(),
        }
    }
}

#[async_trait(?Send)]
impl Source for StreamSource {
    async fn read(&self, offset: u64, len: usize, buffer: Lent) -> Result<Option<Lent>> {
        loop {
            let moved = self.moved.notified();
            let mut stream = self.state.lock().await;
            if stream.end.is_some_and(|end| offset > end) {
                return Ok(None);
            }
            if stream.position == offset {
                let bytes = stream.take(len, buffer).await?;
                self.moved.notify_waiters();
                return Ok(Some(bytes));
            }
            drop(stream);
            moved.await;
        }
    }
}

impl Stream {
    async fn take(&mut self, len: usize, mut buffer: Lent) -> Result<Lent> {
        // Gone after an error: nothing that comes after lost bytes may be taken for what was meant.
        let mut reader = self
            .reader
            .take()
            .ok_or_else(|| Error::Unreadable("it broke off before".to_owned()))?;
        let (reader, bytes) = compute(move || {
            buffer.clear();
            buffer.reserve_exact(len);
            let read = reader.by_ref().take(len as u64).read_to_end(&mut buffer);
            (reader, read.map(|_| buffer))
        })
        .await;
        let bytes = bytes.map_err(|error| unreadable(&error))?;
        self.reader = Some(reader);
        self.position += bytes.len() as u64;
        if bytes.len() < len {
            self.end = Some(self.position);
        }
        Ok(bytes)
    }
}

impl<W> WriteSink<W> {
    /// Writes to `writer`.
    pub fn new(writer: W) -> Self {
        Self { writer: Some(writer) }
    }

    /// The writer, unless a write failed.
    #[must_use]
    pub fn into_inner(self) -> Option<W> {
        self.writer
    }
}

#[async_trait(?Send)]
impl<W: Write + Send + 'static> Sink for WriteSink<W> {
    /// Who drops this takes the writer with it: the next write fails.
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let mut writer = self.writer.take().ok_or(Error::Cancelled)?;
        let (writer, written) = compute(move || {
            let written = writer.write_all(&bytes).and_then(|()| writer.flush());
            (writer, written)
        })
        .await;
        written.map_err(|error| cannot_save(&error))?;
        self.writer = Some(writer);
        Ok(())
    }
}

fn unreadable(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Unreadable("it became shorter while it was read".to_owned()),
        _ => Error::Unreadable(error.to_string()),
    }
}

/// Whoever reads our output may have had enough of it (`postern get … | head`): no failure to report.
fn cannot_save(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Error::Cancelled,
        _ => Error::CannotSave(error.to_string()),
    }
}
