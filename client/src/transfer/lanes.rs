//! Who runs part jobs: tasks of this process, or a browser's pool of workers.

use std::rc::Rc;

use async_trait::async_trait;
use postern_crypto::Hash;

use super::part::{LaneMemory, PartDone, PartJob, run_part};
use super::source::Source;
use crate::Result;
use crate::http::Api;

/// Runs part jobs of one upload.
#[async_trait(?Send)]
pub trait Lanes {
    /// How many may run at once.
    fn width(&self) -> usize;
    /// Runs one to its end. Waits for `note` before the part leaves the device.
    async fn run(&self, job: PartJob, note: &dyn Note) -> Result<PartDone>;
}

/// Is told the hash of a sealed part before the part leaves.
#[async_trait(?Send)]
pub trait Note {
    /// Durable when it returns.
    ///
    /// # Errors
    /// [`crate::Error::FileDiffers`] if another text was sealed for this part before: then it must not leave.
    async fn sealed(&self, hash: Hash) -> Result<()>;
}

/// Lanes in this process.
pub struct LocalLanes {
    api: Api,
    source: Rc<dyn Source>,
    width: usize,
    memory: LaneMemory,
}

impl LocalLanes {
    /// Lanes that read `source`.
    #[must_use]
    pub fn new(api: Api, source: Rc<dyn Source>, width: usize) -> Self {
        Self {
            api,
            source,
            width: width.max(1),
            memory: LaneMemory::default(),
        }
    }
}

#[async_trait(?Send)]
impl Lanes for LocalLanes {
    fn width(&self) -> usize {
        self.width
    }

    async fn run(&self, job: PartJob, note: &dyn Note) -> Result<PartDone> {
        run_part(&self.api, &job, &*self.source, note, &self.memory).await
    }
}
