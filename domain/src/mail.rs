//! Mailboxes: as their owner reads and changes them.
//!
//! What comes from outside is brought by a gateway; see [`crate::gateway`].

use std::collections::HashSet;

use postern_protocol::limits::{
    MAX_ENVELOPE_BYTES, MAX_MAIL_BATCH, MAX_MAIL_PAGE, MAX_MARK_BYTES, MAX_SUMMARY_BYTES,
};
use postern_protocol::mail::{
    Before, DeleteMessages, MailChange, MailChanges, MailCursor, MailHome, Mark, MarksPut, MessagePage,
    Messages, MessagesPut, PutMark, PutMarks, PutMessage, PutMessages, ReadMessages,
};
use postern_protocol::{MessageId, TimeMs};

use crate::contents::Readable;
use crate::error::{Error, Result};
use crate::gateway::GATEWAY;
use crate::session::SignedIn;
use crate::shapes::{check_number, check_sealed};
use crate::store::{Address, Kept, MailEntry, MailEntryKind};

impl SignedIn {
    /// What a device has to know before it reads mail.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn mail_home(&self) -> Result<MailHome> {
        let records = self.postern().records();
        let rows = records.addresses(self.account()).await?;
        let own = &self.postern().rules().mail_domain;
        let text = |Address { domain, local }: Address| format!("{local}@{}", domain.as_ref().unwrap_or(own));
        Ok(MailHome {
            addresses: rows.into_iter().map(|row| text(row.address)).collect(),
            gateway: records.known_secret(GATEWAY).await?,
        })
    }

    /// The newest messages that were received before `before`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn newest_messages(&self, before: Option<Before>, limit: u32) -> Result<MessagePage> {
        let limit = limit.clamp(1, MAX_MAIL_PAGE);
        let page = self
            .postern()
            .records()
            .newest_messages(self.account(), before, limit)
            .await?;
        let page = page.ok_or(Error::NotSignedIn)?;
        Ok(MessagePage {
            messages: page.messages,
            more: page.more,
            latest_change: page.latest_change,
        })
    }

    /// What happened to the mailbox after a cursor, at most `limit` changes.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the cursor's number is none.
    pub async fn mail_changes(&self, after: MailCursor, limit: u32) -> Result<MailChanges> {
        check_number(after.change)?;
        let limit = limit.clamp(1, MAX_MAIL_PAGE);
        let records = self.postern().records();
        // One more than asked for tells whether there are more.
        let mut entries = records.mail_changes(self.account(), after, limit + 1).await?;
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let next = entries.last().map_or(after, |last| MailCursor {
            change: last.changed,
            message: Some(last.message),
        });
        Ok(MailChanges {
            changes: entries.into_iter().map(change).collect(),
            next,
            more,
        })
    }

    /// Those of some messages that are there.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub async fn read_messages(&self, asked: &ReadMessages) -> Result<Messages> {
        check_count(asked.messages.len())?;
        let rows = self
            .postern()
            .records()
            .messages(self.account(), &asked.messages)
            .await?;
        Ok(Messages {
            messages: rows.into_iter().map(|row| row.message).collect(),
        })
    }

    /// The sealed body of a message.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there.
    pub async fn message_body(&self, message: MessageId) -> Result<Readable> {
        let rows = self
            .postern()
            .records()
            .messages(self.account(), &[message])
            .await?;
        let row = rows.into_iter().next().ok_or(NO_MESSAGE)?;
        Readable::open(self.postern(), row.body, None).await
    }

    /// Puts messages into the mailbox whose bodies are contents of the account.
    ///
    /// # Errors
    /// [`Error::NotFound`] if one has no body; the others are kept.
    pub async fn put_messages(&self, put: &PutMessages) -> Result<MessagesPut> {
        check_each(&put.messages, |put| put.message)?;
        put.messages.iter().try_for_each(check_message)?;
        let kept = self
            .postern()
            .records()
            .put_messages(self.account(), &put.messages)
            .await?;
        if kept.contains(&Kept::Done) {
            self.postern().ring(self.account());
        }
        if kept.contains(&Kept::NoBody) {
            return Err(Error::NotFound("body of a message"));
        }
        let kept = kept.iter().filter(|kept| **kept == Kept::Done).count();
        Ok(MessagesPut { kept: kept as u64 })
    }

    /// Notes something on messages, on each alone.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::TooLarge`].
    pub async fn mark_messages(&self, put: &PutMarks) -> Result<MarksPut> {
        check_each(&put.marks, |put| put.message)?;
        put.marks
            .iter()
            .try_for_each(|PutMark { mark, .. }| check_mark(mark))?;
        let conflicts = self
            .postern()
            .records()
            .mark_messages(self.account(), &put.marks)
            .await?;
        if conflicts.len() < put.marks.len() {
            self.postern().ring(self.account());
        }
        Ok(MarksPut { conflicts })
    }

    /// Deletes messages for good.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub async fn delete_messages(&self, delete: &DeleteMessages, now: TimeMs) -> Result<()> {
        check_count(delete.messages.len())?;
        self.postern()
            .records()
            .delete_messages(self.account(), &delete.messages, now)
            .await?;
        self.postern().ring(self.account());
        Ok(())
    }
}

fn change(entry: MailEntry) -> MailChange {
    let message = entry.message;
    match entry.kind {
        MailEntryKind::Arrived(message) => MailChange::Arrived(*message),
        MailEntryKind::Marked(mark) => MailChange::Marked { message, mark },
        MailEntryKind::Deleted => MailChange::Deleted { message },
    }
}

fn check_count(count: usize) -> Result<()> {
    if count <= MAX_MAIL_BATCH {
        Ok(())
    } else {
        Err(Error::TooLarge("the number of messages"))
    }
}

/// Not too many, and each another one.
fn check_each<T>(all: &[T], message: impl Fn(&T) -> MessageId) -> Result<()> {
    check_count(all.len())?;
    let unique: HashSet<_> = all.iter().map(message).collect();
    if unique.len() == all.len() {
        Ok(())
    } else {
        Err(Error::Malformed("a message is named twice"))
    }
}

fn check_message(put: &PutMessage) -> Result<()> {
    check_sealed(&put.envelope, MAX_ENVELOPE_BYTES, "an envelope")?;
    check_sealed(&put.summary, MAX_SUMMARY_BYTES, "a summary")?;
    check_sealed(&put.mark, MAX_MARK_BYTES, "a mark")
}

fn check_mark(mark: &Mark) -> Result<()> {
    check_number(mark.version)?;
    if mark.version == 0 {
        return Err(Error::Malformed("the first mark has version 1"));
    }
    check_sealed(&mark.sealed, MAX_MARK_BYTES, "a mark")
}

const NO_MESSAGE: Error = Error::NotFound("message");
