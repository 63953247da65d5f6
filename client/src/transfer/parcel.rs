//! A part job packed for a worker that has nothing of its own: which server, whose session, what to do.

use postern_crypto::codec::{Reader, Writer};
use zeroize::Zeroizing;

use super::part::PartJob;
use crate::Result;

const MAX_TEXT: usize = 4096;
const MAX_JOB: usize = 1024;

/// A part job with what a worker needs to do it. It holds the content's key, and none of the account's.
pub struct Parcel {
    /// The server.
    pub origin: String,
    /// The session's token.
    pub token: Zeroizing<String>,
    /// What to do.
    pub job: PartJob,
}

impl Parcel {
    /// For the way to the worker.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let job = self.job.encode();
        Writer::with_capacity(16 + self.origin.len() + self.token.len() + job.len())
            .lp(self.origin.as_bytes())
            .lp(self.token.as_bytes())
            .lp(&job)
            .finish()
    }

    /// What [`Parcel::encode`] wrote.
    ///
    /// # Errors
    /// If it is not that.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let parcel = Self {
            origin: reader.text(MAX_TEXT)?,
            token: Zeroizing::new(reader.text(MAX_TEXT)?),
            job: PartJob::decode(reader.lp(MAX_JOB)?)?,
        };
        reader.finish()?;
        Ok(parcel)
    }
}
