//! Noting something on messages: read, starred, moved. Of two devices that do it at the same moment, neither undoes what
//! the other did: who comes second looks again first.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use postern_crypto::mail::{Mark, Place};
use postern_protocol::limits::MAX_MAIL_BATCH;
use postern_protocol::mail::{Mark as SealedMark, PutMark};
use postern_protocol::{MessageId, TimeMs};

use super::Mailbox;
use super::entry::{Entry, Noted};
use super::opener::Opener;
use crate::{Error, Patience, Result};

pub(super) const MOST_AT_ONCE: usize = MAX_MAIL_BATCH;

/// After so many defeats the others are too many.
const TRIES: u32 = 8;
const PATIENCE: Patience = Patience {
    first_ms: 10,
    longest_ms: 400,
};
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl Mailbox {
    /// Notes on messages what `change` makes of what is noted on them, and answers what was noted before on those that it
    /// changed. Messages that are gone are left out.
    ///
    /// # Errors
    /// As all requests; [`Error::TooLarge`] for more labels than a message has room for; [`Error::Busy`] if others are
    /// always faster; [`Error::NotAuthentic`] if what is noted on one of them does not open: the others are changed.
    pub async fn note(
        &self,
        messages: &[MessageId],
        change: impl Fn(&mut Mark),
    ) -> Result<Vec<(MessageId, Mark)>> {
        let (mut before, mut all) = (Vec::new(), Ok(()));
        for some in messages.chunks(MOST_AT_ONCE) {
            match self.note_some(some, &change, &mut before).await {
                Err(Error::NotAuthentic) => all = Err(Error::NotAuthentic),
                noted => noted?,
            }
        }
        all.map(|()| before)
    }

    async fn note_some(
        &self,
        messages: &[MessageId],
        change: &impl Fn(&mut Mark),
        before: &mut Vec<(MessageId, Mark)>,
    ) -> Result<()> {
        let (mut entries, mut all) = (self.known(messages).await?, Ok(()));
        for attempt in 0..TRIES {
            // Nobody knows what would be lost with a mark that does not open.
            entries.retain(|entry| {
                if !entry.noted.opens {
                    all = Err(Error::NotAuthentic);
                }
                entry.noted.opens
            });
            let conflicts = self.send(&entries, change, before).await?;
            if conflicts.is_empty() {
                return all;
            }
            let around = self.account.surroundings();
            PATIENCE.wait(attempt, 0, &*around.clock, &*around.entropy).await;
            entries = self.read(conflicts).await?;
            let mut held = self.held.borrow_mut();
            for entry in &entries {
                held.mark(entry.message, |_| entry.noted.clone());
            }
        }
        Err(Error::Busy)
    }

    /// What is loaded of these messages, and the rest from the server: also those of which a mark did not open.
    async fn known(&self, messages: &[MessageId]) -> Result<Vec<Entry>> {
        let (mut entries, mut unknown) = (Vec::new(), Vec::new());
        for message in messages {
            match self.held.borrow().get(*message) {
                Some(entry) if entry.noted.opens => entries.push(Entry::clone(&entry)),
                _ => unknown.push(*message),
            }
        }
        if !unknown.is_empty() {
            entries.extend(self.read(unknown).await?);
        }
        Ok(entries)
    }

    /// Sends what changes, and answers those on which somebody else was faster.
    async fn send(
        &self,
        entries: &[Entry],
        change: &impl Fn(&mut Mark),
        before: &mut Vec<(MessageId, Mark)>,
    ) -> Result<Vec<MessageId>> {
        let mut next = HashMap::new();
        for entry in entries {
            let mut mark = entry.noted.mark.clone();
            change(&mut mark);
            if mark.labels.len() > Mark::MAX_LABELS as usize {
                return Err(Error::TooLarge);
            }
            if mark != entry.noted.mark {
                next.insert(entry.message, self.after(entry, mark));
            }
        }
        let changed: HashSet<MessageId> = next.keys().copied().collect();
        let conflicts = self.note_all(next).await?;
        let is_done =
            |entry: &&Entry| changed.contains(&entry.message) && !conflicts.contains(&entry.message);
        let done = entries.iter().filter(is_done);
        before.extend(done.map(|entry| (entry.message, entry.noted.mark.clone())));
        Ok(conflicts)
    }

    /// Says when that goes which came as spam: the gateway put it there, and can note nothing. Its time runs from when a
    /// device has seen it. What fails now is said the next time.
    pub(super) async fn date_spam(&self) {
        if self.order().spam_days == 0 {
            return;
        }
        let is_undated = |entry: &&Rc<Entry>| {
            let noted = &entry.noted;
            entry.opened.is_some() && noted.opens && noted.version == 0 && noted.mark.place == Place::Spam
        };
        let dated = |entry: &Rc<Entry>| (entry.message, self.after(entry, entry.noted.mark.clone()));
        let undated: Vec<_> = self.held.borrow().iter().filter(is_undated).map(dated).collect();
        for some in undated.chunks(MOST_AT_ONCE) {
            let _ = self.note_all(some.iter().cloned().collect()).await;
        }
    }

    async fn note_all(&self, next: HashMap<MessageId, Noted>) -> Result<Vec<MessageId>> {
        if next.is_empty() {
            return Ok(Vec::new());
        }
        let opener = self.opener().await?;
        let marks = next
            .iter()
            .map(|(message, noted)| self.sealed(&opener, *message, noted));
        let answer = self.account.api.mark_messages(marks.collect()).await?;
        let mut held = self.held.borrow_mut();
        for (message, noted) in next {
            if !answer.conflicts.contains(&message) {
                held.mark(message, |_| noted);
            }
        }
        Ok(answer.conflicts)
    }

    /// What is noted next. The time in trash and spam runs from when a message was put there.
    fn after(&self, entry: &Entry, mark: Mark) -> Noted {
        let order = self.order();
        let now = self.account.surroundings().now();
        let expires = if mark.place == entry.noted.mark.place && entry.noted.version > 0 {
            entry.noted.expires
        } else {
            match mark.place {
                Place::Trash => expiry(now, order.trash_days),
                Place::Spam => expiry(now, order.spam_days),
                _ => None,
            }
        };
        Noted {
            mark,
            version: entry.noted.version.saturating_add(1),
            expires,
            opens: true,
        }
    }

    fn sealed(&self, opener: &Opener, message: MessageId, noted: &Noted) -> PutMark {
        let place = opener.place(&message, noted.version);
        let rng = &mut self.account.surroundings().rng();
        let sealed = noted.mark.seal(opener.mail_key(), place, rng);
        PutMark {
            message,
            mark: SealedMark {
                version: noted.version,
                sealed: sealed.into(),
                expires: noted.expires,
            },
        }
    }
}

fn expiry(now: TimeMs, days: u32) -> Option<TimeMs> {
    (days > 0).then(|| now.plus_ms(i64::from(days) * DAY_MS))
}
