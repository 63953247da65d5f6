//! One part: read, sealed, hashed, noted, sent. The same code in a native task and in a browser's pool worker.

use postern_crypto::codec::{Reader, Writer};
use postern_crypto::stream::{HEADER_LEN, Sealed};
use postern_crypto::{Hash, hash};
use postern_protocol::parts;
use zeroize::Zeroizing;

use super::begun::Begun;
use super::cutting::{SEGMENT_PLAIN_BYTES, sealed_segment_len};
use super::lanes::Note;
use super::source::Source;
use crate::compute::compute;
use crate::http::Api;
use crate::{Buffers, Lent, Result};

/// The segments of the largest part.
const MAX_SEGMENTS: u32 = 8;

/// What a lane is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartJob {
    /// Of which content.
    pub(super) begun: Begun,
    /// Which part.
    pub(super) part: u32,
    /// The part is the whole content, to be put in one request.
    pub(super) whole: bool,
    /// The server has this part: seal it only to prove that the source is still the same.
    pub(super) is_there: bool,
}

/// What a lane has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartDone {
    /// Which part.
    pub(super) part: u32,
    /// How much plaintext it holds.
    pub(super) plain_bytes: u64,
    /// How long it is; 0 if it lies beyond the end of the source, and nothing was sent.
    pub(super) sealed_bytes: u64,
    /// Whether it ends the content.
    pub(super) last: bool,
    /// The hashes of its segments.
    pub(super) segments: Vec<Hash>,
}

/// What lanes keep between two jobs.
#[derive(Debug, Clone, Default)]
pub struct LaneMemory {
    plain: Buffers,
    sealed: Buffers,
}

/// A part in memory.
struct SealedPart {
    bytes: Lent,
    done: PartDone,
}

/// Does `job`.
///
/// # Errors
/// What reading, noting and sending can end with.
pub async fn run_part(
    api: &Api,
    job: &PartJob,
    source: &dyn Source,
    note: &dyn Note,
    memory: &LaneMemory,
) -> Result<PartDone> {
    let SealedPart { bytes, done } = seal(job, source, memory).await?;
    if done.sealed_bytes == 0 {
        return Ok(done);
    }
    let (bytes, hash) = checksum(bytes, &done.segments).await;
    note.sealed(hash).await?;
    if job.whole {
        api.put_content(job.begun.content, bytes.into(), &hash).await?;
    } else if !job.is_there {
        api.put_part(job.begun.content, job.part, bytes.into(), &hash)
            .await?;
    }
    Ok(done)
}

async fn seal(job: &PartJob, source: &dyn Source, memory: &LaneMemory) -> Result<SealedPart> {
    let first = parts::segments_before(job.part);
    let mut part = SealedPart {
        bytes: memory.sealed.lend(),
        done: PartDone::empty(job.part),
    };
    for segment in first..first + parts::segments_of(job.part) {
        let plain_len = usize::try_from(SEGMENT_PLAIN_BYTES).expect("8 MiB");
        let place = segment * SEGMENT_PLAIN_BYTES;
        let Some(plain) = source.read(place, plain_len, memory.plain.lend()).await? else {
            break;
        };
        part = seal_segment(job, part, segment, plain).await?;
        if part.done.last {
            break;
        }
    }
    let len = part.len();
    part.bytes.truncate(len);
    Ok(part)
}

/// One buffer of the whole part's length, filled segment by segment; the plaintext in memory is one segment's.
async fn seal_segment(job: &PartJob, mut part: SealedPart, segment: u64, plain: Lent) -> Result<SealedPart> {
    let sealer = job.begun.sealer()?;
    let work = move || {
        let start = part.len();
        let end = start + sealed_segment_len(segment, plain.len());
        if part.bytes.len() < end {
            part.bytes.set_len(end);
        }
        let Sealed { hash, last, .. } = sealer.seal_segment(segment, &plain, &mut part.bytes[start..end]);
        part.done.plain_bytes += plain.len() as u64;
        part.done.sealed_bytes = end as u64;
        part.done.segments.push(hash);
        part.done.last = last;
        part
    };
    Ok(compute(work).await)
}

/// A part of one segment has that segment's hash; only the later, larger parts are hashed as a whole.
async fn checksum(bytes: Lent, segments: &[Hash]) -> (Lent, Hash) {
    match segments {
        [only] => (bytes, *only),
        _ => {
            compute(move || {
                let hash = hash::hash(&bytes);
                (bytes, hash)
            })
            .await
        }
    }
}

impl SealedPart {
    /// How much of its buffer is filled.
    fn len(&self) -> usize {
        usize::try_from(self.done.sealed_bytes).expect("it is in memory")
    }
}

impl PartDone {
    fn empty(part: u32) -> Self {
        Self {
            part,
            plain_bytes: 0,
            sealed_bytes: 0,
            last: false,
            segments: Vec::new(),
        }
    }

    /// For the way back from a pool worker.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Writer::with_capacity(32 + 32 * self.segments.len())
            .u32(self.part)
            .u64(self.plain_bytes)
            .u64(self.sealed_bytes)
            .u8(u8::from(self.last))
            .list(&self.segments, |writer, hash| writer.raw(hash))
            .finish()
    }

    /// What [`PartDone::encode`] wrote.
    ///
    /// # Errors
    /// If it is not that.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let done = Self {
            part: reader.u32()?,
            plain_bytes: reader.u64()?,
            sealed_bytes: reader.u64()?,
            last: flag(&mut reader)?,
            segments: reader.list(MAX_SEGMENTS, Reader::array)?,
        };
        reader.finish()?;
        Ok(done)
    }
}

impl PartJob {
    /// For the way to a pool worker. Holds the content's key.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        self.begun
            .write(Writer::with_capacity(16 + 32 + HEADER_LEN + 8))
            .u32(self.part)
            .u8(u8::from(self.whole))
            .u8(u8::from(self.is_there))
            .finish()
    }

    /// What [`PartJob::encode`] wrote.
    ///
    /// # Errors
    /// If it is not that.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let job = Self {
            begun: Begun::read(&mut reader)?,
            part: reader.u32()?,
            whole: flag(&mut reader)?,
            is_there: flag(&mut reader)?,
        };
        reader.finish()?;
        Ok(job)
    }
}

fn flag(reader: &mut Reader<'_>) -> Result<bool> {
    Ok(reader.u8()? != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_and_its_outcome_survive_the_way_to_a_worker() {
        let begun = Begun::read(&mut Reader::new(&[1; 16 + 32 + HEADER_LEN])).expect("long enough");
        let job = PartJob {
            begun,
            part: 4,
            whole: false,
            is_there: true,
        };
        assert_eq!(PartJob::decode(&job.encode()), Ok(job));
        let done = PartDone {
            part: 1,
            plain_bytes: 2,
            sealed_bytes: 3,
            last: true,
            segments: vec![[4; 32]; 8],
        };
        assert_eq!(PartDone::decode(&done.encode()), Ok(done));
    }
}
