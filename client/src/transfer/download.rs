//! Fetching and opening one content: a bounded window of segments, in order, nothing unauthenticated.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Buf as _, Bytes};
use futures::channel::mpsc;
use futures::{FutureExt as _, StreamExt as _, stream, try_join};
use postern_crypto::node::Content;
use postern_crypto::stream::{ContentReader, DEFAULT_CHUNK_LOG2, HEADER_LEN, SEGMENT_CHUNKS, digest};
use postern_crypto::{Hash, hash};
use postern_protocol::{ContentId, parts};

use super::DEFAULT_WIDTH;
use super::cutting::{SEGMENT_PLAIN_BYTES, sealed_bytes};
use crate::compute::compute;
use crate::http::{Api, Door};
use crate::{Buffers, Error, Lent, Result};

/// So many opened segments may wait for the sink or be written, besides those that are on their way.
const PLACES_TO_WAIT: usize = 2;

/// Where opened bytes go.
#[async_trait(?Send)]
pub trait Sink {
    /// The most that one write is given. Writes that are waited for are what a [`Checkpoint`] counts.
    fn piece_bytes(&self) -> usize {
        usize::MAX
    }

    /// Takes the next bytes. More come when it returns.
    ///
    /// Who stops a download drops this future, and cannot know whether the bytes were taken. If the download goes on,
    /// the same bytes are given again: a sink that cannot take a write back must not let them be there twice.
    ///
    /// # Errors
    /// [`Error::CannotSave`].
    async fn write(&mut self, bytes: Bytes) -> Result<()>;
}

/// How far the download of one content into one sink has come, to go on from there. Nobody else counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    written_bytes: u64,
    /// The hashes of the segments that were written to their ends, or `None` where they are not known any more.
    segments: Option<Vec<Hash>>,
}

/// One opened segment.
struct Opened {
    plain: Lent,
    hash: Hash,
}

/// A content and the way to it.
struct Fetch<'a> {
    api: &'a Api,
    door: &'a Door,
    content: &'a Content,
    sealed_bytes: u64,
    plain: Buffers,
}

impl Checkpoint {
    /// From the beginning.
    #[must_use]
    pub fn start() -> Self {
        Self {
            written_bytes: 0,
            segments: Some(Vec::new()),
        }
    }

    /// From some byte on, without what came before it. Every chunk is authenticated as always; only the digest of the
    /// whole cannot be compared.
    #[must_use]
    pub fn at(written_bytes: u64) -> Self {
        Self {
            written_bytes,
            segments: (written_bytes == 0).then(Vec::new),
        }
    }

    /// How many bytes the sink has taken.
    #[must_use]
    pub fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// A content that fills its segments ends with an empty one, so the bytes alone do not say it.
    fn is_complete(&self, size_bytes: u64, segments: u64) -> bool {
        match &self.segments {
            Some(known) => known.len() as u64 == segments,
            None => self.written_bytes == size_bytes,
        }
    }

    fn next_segment(&self) -> u64 {
        self.written_bytes / SEGMENT_PLAIN_BYTES
    }

    fn skip(&self) -> usize {
        usize::try_from(self.written_bytes % SEGMENT_PLAIN_BYTES).expect("less than a segment")
    }

    fn end_segment(&mut self, hash: Hash) {
        if let Some(segments) = &mut self.segments {
            segments.push(hash);
        }
    }
}

/// Where a download's bytes go, and how far they have come.
struct Way<'a> {
    checkpoint: &'a mut Checkpoint,
    sink: &'a mut dyn Sink,
    progress: &'a dyn Fn(u64),
}

/// Fetches `content` through `door` from where `checkpoint` stands, and moves the checkpoint along.
pub(crate) async fn fetch(
    api: &Api,
    door: &Door,
    content: &Content,
    checkpoint: &mut Checkpoint,
    sink: &mut dyn Sink,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let fetch = Fetch::new(api, door, content)?;
    let first = checkpoint.next_segment();
    if !checkpoint.is_complete(content.size, fetch.segments()) {
        let mut way = Way {
            checkpoint,
            sink,
            progress,
        };
        let (reader, opened) = fetch.begin(first).await?;
        way.give(opened).await?;
        fetch.rest(&reader, first + 1, &mut way).await?;
    }
    finish(content, checkpoint)
}

/// All of a content that fits into memory.
pub(crate) async fn fetch_all(api: &Api, door: &Door, content: &Content) -> Result<Vec<u8>> {
    let size = usize::try_from(content.size).map_err(|_| Error::TooLarge)?;
    let mut sink = Memory(Vec::with_capacity(size));
    fetch(api, door, content, &mut Checkpoint::start(), &mut sink, &|_| {}).await?;
    Ok(sink.0)
}

/// How a content begins, up to `most_bytes`, which are less than a segment. Every chunk of it is authentic.
pub(crate) async fn fetch_beginning(
    api: &Api,
    door: &Door,
    content: &Content,
    most_bytes: u64,
) -> Result<Vec<u8>> {
    if content.size <= most_bytes {
        return fetch_all(api, door, content).await;
    }
    let fetch = Fetch::new(api, door, content)?;
    let chunks = most_bytes >> DEFAULT_CHUNK_LOG2;
    let end = parts::HEADER_BYTES + chunks * parts::SEALED_CHUNK_BYTES;
    let sealed = fetch.read(&(0..end)).await?;
    let reader = Arc::new(content.reader(&sealed[..HEADER_LEN])?);
    let opened = open(&reader, 0, sealed, fetch.plain.lend()).await?;
    Ok(opened.plain.to_vec())
}

struct Memory(Vec<u8>);

