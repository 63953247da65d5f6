//! Carrying a draft to the server, and drafting again when somebody else was faster.

use futures::lock::MutexGuard;
use postern_crypto::Hash;
use postern_crypto::head::{Head, head_hash};
use postern_protocol::volume::{Batch, BatchApplied, Record};

use super::draft::{Draft, Drafted};
use super::{Drive, Loaded, sealed};
use crate::account::{Mark, remember};
use crate::{Error, Patience, Result, links};

/// After so many defeats the others are too many.
const TRIES: u32 = 12;
const PATIENCE: Patience = Patience {
    first_ms: 10,
    longest_ms: 400,
};

/// The next head, signed.
struct NextHead {
    head: Head,
    signed: Vec<u8>,
}

/// What became of a batch.
enum Sent {
    Taken,
    /// Somebody was faster. The hash of the head that was refused.
    Refused(Hash),
}

impl Drive {
    /// Drafts, sends, and takes over what the server has accepted. `write` may run several times, each time on the
    /// tree as it is then.
    pub(super) async fn commit<T>(&self, write: impl Fn(&mut Draft<'_>) -> Result<T>) -> Result<T> {
        let turn = self.turn.lock().await;
        if self.loaded.borrow().is_none() {
            self.load(&turn).await?;
        }
        for attempt in 0..TRIES {
            let (outcome, drafted) = self.draft(&write)?;
            if drafted.is_empty() {
                return Ok(outcome);
            }
            let Sent::Refused(head) = self.send(&drafted).await? else {
                return Ok(outcome);
            };
            self.catch_up(&turn, attempt).await?;
            if self.has(&drafted, head)? {
                return Ok(outcome);
            }
        }
        Err(Error::Busy)
    }

    async fn send(&self, drafted: &Drafted) -> Result<Sent> {
        let volume = self.account.volume();
        let next = self.next_head(drafted)?;
        let mark = Mark {
            counter: next.head.counter,
            hash: head_hash(&next.signed),
        };
        let (state, put_state) = self.account.state_noting(volume, mark);
        let batch = Batch {
            expected: mark.counter - 1,
            puts: drafted.puts.clone(),
            deletes: drafted.deletes.clone(),
            rewraps: links::rewraps(&self.account, &drafted.replaced).await?,
            head: next.signed.as_slice().into(),
            state: Some(put_state),
        };
        match self.account.api.batch(volume, &batch).await {
            Ok(BatchApplied { counter }) if counter == mark.counter => {}
            Ok(_) => return Err(Error::NotAuthentic),
            Err(Error::Busy) => return Ok(Sent::Refused(mark.hash)),
            Err(error) => return Err(error),
        }
        self.take_over(drafted, next)?;
        remember(self.account.surroundings(), self.account.id(), |memory| {
            memory.saw_head(volume, mark);
        })
        .await?;
        self.account.adopt_state(state).await?;
        Ok(Sent::Taken)
    }

    /// Whether the tree has what was refused: it was taken when it was sent first, the answer was lost with the line
    /// or the server, and what was refused was its repetition.
    fn has(&self, drafted: &Drafted, head: Hash) -> Result<bool> {
        let loaded = self.loaded.borrow();
        let loaded = loaded.as_ref().ok_or(Error::NotAuthentic)?;
        let is_recent = head_hash(&loaded.signed) == head || loaded.head.previous == head;
        // Older heads are not known; but nothing is ever sealed twice to the same bytes.
        let is_ours = |record: &Record| loaded.tree.record(record.node) == Some(record);
        Ok(is_recent || drafted.puts.iter().any(is_ours))
    }

    fn draft<T>(&self, write: &impl Fn(&mut Draft<'_>) -> Result<T>) -> Result<(T, Drafted)> {
        self.with_tree(|tree| {
            let mut draft = Draft::new(tree, self.account.surroundings());
            let outcome = write(&mut draft)?;
            Ok((outcome, draft.finish()))
        })
    }

    /// The head after the draft: one record more or less costs the same however large the tree is.
    fn next_head(&self, drafted: &Drafted) -> Result<NextHead> {
        let loaded = self.loaded.borrow();
        let Loaded {
            tree, head, signed, ..
        } = loaded.as_ref().ok_or(Error::NotAuthentic)?;
        let volume = tree.root().volume;
        let mut set = tree.set().clone();
        let gone = drafted
            .puts
            .iter()
            .map(|record| &record.node)
            .chain(&drafted.deletes);
        gone.filter_map(|node| tree.record(*node))
            .for_each(|record| set.remove(&sealed::view(volume, record)));
        drafted
            .puts
            .iter()
            .for_each(|record| set.add(&sealed::view(volume, record)));
        let head = head.next(signed, &set);
        Ok(NextHead {
            signed: head.sign(&self.account.unlocked().identity),
            head,
        })
    }

    /// The tree as the server now has it.
    fn take_over(&self, drafted: &Drafted, next: NextHead) -> Result<()> {
        let mut loaded = self.loaded.take().ok_or(Error::NotAuthentic)?;
        loaded.tree.apply(drafted.changes(next.head.counter))?;
        if loaded.tree.set().digest() != next.head.set {
            return Err(Error::Internal("the tree differs from its own head"));
        }
        loaded.head = next.head;
        loaded.signed = next.signed;
        self.loaded.replace(Some(loaded));
        Ok(())
    }

    /// Somebody else was faster: what they did comes first.
    async fn catch_up(&self, turn: &MutexGuard<'_, ()>, attempt: u32) -> Result<()> {
        let around = self.account.surroundings();
        PATIENCE.wait(attempt, 0, &*around.clock, &*around.entropy).await;
        self.account.refresh().await?;
        self.load(turn).await
    }
}
