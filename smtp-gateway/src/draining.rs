//! Mail that waits in the spool is handed on to its mailboxes.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use postern_domain::gateway::{Brought, SealedBody};
use postern_domain::store::{BodyError, BodyStream, Delivered, StoreError};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::sync::watch;

use crate::figures;
use crate::gateway::Gateway;
use crate::spool::{Batch, SpoolError, WaitingMail};

/// How many are handed on together.
const TOGETHER: usize = 64;
/// How long it is waited after the stores did not answer: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));
/// How often a message is tried by itself, while the stores take others, before it is set aside.
const TRIES: u32 = 5;
/// How much of a file is read at once.
const PIECE_BYTES: usize = 256 << 10;

/// Hands mail on until `stop` says so.
pub(crate) async fn drain(gateway: Gateway, mut stop: watch::Receiver<bool>) {
    let (mut pause, mut together, mut failures) = (PAUSES.0, TOGETHER, 0);
    loop {
        let batch = tokio::select! {
            batch = gateway.spool().oldest(together) => batch,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let handed_on = hand_on(&gateway, &batch).await;
        let Err(error) = handed_on.map(figures::drained) else {
            let done = batch.done().await;
            if let Err(error) = done {
                tracing::error!(%error, "mail that was handed on stays in the spool, and will be handed on again");
            }
            (pause, together, failures) = (PAUSES.0, (together * 2).min(TOGETHER), 0);
            continue;
        };
        tracing::error!(%error, "mail waits in the spool");
        // One that cannot be handed on for reasons of its own must not hold up all others: from now on one by one.
        let is_alone = together == 1;
        (together, failures) = (1, failures + 1);
        if is_alone && failures >= TRIES && error.is_its_own() && gateway.stores_answer().await {
            if let Err(error) = set_aside(batch).await {
                tracing::error!(%error, "a message cannot be set aside");
            }
            failures = 0;
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSES.1),
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Why mail waits on.
#[derive(Debug, thiserror::Error)]
enum NotYet {
    #[error("the stores do not take it: {0}")]
    Stores(#[from] postern_domain::Error),
    #[error("the spool does not let it go: {0}")]
    Spool(#[from] SpoolError),
    #[error("it cannot be read: {0}")]
    Unread(#[from] io::Error),
}

impl NotYet {
    /// Whether it may be the message's own fault: nothing says that it passes.
    fn is_its_own(&self) -> bool {
        match self {
            Self::Stores(postern_domain::Error::Store(error)) => matches!(error, StoreError::Failed(_)),
            Self::Stores(_) => true,
            Self::Spool(_) => false,
            // ENFILE and EMFILE, which pass as soon as others close their files, and for which there are no names.
            Self::Unread(error) => !matches!(error.raw_os_error(), Some(23 | 24)),
        }
    }
}

async fn set_aside(batch: Batch) -> Result<(), SpoolError> {
    figures::set_aside();
    let aside = batch.set_aside(0)?;
    tracing::error!(path = %aside.display(), "a message that the stores do not take was set aside");
    batch.done().await
}

/// How many were. What is damaged is set aside.
async fn hand_on(gateway: &Gateway, batch: &Batch) -> Result<usize, NotYet> {
    let mails = batch.mails()?;
    for (place, _) in mails.iter().enumerate().filter(|(_, mail)| mail.is_err()) {
        let aside = batch.set_aside(place)?;
        figures::set_aside();
        tracing::error!(path = %aside.display(), "a damaged message was set aside");
    }
    let whole: Vec<(usize, &WaitingMail)> = mails
        .iter()
        .enumerate()
        .filter_map(|(place, mail)| Some((place, mail.as_ref().ok()?)))
        .collect();
    let bodies: Vec<_> = whole.iter().map(|(_, mail)| SpooledBody::of(mail)).collect();
    let brought: Vec<_> = whole
        .iter()
        .zip(&bodies)
        .map(|((_, waiting), body)| Brought {
            message: waiting.mail.message,
            received: waiting.mail.received,
            summary: waiting.mail.summary.clone(),
            copies: waiting.mail.copies.clone(),
            body,
        })
        .collect();
    let mut rng = StdRng::from_rng(&mut rand::rng());
    let outcomes = gateway.right().deliver(&brought, gateway.now(), &mut rng).await?;
    for ((place, _), copies) in whole.iter().zip(outcomes) {
        if copies.contains(&Delivered::BodyGone) {
            let aside = batch.set_aside(*place)?;
            figures::set_aside();
            tracing::error!(path = %aside.display(), "the stores have no place for a message: it was set aside");
        }
        // Whose account went meanwhile gets no mail any more.
        let gone = copies
            .iter()
            .filter(|copy| **copy == Delivered::NoAccount)
            .count();
        if gone > 0 {
            tracing::warn!(gone, "recipients of a message have gone before it was handed on");
        }
    }
    Ok(whole.len())
}

/// A body in the spool.
struct SpooledBody {
    size_bytes: u64,
    here: Option<Bytes>,
    file: PathBuf,
}

impl SpooledBody {
    fn of(waiting: &WaitingMail) -> Self {
        Self {
            size_bytes: waiting.mail.body_bytes,
            here: waiting.body_here(),
            file: waiting.body_file().map(ToOwned::to_owned).unwrap_or_default(),
        }
    }
}

impl SealedBody for SpooledBody {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn whole(&self) -> Option<Bytes> {
        self.here.clone()
    }

    fn read(&self, range: Range<u64>) -> BodyStream {
        if let Some(here) = &self.here {
            let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            return stream::iter([Ok(here.slice(index(range.start)..index(range.end)))]).boxed();
        }
        let file = self.file.clone();
        stream::try_unfold((file, range), |(file, left)| async move {
            if left.is_empty() {
                return Ok(None);
            }
            let (at, len) = (
                left.start,
                PIECE_BYTES.min(usize::try_from(left.end - left.start).unwrap_or(PIECE_BYTES)),
            );
            let path = file.clone();
            let read = tokio::task::spawn_blocking(move || read_at(&path, at, len)).await;
            let piece = read.map_err(io::Error::other).flatten();
            let piece = piece.map_err(|error| {
                tracing::error!(%error, path = %file.display(), "a spooled message cannot be read");
                BodyError::Interrupted
            })?;
            Ok(Some((piece, (file, at + len as u64..left.end))))
        })
        .boxed()
    }
}

fn read_at(path: &std::path::Path, at: u64, len: usize) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut piece = vec![0; len];
    file.read_exact(&mut piece)?;
    Ok(piece.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_file_handles_is_no_fault_of_a_message() {
        let unread = |errno| NotYet::from(io::Error::from_raw_os_error(errno));
        assert!(!unread(24).is_its_own() && !unread(23).is_its_own());
        assert!(unread(5).is_its_own(), "a sector may be gone for good");
    }
}
