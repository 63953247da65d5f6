//! Sealing and sending one content.

use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use postern_crypto::Hash;
use postern_crypto::node::Content;
use postern_protocol::parts;
use postern_protocol::upload::{UploadBody, UploadComplete, UploadStart};

use super::begun::Begun;
use super::bundle::upload_bundle;
use super::cutting::{Way, sealed_bytes};
use super::journal::{Journal, forget_journal, noted_content};
use super::lanes::{Lanes, LocalLanes, Note};
use super::part::{PartDone, PartJob};
use crate::account::Account;
use crate::{Error, Result};

/// So many parts of what is in memory are on their way at once.
const LANES_FROM_MEMORY: usize = 2;

/// What is to be uploaded.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// How long the source is; `None` for one that ends when it ends.
    pub size_bytes: Option<u64>,
    /// The name of the journal in the device's store, for what shall go on after a crash. Contents of a single part
    /// are sent in one request and need none; a source without a known size cannot be read again.
    pub journal: Option<&'a str>,
}

/// What all parts of an upload have in common.
struct Plan {
    begun: Begun,
    journal: Option<Journal>,
}

/// Seals what `lanes` read and sends it. The content is complete then, and nobody sees it until it is attached to a
/// folder; so long its journal stays. `progress` is told how many bytes of plaintext have been dealt with.
///
/// # Errors
/// [`Error::FileDiffers`] if the source is not the one with which the journal began: start over under another name.
pub async fn upload(
    account: &Account,
    upload: Upload<'_>,
    lanes: &dyn Lanes,
    progress: &dyn Fn(u64),
) -> Result<Content> {
    match upload.size_bytes {
        Some(size_bytes) if Way::of(size_bytes) < Way::InParts => {
            upload_whole(account, lanes, size_bytes, progress).await
        }
        Some(size_bytes) if sealed_bytes(size_bytes) > parts::MAX_CONTENT_BYTES => Err(Error::TooLarge),
        _ => upload_in_parts(account, upload, lanes, progress).await,
    }
}

/// Uploads what is in memory.
pub(crate) async fn upload_all(account: &Account, plain: Arc<Vec<u8>>) -> Result<Content> {
    let size_bytes = plain.len() as u64;
    if Way::of(size_bytes) == Way::Bundled {
        let contents = upload_bundle(account, vec![plain.to_vec()]).await?;
        return contents.into_iter().next().ok_or(Error::NotAuthentic);
    }
    let lanes = LocalLanes::new(account.api.clone(), Rc::new(plain), LANES_FROM_MEMORY);
    let what = Upload {
        size_bytes: Some(size_bytes),
        journal: None,
    };
    upload(account, what, &lanes, &|_| {}).await
}