#[async_trait(?Send)]
impl Sink for Memory {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.0.extend_from_slice(&bytes);
        Ok(())
    }
}

impl Way<'_> {
    /// Whoever drops this between two pieces goes on with the second: each is counted when it is taken, and the segment
    /// in the same breath as its last.
    async fn give(&mut self, Opened { plain, hash }: Opened) -> Result<()> {
        let mut rest = Bytes::from(plain);
        rest.advance(self.checkpoint.skip().min(rest.len()));
        while !rest.is_empty() {
            let piece = rest.split_to(self.sink.piece_bytes().min(rest.len()));
            let bytes = piece.len() as u64;
            self.sink.write(piece).await?;
            self.checkpoint.written_bytes += bytes;
            (self.progress)(self.checkpoint.written_bytes);
        }
        self.checkpoint.end_segment(hash);
        Ok(())
    }

    async fn give_all(
        &mut self,
        mut opened: mpsc::UnboundedReceiver<Opened>,
        places: mpsc::UnboundedSender<()>,
    ) -> Result<()> {
        while let Some(opened) = opened.next().await {
            self.give(opened).await?;
            // Nobody wants it after the last segment.
            let _ = places.unbounded_send(());
        }
        Ok(())
    }
}

/// Every chunk was authentic; the digest says once more that all together are the stream that was recorded, down to
/// the tags (threat B5).
fn finish(content: &Content, checkpoint: &Checkpoint) -> Result<()> {
    let whole = checkpoint.written_bytes == content.size;
    let same = checkpoint
        .segments
        .as_ref()
        .is_none_or(|segments| digest(segments) == content.digest);
    if whole && same {
        Ok(())
    } else {
        Err(Error::NotAuthentic)
    }
}

impl<'a> Fetch<'a> {
    fn new(api: &'a Api, door: &'a Door, content: &'a Content) -> Result<Self> {
        let sealed_bytes = sealed_bytes(content.size);
        if sealed_bytes > parts::MAX_CONTENT_BYTES {
            return Err(Error::NotAuthentic);
        }
        Ok(Self {
            api,
            door,
            content,
            sealed_bytes,
            plain: Buffers::default(),
        })
    }

    fn segments(&self) -> u64 {
        self.content.size / SEGMENT_PLAIN_BYTES + 1
    }

    /// The header with the first segment that is wanted. They come in one request if that segment is the first of all.
    async fn begin(&self, segment: u64) -> Result<(Arc<ContentReader>, Opened)> {
        let sealed = self.read(&self.range(segment)).await?;
        let header = match segment {
            0 => sealed.slice(..HEADER_LEN.min(sealed.len())),
            _ => self.read(&(0..HEADER_LEN as u64)).await?,
        };
        let reader = Arc::new(self.content.reader(&header)?);
        let opened = open(&reader, segment, sealed, self.plain.lend()).await?;
        Ok((reader, opened))
    }

    /// Fetching and opening run ahead of the sink, as far as there are places for segments; and they run on while it
    /// writes. If they end early, what they have opened is written first: it is authentic, and a line that breaks costs no
    /// segment that has come. If the sink fails, nothing is fetched for it any more.
    async fn rest(&self, reader: &Arc<ContentReader>, first: u64, way: &mut Way<'_>) -> Result<()> {
        let (to_sink, from_lanes) = mpsc::unbounded();
        let (places, free) = mpsc::unbounded();
        for _ in 0..DEFAULT_WIDTH + PLACES_TO_WAIT {
            let _ = places.unbounded_send(());
        }
        let opening = self.open_all(reader, first, free, to_sink).map(Ok);
        let (opened, ()) = try_join!(opening, way.give_all(from_lanes, places))?;
        opened
    }

    async fn open_all(
        &self,
        reader: &Arc<ContentReader>,
        first: u64,
        free: mpsc::UnboundedReceiver<()>,
        to_sink: mpsc::UnboundedSender<Opened>,
    ) -> Result<()> {
        let segments = stream::iter(first..self.segments()).zip(free);
        let mut opened = segments
            .map(|(segment, ())| self.open(reader, segment))
            .buffered(DEFAULT_WIDTH);
        while let Some(opened) = opened.next().await {
            // Never waits: who waits here does not look after those that are on their way.
            to_sink.unbounded_send(opened?).map_err(|_| Error::Cancelled)?;
        }
        Ok(())
    }

    async fn open(&self, reader: &Arc<ContentReader>, segment: u64) -> Result<Opened> {
        let sealed = self.read(&self.range(segment)).await?;
        open(reader, segment, sealed, self.plain.lend()).await
    }

    async fn read(&self, range: &Range<u64>) -> Result<Bytes> {
        self.api
            .read(self.door, ContentId(self.content.id), range, self.sealed_bytes)
            .await
    }

    fn range(&self, segment: u64) -> Range<u64> {
        let start = if segment == 0 { 0 } else { self.place(segment) };
        start..self.place(segment + 1).min(self.sealed_bytes)
    }

    fn place(&self, segment: u64) -> u64 {
        parts::HEADER_BYTES + segment * parts::SEGMENT_BYTES
    }
}

async fn open(reader: &Arc<ContentReader>, segment: u64, sealed: Bytes, mut plain: Lent) -> Result<Opened> {
    let reader = Arc::clone(reader);
    compute(move || {
        let chunks = &sealed[if segment == 0 { HEADER_LEN } else { 0 }..];
        plain.set_len(chunks.len());
        let len = reader.open_chunks(segment * SEGMENT_CHUNKS, chunks, &mut plain)?;
        plain.truncate(len);
        Ok(Opened {
            plain,
            hash: hash::hash(&sealed),
        })
    })
    .await
}