/// Forgets an unfinished upload, here and at the server.
///
/// # Errors
/// As all requests.
pub async fn abandon(account: &Account, journal: &str) -> Result<()> {
    let around = account.surroundings();
    if let Some(content) = noted_content(around, journal).await? {
        match account.api.abandon_upload(content).await {
            Ok(()) | Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    forget_journal(around, journal).await
}

async fn upload_whole(
    account: &Account,
    lanes: &dyn Lanes,
    size_bytes: u64,
    progress: &dyn Fn(u64),
) -> Result<Content> {
    let plan = Plan::fresh(account);
    let job = PartJob {
        whole: true,
        ..plan.job(0, None)
    };
    let done = lanes
        .run(
            job,
            &Noting {
                journal: None,
                part: 0,
            },
        )
        .await?;
    if !done.last || done.plain_bytes != size_bytes {
        return Err(changed());
    }
    progress(size_bytes);
    Ok(plan.content(&[done]))
}

async fn upload_in_parts(
    account: &Account,
    upload: Upload<'_>,
    lanes: &dyn Lanes,
    progress: &dyn Fn(u64),
) -> Result<Content> {
    let plan = Plan::open(account, upload).await?;
    let content = plan.begun.content;
    let sent = send_and_complete(account, plan, upload.size_bytes, lanes, progress).await;
    match (sent, upload.journal) {
        (Err(Error::UploadLost), Some(journal)) => {
            abandon(account, journal).await?;
            let plan = Plan::open(account, upload).await?;
            send_and_complete(account, plan, upload.size_bytes, lanes, progress).await
        }
        // Nobody can go on with it: it shall not weigh on the account until it is swept.
        (Err(error), None) if !error.passes() => {
            let _ = account.api.abandon_upload(content).await;
            Err(error)
        }
        (sent, _) => sent,
    }
}

/// What was begun may be gone when it is gone on with: nobody did so for too long, or the store has forgotten it.
fn lost(error: Error) -> Error {
    match error {
        Error::NotFound | Error::Busy => Error::UploadLost,
        other => other,
    }
}

async fn send_and_complete(
    account: &Account,
    plan: Plan,
    size_bytes: Option<u64>,
    lanes: &dyn Lanes,
    progress: &dyn Fn(u64),
) -> Result<Content> {
    let there = account
        .api
        .upload_start(&UploadStart {
            content: plan.begun.content,
            size_bytes: size_bytes.map(sealed_bytes),
        })
        .await
        .map_err(lost)?;
    let sent = send_parts(&plan, &there, size_bytes, lanes, progress).await;
    let parts = sent.map_err(lost)?;
    let sealed: u64 = parts.iter().map(|part| part.sealed_bytes).sum();
    let (content_id, content) = (plan.begun.content, plan.content(&parts));
    if size_bytes.is_some_and(|expected| content.size != expected) {
        return Err(changed());
    }
    let completed = account
        .api
        .upload_complete(content_id, &UploadComplete { size_bytes: sealed })
        .await
        .map_err(lost)?;
    let right = completed.content == content_id && completed.size_bytes == sealed;
    if right {
        Ok(content)
    } else {
        Err(Error::NotAuthentic)
    }
}

/// All parts, several at once, in the order of their numbers as far as starting goes: a source that can be read only
/// forwards is served too.
async fn send_parts(
    plan: &Plan,
    there: &UploadBody,
    size_bytes: Option<u64>,
    lanes: &dyn Lanes,
    progress: &dyn Fn(u64),
) -> Result<Vec<PartDone>> {
    let mut to_start = 0..size_bytes.map_or(parts::MAX_PARTS, |size| parts::count(sealed_bytes(size)));
    let mut running = FuturesUnordered::new();
    let mut done: Vec<PartDone> = Vec::new();
    let mut ended = false;
    let mut sent_bytes = 0;
    loop {
        while !ended && running.len() < lanes.width() {
            let Some(part) = to_start.next() else { break };
            running.push(send_part(plan, plan.job(part, Some(there)), lanes));
        }
        let Some(finished) = running.next().await else {
            break;
        };
        let part = finished?;
        ended |= part.last;
        sent_bytes += part.plain_bytes;
        progress(sent_bytes);
        done.push(part);
    }
    in_order(done)
}

async fn send_part(plan: &Plan, job: PartJob, lanes: &dyn Lanes) -> Result<PartDone> {
    let part = job.part;
    let done = lanes
        .run(
            job,
            &Noting {
                journal: plan.journal.as_ref(),
                part,
            },
        )
        .await?;
    if done.part == part {
        Ok(done)
    } else {
        Err(Error::Internal("a lane did another part"))
    }
}

/// The parts up to the one that ends the content; lanes that were ahead of the end found nothing.
fn in_order(mut done: Vec<PartDone>) -> Result<Vec<PartDone>> {
    done.sort_unstable_by_key(|part| part.part);
    done.retain(|part| part.sealed_bytes > 0);
    let whole = done
        .iter()
        .enumerate()
        .all(|(index, part)| part.part as usize == index);
    let ends = done.iter().filter(|part| part.last).count() == 1 && done.last().is_some_and(|part| part.last);
    if whole && ends { Ok(done) } else { Err(changed()) }
}

impl Plan {
    async fn open(account: &Account, upload: Upload<'_>) -> Result<Self> {
        let (Some(name), Some(size_bytes)) = (upload.journal, upload.size_bytes) else {
            return Ok(Self::fresh(account));
        };
        let journal = Journal::open(account.surroundings(), account.id(), name, size_bytes).await?;
        Ok(Self {
            begun: journal.begun(),
            journal: Some(journal),
        })
    }

    fn fresh(account: &Account) -> Self {
        Self {
            begun: Begun::new(account.surroundings()),
            journal: None,
        }
    }

    fn job(&self, part: u32, there: Option<&UploadBody>) -> PartJob {
        let noted = self.journal.as_ref().and_then(|journal| journal.noted(part));
        let is_there = there.is_some_and(|there| noted.is_some_and(|noted| has(there, part, &noted)));
        PartJob {
            begun: self.begun.clone(),
            part,
            whole: false,
            is_there,
        }
    }

    /// The whole content. Its journal is closed by that.
    fn content(self, parts: &[PartDone]) -> Content {
        let size = parts.iter().map(|part| part.plain_bytes).sum();
        let segments = parts.iter().flat_map(|part| part.segments.iter().copied());
        self.begun.finish(size, &segments.collect::<Vec<_>>())
    }
}

/// Whether the server has exactly the part that was noted. A completed upload has all of them.
fn has(there: &UploadBody, part: u32, noted: &Hash) -> bool {
    there.completed
        || there
            .parts
            .iter()
            .any(|kept| kept.part == part && kept.checksum.as_slice() == noted)
}

pub(super) fn changed() -> Error {
    Error::Unreadable("it changed while it was read".to_owned())
}

struct Noting<'a> {
    journal: Option<&'a Journal>,
    part: u32,
}

#[async_trait(?Send)]
impl Note for Noting<'_> {
    async fn sealed(&self, hash: Hash) -> Result<()> {
        match self.journal {
            Some(journal) => journal.note(self.part, hash).await,
            None => Ok(()),
        }
    }
}
